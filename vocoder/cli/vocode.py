"""`sonant vocode`: a recording, analysed and spoken again by the WaveNet (copy synthesis)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from vocoder.cli.options import (
    Engine,
    EngineName,
    FormatName,
    OutputPath,
    Precision,
    PrecisionName,
    Seed,
    Speaker,
    Temperature,
    VoiceName,
    speaker_of,
)
from vocoder.cli.recording import read_recording
from vocoder.cli.waiting import waiting
from vocoder.voices.library import DEFAULT_VOICE

if TYPE_CHECKING:
    from vocoder.audio.pcm import Int16Array


def vocode(
    recording: Annotated[
        str, typer.Argument(help="A recording in any usual format; - reads it from standard input.")
    ],
    output: OutputPath = None,
    voice: VoiceName = DEFAULT_VOICE,
    speaker: Speaker = None,
    temperature: Temperature = None,
    seed: Seed = None,
    format_name: FormatName = None,
    engine: Engine = EngineName.AUTO,
    precision: Precision = PrecisionName.AUTO,
) -> None:
    """Say a recording again: only its spectrum, pitch and voicing reach the WaveNet. The result is
    as long as the recording.
    """
    with waiting("loading"):
        from vocoder.cli.output import Output
        from vocoder.synthesis.voice import load_voice

        destination = Output.choose(output, format_name)
        loaded = load_voice(voice, engine=engine, precision=precision)
        samples = read_recording(recording, loaded.sample_rate)
        conditions = loaded.analyse(samples, speaker=speaker_of(speaker))
        utterance = loaded.copy(conditions, temperature=temperature, seed=seed)
    pieces = _first(loaded.speak(utterance), len(samples))
    destination.take(
        pieces, num_samples=len(samples), sample_rate=loaded.sample_rate, what="speaking"
    )
    typer.echo(
        (
            f"{destination.path or 'standard output'}: {len(samples) / loaded.sample_rate:.2f} "
            f"seconds, seed {utterance.seed}"
        ),
        err=True,
    )


def _first(pieces: Iterator[Int16Array], num_samples: int) -> Iterator[Int16Array]:
    """So many samples of a stream: the last frame of a recording need not be full, and what fills
    it up is not the recording's.
    """
    left = num_samples
    for piece in pieces:
        yield piece[:left]
        left -= min(len(piece), left)
