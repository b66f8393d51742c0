"""Resampling: the length is known beforehand, and tones stay where they are."""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.audio.resample import resample, resampled_length

RATES = [
    (16_000, 8_000),
    (16_000, 22_050),
    (16_000, 24_000),
    (16_000, 48_000),
    (22_050, 16_000),
    (44_100, 16_000),
    (16_000, 16_000),
]


@pytest.mark.parametrize(
    ("num_samples", "from_hz", "to_hz", "length"),
    [(0, 16_000, 24_000, 0), (1, 16_000, 24_000, 2), (1, 48_000, 8_000, 1), (6, 48_000, 8_000, 1),
    (7, 48_000, 8_000, 2), (159, 16_000, 22_050, 220),
     (7_001, 44_100, 16_000, 2_541), (2**53 + 1, 16_000, 16_000, 2**53 + 1)],
)  # fmt: skip
def test_every_sample_counts_that_begins_within_the_source(
    num_samples: int, from_hz: int, to_hz: int, length: int
) -> None:
    assert resampled_length(num_samples, from_hz, to_hz) == length


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
@pytest.mark.parametrize("num_samples", [1, 2, 159, 7_001])
def test_a_whole_signal_has_the_nearest_length(from_hz: int, to_hz: int, num_samples: int) -> None:
    samples = np.random.default_rng(num_samples).uniform(-1, 1, num_samples).astype(np.float32)
    converted = resample(samples, from_hz, to_hz)
    assert converted.dtype == np.float32
    assert abs(len(converted) - num_samples * to_hz / from_hz) <= 0.5


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_a_tone_keeps_its_frequency_level_and_phase(from_hz: int, to_hz: int) -> None:
    seconds, frequency = 0.5, 1_000.0
    before = 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * from_hz)) / from_hz)
    after = 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * to_hz)) / to_hz)
    converted = resample(before.astype(np.float32), from_hz, to_hz)
    edge = to_hz // 50  # the signal begins and ends abruptly: 20 ms of ringing at each end
    np.testing.assert_allclose(
        converted[edge:-edge], after[edge : len(converted) - edge], atol=1e-4
    )


def test_what_the_lower_rate_cannot_hold_is_filtered_away() -> None:
    tone = np.sin(2 * np.pi * 6_000 * np.arange(16_000) / 16_000).astype(np.float32)
    converted = resample(tone, 16_000, 8_000)
    assert np.abs(converted[200:-200]).max() < 1e-4


def test_nothing_becomes_nothing() -> None:
    nothing = np.zeros(0, np.float32)
    assert len(resample(nothing, 16_000, 24_000)) == 0
