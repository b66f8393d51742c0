"""Recordings in and out of files, through libsndfile (soundfile) and soxr."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from vocoder.errors import AudioError

FloatArray = npt.NDArray[np.float32]


def read_audio(path: Path | str, sample_rate: int) -> FloatArray:
    """A recording as mono samples at the rate asked for.

    Args:
        path: any format that libsndfile reads: WAV, FLAC, Ogg, MP3, AIFF ...
        sample_rate: Hz; the recording is resampled when its own differs.

    Returns:
        float32 [T], -1..1; channels are averaged.

    Raises:
        AudioError: the file is missing, not audio, empty, or has samples that are not finite numbers.
    """
    path = Path(path)
    if not path.is_file():
        raise AudioError(f"{path}: no such file", field=str(path))
    try:
        samples, own_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path}: not audio that can be read ({error.error_string})", field=str(path)) from error
    if len(samples) == 0:
        raise AudioError(f"{path}: holds no samples", field=str(path))
    if not np.isfinite(samples).all():
        raise AudioError(f"{path}: holds samples that are not finite numbers", field=str(path))
    mono: FloatArray = samples.mean(axis=1)
    if own_rate != sample_rate:
        mono = soxr.resample(mono, own_rate, sample_rate, quality="VHQ")
    return mono.astype(np.float32)
