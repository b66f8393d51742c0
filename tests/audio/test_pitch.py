"""F0 and voicing on sounds whose pitch is known."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from vocoder.audio.pitch import pitch
from vocoder.config import AudioConfig
from vocoder.errors import SonantError

CONFIG = AudioConfig()
RATE, HOP = CONFIG.sample_rate, CONFIG.hop_length


def voice(frequency: np.ndarray) -> np.ndarray:
    """Nine harmonics of a frequency given per sample."""
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    return (0.2 * sum(np.sin(k * phase) / k for k in range(1, 10))).astype(np.float32)


@pytest.mark.parametrize("frequency", [80.0, 120.0, 220.0, 400.0])
def test_a_steady_tone(frequency: float) -> None:
    log_f0, voicing = pitch(voice(np.full(RATE, frequency)), CONFIG)
    assert len(log_f0) == len(voicing) == RATE // HOP
    assert voicing.mean() > 0.97
    np.testing.assert_allclose(np.exp(log_f0)[5:-5], frequency, rtol=0.005)


def test_a_sweep_is_followed_frame_by_frame() -> None:
    """An octave and a half in two seconds: the frame's F0 is the frequency at its middle, so a
    frame of delay (0.5 %) would show.
    """
    sweep = 100 * 3 ** (np.arange(2 * RATE) / (2 * RATE))
    log_f0, voicing = pitch(voice(sweep), CONFIG)
    assert voicing.mean() > 0.97
    np.testing.assert_allclose(np.exp(log_f0)[5:-5], sweep[HOP // 2 :: HOP][5:-5], rtol=0.0025)


@pytest.mark.parametrize("level", [0.0, 1e-4, 0.1])
def test_silence_and_noise_are_unvoiced(level: float) -> None:
    noise = (level * np.random.default_rng(0).standard_normal(3 * RATE)).astype(np.float32)
    log_f0, voicing = pitch(noise, CONFIG)
    assert voicing.mean() < 0.02
    assert np.isfinite(log_f0).all()


def test_a_pause_between_two_tones_is_unvoiced_and_bridged() -> None:
    low, high = voice(np.full(RATE, 150.0)), voice(np.full(RATE, 300.0))
    log_f0, voicing = pitch(np.concatenate([low, np.zeros(RATE // 2, np.float32), high]), CONFIG)
    assert voicing[5:90].all()
    assert voicing[160:245].all()
    assert not voicing[105:145].any()
    bridge = log_f0[100:150]
    assert np.all(np.diff(bridge) >= -1e-3)
    assert np.log(148) < bridge.min()
    assert bridge.max() < np.log(302)


def test_what_is_nowhere_voiced_has_the_middle_of_the_range() -> None:
    log_f0, voicing = pitch(np.zeros(1_600, np.float32), CONFIG)
    np.testing.assert_allclose(np.exp(log_f0), np.sqrt(CONFIG.f0_min * CONFIG.f0_max), rtol=1e-5)
    assert not voicing.any()


@pytest.mark.parametrize(
    ("num_samples", "num_frames"), [(0, 0), (1, 1), (160, 1), (161, 2), (999, 7)]
)
def test_one_value_for_every_begun_hop(num_samples: int, num_frames: int) -> None:
    log_f0, voicing = pitch(np.full(num_samples, 0.1, np.float32), CONFIG)
    assert log_f0.shape == voicing.shape == (num_frames,)


def test_without_pyworld_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyworld", None)
    with pytest.raises(SonantError, match=r"pip install 'sonant\[analysis\]'"):
        pitch(np.zeros(1_600, np.float32), CONFIG)
