"""Loudness: what the recommendations say of known signals, what another implementation says of
noise, and pieces that make the whole.
"""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm
import pytest

from vocoder.audio.loudness import CEILING, LoudnessMeter, amplify
from vocoder.audio.pcm import to_float32


def measure(samples: np.ndarray, rate: int, size: int = 10_000) -> LoudnessMeter:
    meter = LoudnessMeter(rate)
    for start in range(0, len(samples), size):
        meter.add(samples[start : start + size])
    meter.finish()
    return meter


def sine(frequency: float, decibels: float, seconds: float, rate: int) -> np.ndarray:
    amplitude = 32_767 * 10 ** (decibels / 20)
    return np.rint(
        amplitude * np.sin(2 * math.pi * frequency * np.arange(round(seconds * rate)) / rate)
    ).astype(np.int16)


def noise(rate: int, seconds: float) -> np.ndarray:
    """Loud and quiet by turns, so that both gates have something to do."""
    t = np.arange(round(seconds * rate)) / rate
    loudness = np.select([t % 4 < 1, t % 4 < 2], [0.0, 0.004], 0.15)
    return (np.random.default_rng(3).standard_normal(len(t)) * loudness * 8_000).astype(np.int16)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_a_full_scale_sine_has_the_loudness_that_defines_the_scale(rate: int) -> None:
    assert measure(sine(997, 0.0, 5, rate), rate).loudness == pytest.approx(-3.01, abs=0.05)


def test_quiet_parts_do_not_count() -> None:
    """EBU Tech 3341, case 3, in one channel: 10 s at -36, 60 s at -23, 10 s at -36 dBFS."""
    parts = [
        sine(1_000, level, seconds, 16_000) for level, seconds in ((-36, 10), (-23, 60), (-36, 10))
    ]
    assert measure(np.concatenate(parts), 16_000).loudness == pytest.approx(-23 - 3.01, abs=0.1)


def test_another_implementation_says_the_same() -> None:
    samples = noise(48_000, 12)
    assert measure(samples, 48_000).loudness == pytest.approx(
        pyloudnorm.Meter(48_000, filter_class="DeMan").integrated_loudness(to_float32(samples)),
        abs=0.05,
    )


def test_pieces_make_the_whole() -> None:
    samples = noise(16_000, 6)
    whole = measure(samples, 16_000, len(samples))
    for size in (1_000, 777):
        pieces = measure(samples, 16_000, size)
        assert pieces.loudness == pytest.approx(whole.loudness, abs=1e-9)
        assert pieces.peak == pytest.approx(whole.peak, rel=1e-3)


@pytest.mark.parametrize("seconds", [0.05, 0.39, 3.0])
def test_the_gain_brings_it_to_the_target(seconds: float) -> None:
    samples = sine(997, -12, seconds, 16_000)
    gain = measure(samples, 16_000).gain_to(-23)
    assert measure(amplify(samples, gain), 16_000).loudness == pytest.approx(-23, abs=0.05)


def test_the_peak_stays_below_the_ceiling() -> None:
    samples = noise(16_000, 6)
    gain = measure(samples, 16_000).gain_to(-5)
    assert 20 * math.log10(measure(amplify(samples, gain), 16_000).peak) == pytest.approx(
        CEILING, abs=0.05
    )


def test_a_peak_between_samples_is_seen() -> None:
    # a sine whose top lies between its samples
    samples = np.tile(np.array([20_000, 20_000, -20_000, -20_000], np.int16), 4_000)
    assert measure(samples, 16_000).peak == pytest.approx(20_000 * math.sqrt(2) / 32_768, rel=0.02)


def test_silence_and_nothing_are_left_as_they_are() -> None:
    for samples in (np.zeros(16_000, np.int16), np.zeros(0, np.int16)):
        meter = measure(samples, 16_000)
        assert meter.loudness is None
        assert meter.gain_to(-23) == 1.0
