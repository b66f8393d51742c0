"""Recordings out of files, through libsndfile (soundfile) and soxr. The way back is
`vocoder.audio.file_writing`.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from vocoder.audio.resample import resample
from vocoder.errors import AudioError

_MOST_VALUES_PER_SECOND = (
    400_000  # of all channels together, where the length is limited: two of 192 kHz
)
_UNKNOWN_BYTES = 0x7FFF_0000  # of a WAV file, from here on: streamed, its length not known
FloatArray = npt.NDArray[np.float32]
LOWEST_RATE_HZ = (
    1_000  # below it nothing is speech, and resampling would blow a small file up to gigabytes
)


def read_audio(path: Path | str, sample_rate: int) -> FloatArray:
    """A recording as mono samples at the rate asked for.

    Args:
        path: any format that libsndfile reads: WAV, FLAC, Ogg, MP3, AIFF ...
        sample_rate: Hz; the recording is resampled when its own differs.

    Returns:
        float32 [T], T > 0, -1..1 (a floating-point file may go beyond); channels are averaged.

    Raises:
        AudioError: the file is missing, not audio, empty, cut short, or has samples that are not
            finite numbers; `field` is the path.
    """
    path = Path(path)
    if path.is_dir():
        raise AudioError(f"{path}: is a folder, not a recording", field=str(path))
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise AudioError(f"{path}: no such file", field=str(path)) from error
    except OSError as error:
        raise AudioError(f"{path}: cannot be read ({error.strerror})", field=str(path)) from error
    return read_audio_bytes(data, sample_rate, name=str(path))


def read_audio_bytes(
    data: bytes, sample_rate: int, *, name: str, most_seconds: float | None = None
) -> FloatArray:
    """As `read_audio`, for the contents of a file that came another way; `name` is what errors call
    it.

    A recording of more than `most_seconds` is an AudioError too, and little more than so much of it
    is ever decoded: a small file can hold hours.
    """
    if not data:
        raise AudioError(f"{name}: is an empty file", field=name)
    _check_whole(data, name)
    try:
        # Bytes, not the file: soundfile goes by a file's extension when it sees one (.raw), and
        # only the contents count.
        samples, own_rate = _decode(data, name, most_seconds)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"{name}: not audio that can be read ({error.error_string})", field=name
        ) from error
    if len(samples) == 0:
        raise AudioError(f"{name}: holds no samples", field=name)
    if not np.isfinite(samples).all():
        raise AudioError(f"{name}: holds samples that are not finite numbers", field=name)
    if own_rate < LOWEST_RATE_HZ:
        raise AudioError(
            f"{name}: has a sample rate of {own_rate} Hz, too low for sound", field=name
        )
    mono = resample(samples.mean(axis=1), own_rate, sample_rate)
    if len(mono) == 0:
        raise AudioError(f"{name}: is too short to hold one sample at {sample_rate} Hz", field=name)
    return mono


def _check_whole(data: bytes, name: str) -> None:
    """Refuses a WAV file that ends before its samples do; libsndfile would read what is there.

    Writers that do not know the length beforehand give a huge one: that says nothing.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if kind == b"data":
            if len(data) - at < size < _UNKNOWN_BYTES:
                raise AudioError(
                    f"{name}: is cut short: its header names {size} bytes of samples, and "
                    f"{len(data) - at} are there",
                    field=name,
                )
            return
        at += size + size % 2


class _Contents(io.BytesIO):
    """A file's contents, for libsndfile: it seeks to places before the beginning where a file is
    damaged, and learns that by being left where it is.
    """

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return super().seek(offset, whence) if offset >= 0 or whence != io.SEEK_SET else self.tell()


def _decode(data: bytes, name: str, most_seconds: float | None) -> tuple[FloatArray, int]:
    """float32 [T, channels], and the rate."""
    with soundfile.SoundFile(_Contents(data)) as file:
        if most_seconds is None:
            return file.read(dtype="float32", always_2d=True), file.samplerate
        most = int(most_seconds * file.samplerate)
        if most * file.channels > most_seconds * _MOST_VALUES_PER_SECOND:
            raise AudioError(
                (
                    f"{name}: has {file.channels} channels of {file.samplerate} Hz, which is more "
                    f"than is taken"
                ),
                field=name,
            )
        samples = file.read(most + 1, dtype="float32", always_2d=True)
        if len(samples) > most:
            raise AudioError(f"{name}: is longer than {most_seconds:g} seconds", field=name)
        return samples, file.samplerate
