"""Recordings that commands are given: a file, or standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vocoder.audio.file_reading import FloatArray


def read_recording(path: str, sample_rate: int) -> FloatArray:
    """float32 [T] at `sample_rate`, from a file or, where the path is "-", from standard input.
    Errors as `read_audio`.
    """
    from vocoder.audio.file_reading import read_audio, read_audio_bytes

    if path == "-":
        return read_audio_bytes(sys.stdin.buffer.read(), sample_rate, name="standard input")
    return read_audio(path, sample_rate)
