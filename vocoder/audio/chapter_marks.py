"""Chapter marks inside a file of sound, by FFmpeg's libraries (PyAV): the sound is put into another
file packet by packet, and not encoded again.

    MP3                  ID3v2.3 with a table of contents and a frame for each chapter (CTOC and
                         CHAP, https://id3.org/id3v2-chapters-1.0)
    FLAC, Ogg, Opus      comments CHAPTER001, CHAPTER001NAME, ...
                         (https://wiki.xiph.org/Chapter_Extension)

All of them count in milliseconds, to which times are rounded. "bitexact" leaves out names of
programs and random numbers: the same sound with the same chapters is the same bytes. PyAV is
imported where chapters are written, and nowhere before: whoever writes none need not have it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from vocoder.audio.file_encoder import SERIAL
from vocoder.audio.formats import CHAPTER_FORMATS
from vocoder.errors import InputError

_SERIALS = 1 << 31  # that FFmpeg can be told


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """A stretch of sound that has a title.

    Attributes:
        title: not blank, without line ends.
        start_sample: its first.
        end_sample: the one behind its last.
    """

    title: str
    start_sample: int
    end_sample: int


def check_chapters_in(format_name: str) -> None:
    """Refuses formats that have no place for chapters, and a machine on which none can be written.

    Raises:
        InputError: field "format" or "chapters".
    """
    if format_name not in CHAPTER_FORMATS:
        raise InputError(
            (
                f"{format_name} has no place for chapters (those that have: "
                f"{', '.join(CHAPTER_FORMATS)})"
            ),
            field="format",
        )
    if importlib.util.find_spec("av") is None:
        raise InputError(
            "writing chapters needs PyAV, which is not installed: pip install 'sonant[batch]'",
            field="chapters",
        )


def check_number_of_chapters(number: int, format_name: str) -> None:
    """Refuses more than a format of `CHAPTER_FORMATS` has numbers for.

    Raises:
        InputError: field "chapters".
    """
    _, most = CHAPTER_FORMATS[format_name]
    if number > most:
        raise InputError(
            f"there are {number} chapters, and {format_name} can tell of {most}", field="chapters"
        )


def embed_chapters(
    sound: BinaryIO,
    file: BinaryIO,
    chapters: Sequence[Chapter],
    *,
    format_name: str,
    sample_rate: int,
    serial: int = SERIAL,
) -> None:
    """Writes the same sound with chapters.

    Args:
        sound: a whole file as `vocoder.audio.file_encoder.AudioEncoder` has written it; seekable,
            read from its beginning.
        file: where to; seekable, at its beginning. Neither is closed.
        chapters: at least one, in order, without overlap.
        format_name: of `CHAPTER_FORMATS`.
        sample_rate: Hz, of the samples that are counted.
        serial: 0..2**32-1, of an Ogg stream.

    Raises:
        InputError: as `check_chapters_in` and `check_number_of_chapters`.
        OSError: the disk is full, or the file cannot be written for another reason.
    """
    check_chapters_in(format_name)
    check_number_of_chapters(len(chapters), format_name)
    sink = _CountedFile(file)
    sound.seek(0)
    try:
        _remux(
            sound, sink, chapters, format_name=format_name, sample_rate=sample_rate, serial=serial
        )
    finally:
        sink.check()  # before what FFmpeg made of it


def _remux(
    sound: BinaryIO,
    file: _CountedFile,
    chapters: Sequence[Chapter],
    *,
    format_name: str,
    sample_rate: int,
    serial: int,
) -> None:
    import av

    container, _ = CHAPTER_FORMATS[format_name]
    settings = {"fflags": "+bitexact"}
    if container == "mp3":
        settings["id3v2_version"] = "3"  # older players read no other
    if container == "ogg":
        settings["serial_offset"] = str(serial % _SERIALS)
    with (
        av.open(sound, "r") as source,
        av.open(file, "w", format=container, options=settings) as target,
    ):
        stream = source.streams.audio[0]
        copy = target.add_stream_from_template(stream)
        match container:
            case "mp3":
                clock = Fraction(1, sample_rate)
                target.set_chapters(
                    [
                        {
                            "id": number,
                            "start": one.start_sample,
                            "end": one.end_sample,
                            "time_base": clock,
                            "metadata": {"title": one.title},
                        }
                        for number, one in enumerate(chapters)
                    ]
                )
            case "ogg":
                copy.metadata.update(_comments(chapters, sample_rate))
            case _:
                target.metadata.update(_comments(chapters, sample_rate))
        for packet in source.demux(stream):
            if packet.size:  # the last one says that there are no more
                packet.stream = copy
                target.mux(packet)


class _CountedFile:
    """The file, as FFmpeg sees it. An error of a call from C does not always come back as what it
    was: so it is kept, and raised by `check`.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self._error = self._error or error
            raise

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def check(self) -> None:
        if self._error is not None:
            raise self._error


def _comments(chapters: Sequence[Chapter], sample_rate: int) -> dict[str, str]:
    comments = {}
    for number, one in enumerate(chapters, 1):
        comments[f"CHAPTER{number:03d}"] = _clock(
            (2_000 * one.start_sample + sample_rate) // (2 * sample_rate)
        )
        comments[f"CHAPTER{number:03d}NAME"] = one.title
    return comments


def _clock(milliseconds: int) -> str:
    seconds, milliseconds = divmod(milliseconds, 1_000)
    return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
