"""How much a spectrum moves: what an acoustic model that predicts means takes away.

F frames, M mels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.audio.mel import log_mel
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]
Float64Array = npt.NDArray[np.float64]
SPEECH_DB = 40.0  # frames this far below the loudest are no speech
WINDOW_SECONDS = 0.64  # of a modulation spectrum: bins of 1.56 Hz at 100 frames a second
MODULATION_HZ = ((1.6, 5.0), (5.0, 12.0), (12.0, 25.0), (25.0, 50.0))
_TOLERANCE_HZ = 0.05  # the lowest bin, 1.5625 Hz, is the 1.6 of the bands
_DB_PER_NAT = 20 / np.log(10)


def speech_frames(spectrum: FloatArray) -> npt.NDArray[np.bool_]:
    """Which frames of log-mel [F, M] are speech: bool [F], by the magnitude of all bands
    together.
    """
    level = _DB_PER_NAT * np.log(np.exp(spectrum.astype(np.float64)).sum(axis=1))
    loud: npt.NDArray[np.bool_] = level > level.max() - SPEECH_DB
    return loud


def band_variances(samples: FloatArray, audio: AudioConfig) -> Float64Array:
    """Variance of log-mel over the frames that are speech: float32 [T] to float64 [M], in nats
    squared.
    """
    spectrum = log_mel(samples, audio)
    variances: Float64Array = spectrum[speech_frames(spectrum)].astype(np.float64).var(axis=0)
    return variances


def modulation_powers(samples: FloatArray, audio: AudioConfig) -> Float64Array:
    """Power of the changes of log-mel in time: float32 [T] to float64 [4], one for each band of
    `MODULATION_HZ`, in nats squared.

    From the first frame of speech to the last, in Hann windows of 0.64 s that overlap by three
    quarters, each without its mean; the mean over windows and mels.
    A band takes its lower bound in and leaves its upper bound out; the last ends with half the rate
    of frames.
    """
    spectrum = log_mel(samples, audio).astype(np.float64)
    loud = np.flatnonzero(speech_frames(spectrum.astype(np.float32)))
    spectrum = spectrum[loud[0] : loud[-1] + 1]
    frames_per_second = audio.sample_rate / audio.hop_length
    size = round(WINDOW_SECONDS * frames_per_second)
    if len(spectrum) < size:
        spectrum = np.pad(spectrum, ((0, size - len(spectrum)), (0, 0)), mode="edge")
    # [windows, M, size]
    windows = np.lib.stride_tricks.sliding_window_view(spectrum, size, axis=0)[:: size // 4]
    hann = np.hanning(size + 1)[:size]
    moving = (windows - windows.mean(axis=2, keepdims=True)) * hann
    power = (np.abs(np.fft.rfft(moving, axis=2)) ** 2).mean(axis=(0, 1)) / (hann**2).sum()
    frequencies = np.fft.rfftfreq(size, 1 / frames_per_second)
    last = MODULATION_HZ[-1][1]
    bands = [
        (frequencies >= low - _TOLERANCE_HZ)
        & ((frequencies < high - _TOLERANCE_HZ) | (high == last))
        for low, high in MODULATION_HZ
    ]
    return np.array([power[band].sum() for band in bands])
