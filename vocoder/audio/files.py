"""Recordings out of files, through libsndfile (soundfile) and soxr. The way back is `vocoder.audio.writing`."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from vocoder.audio.resample import resample
from vocoder.errors import AudioError

FloatArray = npt.NDArray[np.float32]
LOWEST_RATE_HZ = 1_000  # below it nothing is speech, and resampling would blow a small file up to gigabytes


def read_audio(path: Path | str, sample_rate: int) -> FloatArray:
    """A recording as mono samples at the rate asked for.

    Args:
        path: any format that libsndfile reads: WAV, FLAC, Ogg, MP3, AIFF ...
        sample_rate: Hz; the recording is resampled when its own differs.

    Returns:
        float32 [T], T > 0, -1..1 (a floating-point file may go beyond); channels are averaged.

    Raises:
        AudioError: the file is missing, not audio, empty, cut short, or has samples that are not finite numbers; `field` is the path.
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


def read_audio_bytes(data: bytes, sample_rate: int, *, name: str) -> FloatArray:
    """As `read_audio`, for the contents of a file that came another way; `name` is what errors call it."""
    if not data:
        raise AudioError(f"{name}: is an empty file", field=name)
    try:
        # Bytes, not the file: soundfile goes by a file's extension when it sees one (.raw), and only the contents count.
        samples, own_rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{name}: not audio that can be read ({error.error_string})", field=name) from error
    if len(samples) == 0:
        raise AudioError(f"{name}: holds no samples", field=name)
    if not np.isfinite(samples).all():
        raise AudioError(f"{name}: holds samples that are not finite numbers", field=name)
    if own_rate < LOWEST_RATE_HZ:
        raise AudioError(f"{name}: has a sample rate of {own_rate} Hz, too low for sound", field=name)
    mono = resample(samples.mean(axis=1), own_rate, sample_rate)
    if len(mono) == 0:
        raise AudioError(f"{name}: is too short to hold one sample at {sample_rate} Hz", field=name)
    return mono
