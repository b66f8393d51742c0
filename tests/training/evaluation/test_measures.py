"""Measures of sound that are this project's own."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluation.measures import click_level
from vocoder.config import AudioConfig

AUDIO = AudioConfig()
RATE = AUDIO.sample_rate


def recording(seed: int) -> np.ndarray:
    """Noise like a room's, half a second; speech, as loud as it is, half a second; and the room
    again.
    """
    rng = np.random.default_rng(seed)
    samples = 0.001 * rng.standard_normal(3 * RATE // 2)
    samples[RATE // 2 : RATE] += 0.2 * rng.standard_normal(RATE // 2)
    return samples.astype(np.float32)


def test_a_click_in_a_pause_is_as_loud_as_it_is() -> None:
    truth, made = recording(0), recording(1)
    assert abs(click_level(truth, made, AUDIO)) < 2
    made[RATE // 4] = 0.1
    own = np.abs(truth[: RATE // 2]).max()
    assert click_level(truth, made, AUDIO) == pytest.approx(20 * np.log10(0.1 / own), abs=2)


def test_speech_is_no_click_however_loud() -> None:
    truth, made = recording(0), recording(1)
    made[RATE // 2 - AUDIO.hop_length // 2 : RATE] *= 3  # from a little before the recording's
    assert abs(click_level(truth, made, AUDIO)) < 2


def test_more_noise_in_the_pauses_is_told_in_db() -> None:
    truth = recording(0)
    assert click_level(truth, 2 * truth, AUDIO) == pytest.approx(6.02, abs=0.1)
