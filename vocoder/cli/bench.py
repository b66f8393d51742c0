"""`sonant bench`: how fast the engines are here."""

from __future__ import annotations

import json

import click

from vocoder.cli.options import json_option, voice_option
from vocoder.cli.waiting import Bar, waiting


@click.command()
@click.option(
    "--reference-size",
    is_flag=True,
    help="A network of the size that speeds are compared at, not the voice's.",
)
@voice_option
@click.option(
    "--rounds",
    type=click.IntRange(min=1),
    default=5,
    help="Measurements of each engine; their median counts.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.001, max=60.0),
    default=0.3,
    help="About how long one measurement takes.",
)
@json_option
def bench(reference_size: bool, voice: str, rounds: int, seconds: float, as_json: bool) -> None:
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
    click.echo(json.dumps(report.to_dict(), indent=2) if as_json else measuring.table(report))
