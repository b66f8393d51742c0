"""`sonant bench`: how fast the engines are here."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from vocoder.cli.options import Json, VoiceName
from vocoder.cli.waiting import Bar, waiting
from vocoder.voices.library import DEFAULT_VOICE


def bench(
    reference_size: Annotated[
        bool,
        typer.Option(
            "--reference-size",
            help="A network of the size that speeds are compared at, not the voice's.",
        ),
    ] = False,
    voice: VoiceName = DEFAULT_VOICE,
    rounds: Annotated[
        int,
        typer.Option("--rounds", min=1, help="Measurements of each engine; their median counts."),
    ] = 5,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds", min=0.001, max=60.0, help="About how long one measurement takes."
        ),
    ] = 0.3,
    as_json: Json = False,
) -> None:
    """Measure how many samples a second each engine makes on one core, beside two yardsticks: a
    torch loop, and recomputing everything for every sample.
    """
    with waiting("loading"):
        from vocoder.engine import benchmark as measuring
        from vocoder.synthesis.voice import voice_folder
        from vocoder.voices.pack import read_manifest

        if reference_size:
            network, sample_rate = measuring.reference_config(), 16_000
        else:
            manifest = read_manifest(voice_folder(voice))
            network, sample_rate = manifest.wavenet, manifest.audio.sample_rate
    # The number of measurements is known with the first of them.
    with Bar("measuring", 1.0) as bar:
        report = measuring.run(
            network,
            sample_rate=sample_rate,
            rounds=rounds,
            seconds=seconds,
            progress=lambda done, of: bar.reach(done / of),
        )
    typer.echo(json.dumps(report.to_dict(), indent=2) if as_json else measuring.table(report))
