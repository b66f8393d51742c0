"""The table of harmonic spectra that the acoustic model's decoder is shown
(`vocoder.acoustic.harmonics`).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from vocoder.acoustic.harmonics import HIGHEST_HZ, LOWEST_HZ
from vocoder.audio.mel import mel_filters
from vocoder.config import AudioConfig

_OVERSAMPLING = 16  # of the window's transform
_FLOOR = 1e-4  # magnitude that every bin has at least, beside 1 for a harmonic's peak


def harmonic_table(audio: AudioConfig, steps: int) -> Tensor:
    """Log-mel of a pulse train for F0 from `LOWEST_HZ` to `HIGHEST_HZ`, evenly spaced in log-F0.

    Harmonics add in power, since their phases differ. The mean over F0 is taken away in each band,
    and all is scaled to spread 1.

    Args:
        audio: settings of the log-mel.
        steps: S, at least 2.

    Returns:
        float32 [S, M].
    """
    window = (
        torch.fft.rfft(
            torch.hann_window(audio.win_length, dtype=torch.float64), audio.n_fft * _OVERSAMPLING
        )
        .abs()
        .numpy()
    )
    window /= window[0]
    bins_hz = np.arange(audio.n_fft // 2 + 1) * audio.sample_rate / audio.n_fft
    filters = mel_filters(audio).astype(np.float64)
    spectra = []
    for log_f0 in np.linspace(math.log(LOWEST_HZ), math.log(HIGHEST_HZ), steps):
        harmonics_hz = np.arange(1, int(audio.sample_rate / 2 / math.exp(log_f0)) + 1) * math.exp(
            log_f0
        )
        distances = np.abs(bins_hz[:, None] - harmonics_hz) * (
            audio.n_fft * _OVERSAMPLING / audio.sample_rate
        )
        power = (window[np.minimum(np.round(distances).astype(int), len(window) - 1)] ** 2).sum(
            axis=1
        )
        spectra.append(np.log((np.sqrt(power) + _FLOOR) @ filters))
    table = np.array(spectra)
    table -= table.mean(axis=0)
    return torch.from_numpy((table / table.std()).astype(np.float32))
