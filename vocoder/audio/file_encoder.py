"""Sound into a file as it is made, in every format: what `vocoder.audio.file_writing` does with a
whole recording, for one that need not fit into memory.

The same samples give the same bytes, in whatever pieces they come: what libsndfile is handed comes
in blocks of one size, and Ogg streams have a serial number that is chosen, not drawn.
"""

from __future__ import annotations

from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from vocoder.audio.formats import FILE_FORMATS, check_format
from vocoder.audio.ogg import OggSerial
from vocoder.audio.pcm import Int16Array, to_bytes
from vocoder.audio.wav import wav_header
from vocoder.errors import AudioError

# libsndfile's Vorbis encoder keeps what one call hands it on its stack, and crashes on long sounds
# handed over at once.
_BLOCK = 16_384
SERIAL = 1  # of an Ogg stream for which nobody chooses one


class AudioEncoder:
    """Writes a mono recording piece by piece; a context that must end well for the file to be
    complete.

    Args:
        file: binary, open for writing, at its beginning; formats other than WAV and PCM seek in it.
            It is not closed.
        sample_rate: Hz.
        format_name: one of `vocoder.audio.formats.FILE_FORMATS`; "pcm" is the samples alone,
            little-endian.
        num_samples: how many will come, in all.
        serial: 0..2**32-1, of an Ogg stream; streams that are to be joined into one file need
            different ones.
        name: what errors call it.

    Raises:
        AudioError: a rate that the format does not have (Opus has 8, 12, 16, 24 and 48 kHz);
            `field` is the name.
        InputError: an unknown format, or too long for a WAV.
    """

    def __init__(
        self,
        file: BinaryIO,
        sample_rate: int,
        format_name: str,
        *,
        num_samples: int,
        serial: int = SERIAL,
        name: str = "output",
    ) -> None:
        check_format(format_name)
        self._file = file
        self._left = num_samples
        self._waiting: list[Int16Array] = []
        self._sink: _EncodedFile | None = None
        if format_name == "wav":
            file.write(wav_header(sample_rate, num_samples))
        sndfile = FILE_FORMATS[format_name].sndfile
        if sndfile is None:
            return
        import soundfile  # late: neither WAV nor PCM needs it

        container, coding = sndfile
        self._sink = _EncodedFile(file, OggSerial(file, serial) if container == "OGG" else None)
        try:
            self._sound = soundfile.SoundFile(
                self._sink, "w", sample_rate, 1, subtype=coding, format=container
            )
        except soundfile.LibsndfileError as error:
            self._sink.check()
            raise AudioError(
                (
                    f"{name}: cannot be written as {format_name} at {sample_rate} Hz "
                    f"({error.error_string})"
                ),
                field=name,
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        elif self._sink is not None:
            self._sound.close()

    def write(self, samples: Int16Array) -> None:
        """More of the recording: int16 [T], T may be 0.

        Raises:
            OSError: the disk is full, or the file cannot be written for another reason.
        """
        assert len(samples) <= self._left, (
            f"{len(samples)} samples come, and {self._left} were announced"
        )
        self._left -= len(samples)
        if self._sink is None:
            self._file.write(to_bytes(samples))
            return
        self._waiting.append(samples)
        waiting = sum(map(len, self._waiting))
        if waiting >= _BLOCK:
            joined = np.concatenate(self._waiting)
            whole = waiting // _BLOCK * _BLOCK
            for start in range(0, whole, _BLOCK):
                self._encode(joined[start : start + _BLOCK])
            self._waiting = [joined[whole:]]

    def finish(self) -> None:
        """All samples have come. Errors as `write`."""
        assert self._left == 0, f"{self._left} samples are missing"
        if self._sink is None:
            return
        for samples in self._waiting:
            self._encode(samples)
        self._waiting = []
        self._sound.close()
        self._sink.close()

    def _encode(self, samples: Int16Array) -> None:
        assert self._sink is not None
        try:
            self._sound.write(samples)
        finally:
            self._sink.check()  # before what libsndfile made of it


class _EncodedFile:
    """The file, as libsndfile sees it. It calls from C, where an exception would be printed and
    lost: so it is kept, and raised by `check`.
    """

    def __init__(self, file: BinaryIO, ogg: OggSerial | None) -> None:
        self._file = file
        self._ogg = ogg
        # of an Ogg stream, which is written in order: pages that are not complete have no place in
        # the file yet
        self._written = 0
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            (self._ogg or self._file).write(bytes(data))
        except OSError as error:
            self._error = error
            return 0
        self._written += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence) if self._ogg is None else self._written

    def tell(self) -> int:
        return self._file.tell() if self._ogg is None else self._written

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("nothing reads what is being written")

    def check(self) -> None:
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.check()
        if self._ogg is not None:
            self._ogg.close()
