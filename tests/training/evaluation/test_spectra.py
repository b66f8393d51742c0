"""How much a spectrum moves, of signals whose movement is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from tests.training.moving_noise import moving_noise
from training.evaluation import spectra
from training.evaluation.spectra import (
    MODULATION_HZ,
    band_variances,
    modulation_powers,
    speech_frames,
)
from vocoder.config import AudioConfig

AUDIO = AudioConfig()
RATE = AUDIO.sample_rate


@pytest.mark.parametrize(("hertz", "band"), [(3.0, 0), (8.0, 1), (18.0, 2), (35.0, 3)])
def test_a_modulation_lies_in_its_band(hertz: float, band: int) -> None:
    assert MODULATION_HZ[band][0] <= hertz < MODULATION_HZ[band][1]
    more = modulation_powers(moving_noise(hertz), AUDIO) - modulation_powers(
        moving_noise(hertz, depth=0.0), AUDIO
    )
    assert more.argmax() == band


def test_white_movement_of_variance_1_has_power_1_in_each_bin_at_any_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    white = np.random.default_rng(1).standard_normal((4000, AUDIO.n_mels)).astype(np.float32)
    monkeypatch.setattr(spectra, "log_mel", lambda samples, audio: white)
    powers = modulation_powers(np.zeros(1, np.float32), AUDIO)
    # Below half the rate of frames, a window of 64 frames has 3, 4, 8 and 17 bins in the four
    # bands.
    np.testing.assert_allclose(powers, [3, 4, 8, 17], rtol=0.08)
    monkeypatch.setattr(spectra, "log_mel", lambda samples, audio: white - 6.0)
    # level is no movement
    np.testing.assert_allclose(modulation_powers(np.zeros(1, np.float32), AUDIO), powers, rtol=1e-4)


def test_a_spectrum_that_was_smoothed_in_time_loses_its_fast_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sharp = np.random.default_rng(2).standard_normal((600, AUDIO.n_mels)).astype(np.float32)
    smooth = gaussian_filter1d(sharp, 2.0, axis=0).astype(np.float32)  # 20 ms
    monkeypatch.setattr(spectra, "log_mel", lambda samples, audio: sharp)
    before, variances = (
        modulation_powers(np.zeros(1, np.float32), AUDIO),
        band_variances(np.zeros(1, np.float32), AUDIO),
    )
    monkeypatch.setattr(spectra, "log_mel", lambda samples, audio: smooth)
    lost_db = 10 * np.log10(modulation_powers(np.zeros(1, np.float32), AUDIO) / before)
    # A Gaussian of 20 ms takes 20 log10 exp(-(2 pi f 0.02)^2 / 2) dB at f Hz: 0.7 at 3, 4.4 at 8,
    # 22 at 18.
    assert lost_db[0] == pytest.approx(-0.8, abs=0.5)
    assert lost_db[1] == pytest.approx(-4.5, abs=1.5)
    assert lost_db[2] < -12
    assert lost_db[3] < -25
    assert band_variances(np.zeros(1, np.float32), AUDIO).mean() / variances.mean() < 0.3


def test_pauses_and_volume_do_not_change_a_variance() -> None:
    speech = moving_noise(4.0)
    quiet = (0.00001 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
    plain = band_variances(speech, AUDIO)
    np.testing.assert_allclose(band_variances(0.5 * speech, AUDIO), plain, rtol=1e-3)
    np.testing.assert_allclose(
        band_variances(np.concatenate([quiet, speech, quiet]), AUDIO), plain, rtol=0.1
    )


def test_frames_far_below_the_loudest_are_no_speech() -> None:
    spectrum = np.zeros((3, AUDIO.n_mels), np.float32)
    spectrum[1] -= 39 / 20 * np.log(10)
    spectrum[2] -= 41 / 20 * np.log(10)
    assert speech_frames(spectrum).tolist() == [True, True, False]


def test_a_sound_shorter_than_a_window_has_a_modulation_spectrum() -> None:
    assert np.isfinite(modulation_powers(moving_noise(8.0, seconds=0.2), AUDIO)).all()
