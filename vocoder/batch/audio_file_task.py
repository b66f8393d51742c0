"""A file in the making: sound goes in as it is made, and the file is there when all of it has come,
or never.

Without a loudness to be brought to, pieces are encoded as they come. With one, what to multiply by
is known at the end alone: until then the samples lie in a file without a name, in the same folder,
which the system clears away whatever happens. With chapters, what is encoded lies in another such
file, and is put at the end into the one that tells of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from vocoder.audio.chapter_marks import Chapter, embed_chapters
from vocoder.audio.file_encoder import AudioEncoder
from vocoder.audio.loudness import LoudnessMeter, amplify
from vocoder.audio.pcm import BYTES_PER_SAMPLE, Int16Array, to_bytes
from vocoder.batch.destinations import Destination
from vocoder.batch.subtitle_files import SubtitleFile

_READ_SAMPLES = 1 << 18


@dataclass(frozen=True, kw_only=True)
class FinishedFile:
    """A file that is whole, and its subtitles.

    Attributes:
        num_bytes, sha256: of the file.
        loudness: LUFS before it was changed; None where nobody asked, or of silence.
        gain: that the samples were multiplied by; None where nobody asked.
        subtitles: that are there beside it; None where nobody asked.
    """

    num_bytes: int
    sha256: str
    loudness: float | None
    gain: float | None
    subtitles: SubtitleFile | None


class AudioFileTask:
    """A recording on its way into a file.

    Args:
        files: where it is to be.
        file_name: under which.
        sample_rate: Hz.
        format_name: of the file.
        num_samples: how many will come.
        loudness: LUFS, or None to leave them as they are.
        chapters: that are told in the file; the format must have a place for them where there are
            any.
        subtitles: that get their name with it; None: none.
        serial: of an Ogg stream, 0..2**32-1.
        name: what errors call it.

    Raises:
        AudioError, InputError: as `AudioEncoder` and `Destination.writing`.
    """

    def __init__(
        self,
        files: Destination,
        file_name: str,
        *,
        sample_rate: int,
        format_name: str,
        num_samples: int,
        loudness: float | None,
        chapters: Sequence[Chapter],
        subtitles: SubtitleFile | None,
        serial: int,
        name: str,
    ) -> None:
        self._files = files
        self._file_name = file_name
        self._loudness = loudness
        self._subtitles = subtitles
        self._stack = ExitStack()
        try:
            if subtitles is not None:
                self._stack.enter_context(files.writing(subtitles.name)).write(subtitles.data)
            file = self._stack.enter_context(files.writing(file_name))
            if chapters:
                file = self._stack.enter_context(
                    _told_of(
                        chapters,
                        file,
                        files,
                        format_name=format_name,
                        sample_rate=sample_rate,
                        serial=serial,
                    )
                )
            encoder = AudioEncoder(
                file, sample_rate, format_name, num_samples=num_samples, serial=serial, name=name
            )
            self._encoder = self._stack.enter_context(encoder)
            self._meter = None if loudness is None else LoudnessMeter(sample_rate)
            self._spool: BinaryIO | None = None
            if loudness is not None:
                self._spool = self._stack.enter_context(files.spool())
        except BaseException:
            self.abandon()
            raise

    def write(self, samples: Int16Array) -> None:
        """More of it: int16 [T]. Raises OSError where the disk does not take it."""
        if self._meter is None or self._spool is None:
            self._encoder.write(samples)
        else:
            self._meter.add(samples)
            self._spool.write(to_bytes(samples))

    def finish(self) -> FinishedFile:
        """All has come: the file takes its name. Errors as `write`."""
        measured = gain = None
        try:
            if self._meter is not None and self._spool is not None and self._loudness is not None:
                self._meter.finish()
                measured, gain = self._meter.loudness, self._meter.gain_to(self._loudness)
                for samples in _samples_of(self._spool):
                    self._encoder.write(amplify(samples, gain))
        except BaseException:
            self.abandon()
            raise
        self._stack.close()
        with self._files.reading(self._file_name) as file:
            if file is None:
                raise OSError(None, "has been changed by another program", self._file_name)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            num_bytes = file.seek(0, os.SEEK_END)
        return FinishedFile(
            num_bytes=num_bytes,
            sha256=digest,
            loudness=measured,
            gain=gain,
            subtitles=self._subtitles,
        )

    def abandon(self) -> None:
        """It will not be finished: nothing of it stays."""
        error = _Abandoned()
        self._stack.__exit__(_Abandoned, error, None)


class _Abandoned(Exception):
    """Tells the contexts of a take that it did not end well; goes no further."""


@contextmanager
def _told_of(
    chapters: Sequence[Chapter],
    file: BinaryIO,
    files: Destination,
    *,
    format_name: str,
    sample_rate: int,
    serial: int,
) -> Iterator[BinaryIO]:
    """Where sound is encoded into; once the block has ended well it is in the file, with its
    chapters.
    """
    with files.spool() as sound:
        yield sound
        embed_chapters(
            sound, file, chapters, format_name=format_name, sample_rate=sample_rate, serial=serial
        )


def _samples_of(spool: BinaryIO) -> Iterator[Int16Array]:
    spool.seek(0)
    while data := spool.read(_READ_SAMPLES * BYTES_PER_SAMPLE):
        yield np.frombuffer(data, "<i2").astype(np.int16)
