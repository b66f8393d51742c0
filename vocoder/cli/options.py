"""Options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from vocoder.audio.formats import CHAPTER_FORMATS, FILE_FORMATS
from vocoder.errors import InputError


class EngineName(StrEnum):
    """Engines that can be asked for."""

    AUTO = "auto"
    NATIVE = "native"
    REFERENCE = "reference"
    CUDA = "cuda"


class PrecisionName(StrEnum):
    """Precisions that can be asked for."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    INT8 = "int8"


VoiceName = Annotated[
    str, typer.Option("--voice", "-v", help="A voice's name, or the folder of a voice pack.")
]
Engine = Annotated[
    EngineName,
    typer.Option(
        "--engine", help="What computes: native is C++, reference is torch, cuda is a GPU."
    ),
]
Precision = Annotated[
    PrecisionName,
    typer.Option(
        "--precision",
        help=(
            "Of the arithmetic; auto is the fastest whose price, measured for this voice, "
            "cannot be heard."
        ),
    ),
]
Speaker = Annotated[
    str | None,
    typer.Option("--speaker", help="A speaker's name or number; the voice's first when not given."),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        "--temperature",
        help="0 to 2: how freely samples are drawn; the voice's own when not given.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", help="0 to 2**64-1: the same seed gives the same sound; random when not given."
    ),
]
OutputPath = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        help=(
            "The file to write; - is standard output. When not given: standard output where "
            "that is piped or redirected, out.wav at a terminal."
        ),
    ),
]
FORMAT_LIST = f"One of {', '.join(FILE_FORMATS)}"
CHAPTER_FORMAT_LIST = ", ".join(CHAPTER_FORMATS)
FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        help=f"{FORMAT_LIST}; by the file's extension when not given, wav on standard output.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="The answer as JSON, for programs.")]


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
