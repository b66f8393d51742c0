"""`sonant score`: how probable a recording is under a voice."""

from __future__ import annotations

import json

import click

from vocoder.cli.options import json_option, speaker_of, speaker_option, voice_option
from vocoder.cli.recording import read_recording
from vocoder.cli.waiting import Bar, waiting


@click.command()
@click.argument(
    "recording", help="A recording in any usual format; - reads it from standard input."
)
@voice_option
@speaker_option
@json_option
def score(recording: str, voice: str, speaker: str | None, as_json: bool) -> None:
    """Tell how surprised a voice is by a recording, in bits per sample: exact, and lower is
    better.
    """
    with waiting("loading"):
        from vocoder.synthesis.voice import load_voice

        loaded = load_voice(voice, engine="reference")
        samples = read_recording(recording, loaded.sample_rate)
    with Bar("scoring", len(samples)) as bar:
        found = loaded.score(samples, speaker=speaker_of(speaker), progress=bar.advance)
    seconds = found.num_samples / loaded.sample_rate
    if as_json:
        answer = {
            "voice": loaded.manifest.name,
            "release": loaded.manifest.release,
            "sample_rate": loaded.sample_rate,
            "num_samples": found.num_samples,
            "seconds": seconds,
            "bits": found.bits,
            "bits_per_sample": found.bits_per_sample,
            "hop_length": loaded.manifest.audio.hop_length,
            "bits_per_frame": [round(bits, 3) for bits in found.bits_per_frame.tolist()],
        }
        click.echo(json.dumps(answer))
    else:
        click.echo(
            f"{found.bits_per_sample:.4f} bits per sample, {found.bits:.0f} bits in "
            f"{seconds:.2f} seconds"
        )
