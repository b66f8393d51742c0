"""`sonant vocode`: a recording, analysed and spoken again by the WaveNet (copy synthesis)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vocoder.cli.options import (
    engine_option,
    format_option,
    output_option,
    precision_option,
    seed_option,
    speaker_of,
    speaker_option,
    temperature_option,
    voice_option,
)
from vocoder.cli.recording import read_recording
from vocoder.cli.waiting import waiting

if TYPE_CHECKING:
    from vocoder.audio.pcm import Int16Array


@click.command()
@click.argument(
    "recording", help="A recording in any usual format; - reads it from standard input."
)
@output_option
@voice_option
@speaker_option
@temperature_option
@seed_option
@format_option
@engine_option
@precision_option
def vocode(
    recording: str,
    output: str | None,
    voice: str,
    speaker: str | None,
    temperature: float | None,
    seed: int | None,
    format_name: str | None,
    engine: str,
    precision: str,
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
    click.echo(
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
