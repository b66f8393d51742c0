"""Options that several commands take."""

from __future__ import annotations

import click

from vocoder.audio.formats import CHAPTER_FORMATS, FILE_FORMATS
from vocoder.errors import InputError
from vocoder.voices.library import DEFAULT_VOICE

ENGINES = ("auto", "native", "reference", "cuda")
PRECISIONS = ("auto", "fp32", "bf16", "int8")
FORMAT_LIST = f"One of {', '.join(FILE_FORMATS)}"
CHAPTER_FORMAT_LIST = ", ".join(CHAPTER_FORMATS)

voice_option = click.option(
    "--voice",
    "-v",
    default=DEFAULT_VOICE,
    help="A voice's name, or the folder of a voice pack.",
)
engine_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    help="What computes: native is C++, reference is torch, cuda is a GPU.",
)
precision_option = click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="auto",
    help=(
        "Of the arithmetic; auto is the fastest whose price, measured for this voice, cannot be "
        "heard."
    ),
)
speaker_option = click.option(
    "--speaker", help="A speaker's name or number; the voice's first when not given."
)
speed_option = click.option("--speed", type=float, help="0.25 to 4: 2 is twice as fast.")
length_scale_option = click.option(
    "--length-scale",
    type=float,
    help="0.25 to 4: 2 is twice as long. The inverse of --speed.",
)
pitch_option = click.option(
    "--pitch",
    type=float,
    default=0.0,
    help="-12 to 12: semitones above what the voice would speak at.",
)
volume_option = click.option(
    "--volume", type=float, default=1.0, help="0 to 4: times the amplitude."
)
temperature_option = click.option(
    "--temperature",
    type=float,
    help="0 to 2: how freely samples are drawn; the voice's own when not given.",
)
seed_option = click.option(
    "--seed",
    type=int,
    help="0 to 2**64-1: the same seed gives the same sound; random when not given.",
)
output_option = click.option(
    "--output",
    "-o",
    help=(
        "The file to write; - is standard output. When not given: standard output where that is "
        "piped or redirected, out.wav at a terminal."
    ),
)
format_option = click.option(
    "--format",
    "format_name",
    help=f"{FORMAT_LIST}; by the file's extension when not given, wav on standard output.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="The answer as JSON, for programs."
)


def speaker_of(option: str | None) -> str | int | None:
    """A speaker's number where the option is one, so that `--speaker 1` is not looked for by
    name.
    """
    return int(option) if option is not None and option.isascii() and option.isdigit() else option


def length_scale_of(length_scale: float | None, speed: float | None) -> float:
    """The one of `--length-scale` and its inverse `--speed` that was given.

    Raises:
        InputError: both were, or the speed is out of range.
    """
    if speed is None:
        return 1.0 if length_scale is None else length_scale
    if length_scale is not None:
        raise InputError(
            "--speed and --length-scale are the same thing twice: give one", field="speed"
        )
    if not 0.25 <= speed <= 4:  # also refuses NaN
        raise InputError(f"speed must lie in 0.25..4, not {speed:g}", field="speed")
    return 1 / speed
