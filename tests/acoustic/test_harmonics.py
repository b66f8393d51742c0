"""Harmonics that the decoder is shown lie where a voice of that F0 has them."""

from __future__ import annotations

import math

import numpy as np
import torch

from training.acoustic.harmonic_table import harmonic_table
from vocoder.acoustic.harmonics import HIGHEST_HZ, LOWEST_HZ, harmonic_spectra
from vocoder.audio.mel import log_mel
from vocoder.config import AudioConfig

AUDIO = AudioConfig()
STEPS = 64


def f0_of(row: int) -> float:
    return LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (row / (STEPS - 1))


def test_rows_follow_the_log_mel_of_pulse_trains() -> None:
    """Low bands, which resolve harmonics: what changes with F0 in the table changes alike in
    analysed pulses.
    """
    table = harmonic_table(AUDIO, STEPS)
    rows = [30, 36, 42, 48]
    analysed = []
    for row in rows:
        time = np.arange(AUDIO.sample_rate // 2) / AUDIO.sample_rate
        count = int(AUDIO.sample_rate / 2 / f0_of(row))
        phases = np.random.default_rng(row).uniform(0, 2 * np.pi, count)
        sound = sum(
            np.sin(2 * np.pi * f0_of(row) * (k + 1) * time + phases[k]) for k in range(count)
        )
        analysed.append(log_mel((0.01 * sound).astype(np.float32), AUDIO)[10:-10].mean(axis=0))
    low = slice(2, 24)
    wanted = np.array(analysed)[:, low]
    shown = table[rows, low].numpy()
    for mine, theirs in zip(shown - shown.mean(axis=0), wanted - wanted.mean(axis=0), strict=True):
        assert np.corrcoef(mine, theirs)[0, 1] > 0.9


def test_between_rows_the_nearest_two_are_mixed_and_outside_the_last_counts() -> None:
    table = torch.randn(STEPS, 5, generator=torch.Generator().manual_seed(0))
    places = [0.0, 3.0, 3.25, STEPS - 1.0]
    log_f0 = torch.tensor([[math.log(f0_of(place)) for place in places]])  # type: ignore[arg-type]
    made = harmonic_spectra(table, log_f0, torch.ones_like(log_f0))[0]
    torch.testing.assert_close(made[0], table[0], rtol=0, atol=1e-4)
    torch.testing.assert_close(made[1], table[3], rtol=0, atol=1e-4)
    torch.testing.assert_close(made[2], 0.75 * table[3] + 0.25 * table[4], rtol=0, atol=1e-4)
    torch.testing.assert_close(made[3], table[-1], rtol=0, atol=1e-4)
    outside = torch.tensor([[math.log(20.0), math.log(2000.0)]])
    made = harmonic_spectra(table, outside, torch.ones_like(outside))[0]
    torch.testing.assert_close(made, table[[0, -1]], rtol=0, atol=1e-5)
    assert not harmonic_spectra(table, log_f0, torch.zeros_like(log_f0)).any()
