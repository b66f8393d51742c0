"""Recordings into files, whole or not at all. What is too long for memory is written by
`vocoder.audio.file_encoder`, to the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from vocoder.audio.chapter_marks import Chapter, embed_chapters
from vocoder.audio.file_encoder import AudioEncoder
from vocoder.audio.formats import FILE_FORMATS
from vocoder.audio.pcm import Int16Array
from vocoder.audio.whole_file import whole_file
from vocoder.errors import AudioError


def format_of(path: Path | str) -> str:
    """The format that a path's extension names, upper or lower case.

    Raises:
        AudioError: it names none; `field` is the path.
    """
    extension = Path(path).suffix.lower()
    if extension[1:] not in FILE_FORMATS:
        what = (
            f"the extension {extension!r} names no"
            if extension
            else "without an extension there is no"
        )
        raise AudioError(
            f"{path}: {what} format to write; known are {', '.join(FILE_FORMATS)}", field=str(path)
        )
    return extension[1:]


def encode_audio(
    samples: Int16Array,
    sample_rate: int,
    format_name: str,
    *,
    name: str = "output",
    chapters: Sequence[Chapter] = (),
) -> bytes:
    """A mono recording as the bytes of a file.

    Args:
        samples: int16 [T].
        sample_rate: Hz.
        format_name: one of `vocoder.audio.formats.FILE_FORMATS`; "pcm" is the samples alone,
            little-endian.
        name: what errors call it.
        chapters: that are told in it.

    Raises:
        AudioError: a rate that the format does not have (Opus has 8, 12, 16, 24 and 48 kHz);
            `field` is the name.
        InputError: an unknown format, or too long for a WAV; as `embed_chapters`, where there are
            chapters.
    """
    buffer = io.BytesIO()
    with AudioEncoder(
        buffer, sample_rate, format_name, num_samples=len(samples), name=name
    ) as encoder:
        encoder.write(samples)
    if not chapters:
        return buffer.getvalue()
    told = io.BytesIO()
    embed_chapters(buffer, told, chapters, format_name=format_name, sample_rate=sample_rate)
    return told.getvalue()


def write_audio(
    path: Path | str,
    samples: Int16Array,
    sample_rate: int,
    *,
    format_name: str | None = None,
    chapters: Sequence[Chapter] = (),
) -> None:
    """Writes a mono recording; a file that exists is replaced in one step.

    Args:
        path: where to.
        samples: int16 [T].
        sample_rate: Hz.
        format_name: one of `vocoder.audio.formats.FILE_FORMATS`; what the extension names when
            None.
        chapters: that are told in it.

    Raises:
        AudioError: unknown extension, or a rate that the format does not have.
        InputError: unknown format, the file cannot be written there, or the sound is too long for a
            WAV; as `encode_audio`.
    """
    contents = encode_audio(
        samples, sample_rate, format_name or format_of(path), name=str(path), chapters=chapters
    )
    with whole_file(path) as file:
        file.write(contents)
