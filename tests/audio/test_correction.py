"""Spectral correction: what comes out has the spectrum that was asked for, and is the same however
it is cut into pieces.
"""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.audio.correction import SpectralCorrection, spectral_correction
from vocoder.audio.mel import log_mel
from vocoder.audio.windows import LARGEST_GAIN
from vocoder.config import AudioConfig
from vocoder.errors import ConfigError, EngineError

AUDIO = AudioConfig()
HOP = AUDIO.hop_length
# Windows of an odd number of blocks, of an even one, and of no whole number of them.
OTHERS = [
    AudioConfig(
        sample_rate=8_000, hop_length=80, win_length=240, n_fft=256, n_mels=20, f_max=4_000.0
    ),
    AudioConfig(sample_rate=22_050, hop_length=256, win_length=1024, n_fft=1024),
    AudioConfig(
        sample_rate=8_000, hop_length=90, win_length=200, n_fft=256, n_mels=20, f_max=4_000.0
    ),
]


def tone(frames: int, audio: AudioConfig = AUDIO) -> np.ndarray:
    """Harmonics that swell and fade, with some hiss: float32 [frames * hop_length]."""
    t = np.arange(frames * audio.hop_length) / audio.sample_rate
    voice = sum(np.sin(2 * np.pi * k * 170 * t) / k for k in range(1, 12))
    noise = np.random.default_rng(1).standard_normal(len(t))
    return ((0.2 + 0.15 * np.sin(9 * t)) * voice / 3 + 0.01 * noise).astype(np.float32)


def corrected(
    correction: SpectralCorrection, samples: np.ndarray, targets: np.ndarray, sizes: list[int]
) -> np.ndarray:
    """A whole signal, pushed in pieces of so many blocks, over and over."""
    state, pieces, done, turn = correction.start(), [], 0, 0
    hop = len(samples) // len(targets)
    while done < len(targets):
        count = min(sizes[turn % len(sizes)], len(targets) - done)
        piece, state = correction.push(
            samples[done * hop : (done + count) * hop], targets[done : done + count], state
        )
        pieces.append(piece)
        done, turn = done + count, turn + 1
        assert sum(map(len, pieces)) == max(done - correction.delay_blocks, 0) * hop
    return np.concatenate([*pieces, correction.finish(state)])


@pytest.mark.parametrize("audio", [AUDIO, *OTHERS])
@pytest.mark.parametrize("passes", [1, 3])
def test_what_has_its_spectrum_already_is_left_alone(audio: AudioConfig, passes: int) -> None:
    samples = tone(40, audio)
    made = corrected(SpectralCorrection(audio, passes), samples, log_mel(samples, audio), [7])
    assert len(made) == len(samples)
    assert np.sqrt(np.mean((made - samples) ** 2)) < 2e-3 * np.sqrt(np.mean(samples**2))


@pytest.mark.parametrize("audio", [AUDIO, *OTHERS])
def test_a_wrong_spectrum_is_put_right_and_each_pass_comes_closer(audio: AudioConfig) -> None:
    """The true signal with a tilt, a hole and a level of its own; log-mel distance over the frames
    inside.
    """
    truth = tone(60, audio)
    wrong = 0.4 * np.convolve(truth, [1.0, -0.7, 0.2])[: len(truth)].astype(np.float32)
    targets = log_mel(truth, audio)

    def distance(samples: np.ndarray) -> float:
        return float(np.abs(log_mel(samples, audio) - targets)[4:-4].mean())

    before = distance(wrong)
    after = [
        distance(corrected(SpectralCorrection(audio, passes), wrong, targets, [60]))
        for passes in (1, 2, 3)
    ]
    assert after[0] < 0.35 * before
    assert after[2] < after[1] < after[0]


@pytest.mark.parametrize("audio", [AUDIO, *OTHERS])
@pytest.mark.parametrize("sizes", [[1], [2, 5, 3], [11], [4, 1, 1]])
def test_any_chunking_gives_the_same_samples(audio: AudioConfig, sizes: list[int]) -> None:
    samples = tone(41, audio)
    targets = log_mel(samples[::-1].copy(), audio)
    correction = SpectralCorrection(audio, 2)
    np.testing.assert_array_equal(
        corrected(correction, samples, targets, sizes),
        corrected(correction, samples, targets, [41]),
    )


@pytest.mark.parametrize("frames", [0, 1, 3, 8, 9])
def test_a_stream_shorter_than_the_delay_is_given_out_whole(frames: int) -> None:
    samples = tone(frames)
    correction = SpectralCorrection(AUDIO, 2)
    state = correction.start()
    piece, state = correction.push(samples, log_mel(samples, AUDIO), state)
    assert len(piece) + len(correction.finish(state)) == len(samples)


def test_a_saved_state_goes_on_to_the_same_samples() -> None:
    samples = tone(30)
    targets = log_mel(samples[::-1].copy(), AUDIO)
    correction = SpectralCorrection(AUDIO, 3)
    whole = corrected(correction, samples, targets, [30])
    first, state = correction.push(samples[: 13 * HOP], targets[:13], correction.start())
    again = correction.restore(state.to_bytes())
    second, state = correction.push(samples[13 * HOP :], targets[13:], again)
    np.testing.assert_array_equal(np.concatenate([first, second, correction.finish(state)]), whole)


def test_a_state_of_another_correction_is_refused() -> None:
    saved = SpectralCorrection(AUDIO, 3).start().to_bytes()
    with pytest.raises(EngineError, match=f"{len(saved)} bytes"):
        SpectralCorrection(AUDIO, 2).restore(saved)


def test_two_streams_of_one_correction_share_nothing() -> None:
    samples, correction = tone(20), SpectralCorrection(AUDIO, 1)
    targets = log_mel(samples, AUDIO)
    state = correction.start()
    first, _ = correction.push(samples, targets, state)
    correction.push(-samples, targets, state)
    np.testing.assert_array_equal(correction.push(samples, targets, state)[0], first)


def test_silence_is_not_lifted_beyond_the_limit() -> None:
    quiet = np.full(20 * HOP, 1e-7, np.float32) * np.random.default_rng(2).standard_normal(
        20 * HOP
    ).astype(np.float32)
    loud = np.zeros((20, AUDIO.n_mels), np.float32)
    made = corrected(SpectralCorrection(AUDIO, 1), quiet, loud, [20])
    assert np.sqrt(np.mean(made**2)) < 1.01 * np.exp(LARGEST_GAIN) * np.sqrt(np.mean(quiet**2))
    assert np.isfinite(
        corrected(SpectralCorrection(AUDIO, 2), np.zeros(20 * HOP, np.float32), loud, [20])
    ).all()


def test_windows_that_do_not_overlap_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"win_length 80 must exceed hop_length 80"):
        SpectralCorrection(AudioConfig(hop_length=80, win_length=80), 1)


def test_no_passes_is_no_correction() -> None:
    assert spectral_correction(AUDIO, 0) is None
    assert spectral_correction(AUDIO, 2) is spectral_correction(AudioConfig(), 2)
