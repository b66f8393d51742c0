"""Log-mel spectra: librosa's numbers, and frames that lie where the samples are."""

from __future__ import annotations

import hashlib

import librosa
import numpy as np
import pytest

from vocoder.audio.mel import FLOOR, log_mel, mel_filters, pad_to_frames
from vocoder.audio.torchaudio_import import import_torchaudio
from vocoder.config import AudioConfig

CONFIGS = [
    AudioConfig(),
    AudioConfig(
        sample_rate=22_050, hop_length=256, win_length=1_024, n_fft=1_024, f_min=0.0, f_max=8_000.0
    ),
    AudioConfig(hop_length=200, win_length=800, n_fft=2_048, n_mels=64),
]


def recording(config: AudioConfig, num_samples: int) -> np.ndarray:
    """A sweep with some noise."""
    t = np.arange(num_samples) / config.sample_rate
    noise = np.random.default_rng(0).standard_normal(num_samples)
    return (0.4 * np.sin(2 * np.pi * (100 * t + 1_500 * t**2)) + 0.01 * noise).astype(np.float32)


@pytest.mark.parametrize("config", CONFIGS)
def test_agrees_with_librosa(config: AudioConfig) -> None:
    """Within 1e-3 (0.009 dB) everywhere: both compute in float32, and only the order of the sums
    differs.
    """
    samples = pad_to_frames(recording(config, 20_000), config)
    half = (config.n_fft - config.hop_length) // 2
    magnitudes = librosa.feature.melspectrogram(
        y=np.pad(samples, (half, config.n_fft - config.hop_length - half)),
        sr=config.sample_rate,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        win_length=config.win_length,
        center=False,
        power=1.0,
        n_mels=config.n_mels,
        fmin=config.f_min,
        fmax=config.f_max,
    )
    np.testing.assert_allclose(
        log_mel(samples, config), np.log(np.maximum(magnitudes, FLOOR)).T, atol=1e-3
    )


@pytest.mark.parametrize(
    ("num_samples", "num_frames"), [(0, 0), (1, 1), (160, 1), (161, 2), (1_600, 10)]
)
def test_one_frame_for_every_begun_hop(num_samples: int, num_frames: int) -> None:
    assert log_mel(np.zeros(num_samples, np.float32), AudioConfig()).shape == (num_frames, 80)


def test_a_frames_window_is_centred_on_its_own_samples() -> None:
    """A click in the middle of frame 7 is loudest in frame 7, and its neighbours hear it
    equally.
    """
    config = AudioConfig()
    samples = np.zeros(3_200, np.float32)
    samples[7 * 160 + 80] = 1.0
    loudness = log_mel(samples, config).mean(axis=1)
    assert loudness.argmax() == 7
    np.testing.assert_allclose(loudness[6], loudness[8], atol=1e-3)


def test_silence_is_the_floor() -> None:
    np.testing.assert_allclose(
        log_mel(np.zeros(1_600, np.float32), AudioConfig()), np.log(FLOOR), rtol=1e-6
    )


def test_twice_as_loud_is_log_two_more() -> None:
    config = AudioConfig()
    samples = recording(config, 8_000)
    np.testing.assert_allclose(
        log_mel(2 * samples, config) - log_mel(samples, config), np.log(2), atol=1e-3
    )


def test_a_higher_tone_lies_in_a_higher_band() -> None:
    config = AudioConfig()
    t = np.arange(8_000) / config.sample_rate
    bands = [
        log_mel(np.sin(2 * np.pi * hz * t).astype(np.float32), config)[20].argmax()
        for hz in (200, 500, 1_000, 3_000, 6_000)
    ]
    assert bands == sorted(set(bands))
    centres = librosa.mel_frequencies(n_mels=82, fmin=config.f_min, fmax=config.f_max)[1:-1]
    np.testing.assert_allclose(centres[bands], [200, 500, 1_000, 3_000, 6_000], rtol=0.12)


@pytest.mark.parametrize(
    "config",
    [
        AudioConfig(),
        AudioConfig(sample_rate=8_000, n_fft=1_024, f_max=4_000.0, n_mels=20),
        AudioConfig(sample_rate=22_050, hop_length=256, win_length=1_024, f_min=0.0),
    ],
)
def test_filters_are_torchaudios(config: AudioConfig) -> None:
    wanted = import_torchaudio().functional.melscale_fbanks(
        n_freqs=config.n_fft // 2 + 1,
        f_min=config.f_min,
        f_max=config.f_max,
        n_mels=config.n_mels,
        sample_rate=config.sample_rate,
        norm="slaney",
        mel_scale="slaney",
    )
    np.testing.assert_allclose(mel_filters(config), wanted.numpy(), rtol=0, atol=2e-7)


def test_filters_of_the_shipped_voice_keep_their_bits() -> None:
    """Every sample that is corrected depends on them. Stored from torchaudio 2.11."""
    digest = hashlib.sha256(np.ascontiguousarray(mel_filters(AudioConfig())).tobytes()).hexdigest()
    assert digest == "79df04ea7c602bb29f2518fdc1170ee492dfa6d41e7607e4f6f27b3c28f3aa3c"
