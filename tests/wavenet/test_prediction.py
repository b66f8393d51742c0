"""The predictions that the network is shown: what linear prediction gains, and that all three ways
of computing them agree.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from tests.wavenet.networks import predictors, random_codes, small_config
from vocoder.audio.emphasis import pre_emphasise
from vocoder.audio.linear_prediction import band_centres, linear_prediction
from vocoder.audio.mel import log_mel
from vocoder.audio.quantise import Quantiser
from vocoder.config import AudioConfig
from vocoder.wavenet.prediction import PERIOD_LEAD, Predictors, predict, predict_next

AUDIO = AudioConfig()
RESONANT = [1.0, -1.6, 0.81]  # a pole pair of radius 0.9 near 1.2 kHz


def resonant_noise(seconds: float = 1.0) -> np.ndarray:
    """White noise through a two-pole filter."""
    noise = np.random.default_rng(0).standard_normal(round(seconds * AUDIO.sample_rate))
    return (0.02 * lfilter([1.0], RESONANT, noise)).astype(np.float32)


def test_linear_prediction_leaves_little_more_than_the_excitation() -> None:
    """From the mel spectrum alone the filter is found well enough that what is left has nearly the
    power of the noise that went in.
    """
    audio = dataclasses.replace(AUDIO, pre_emphasis=0.0)
    samples = resonant_noise()
    coefficients = linear_prediction(log_mel(samples, audio), audio, 16, 40.0)[5:-5].mean(0)
    residual = lfilter(np.concatenate([[1.0], -coefficients]), [1.0], samples)[100:]
    excitation = lfilter(RESONANT, [1.0], samples)[100:]
    assert np.std(samples) > 2.5 * np.std(excitation), "there must be something to gain"
    assert np.std(residual) < 1.15 * np.std(excitation)


def test_the_filter_is_for_the_pre_emphasised_signal() -> None:
    samples = resonant_noise()
    emphasised = pre_emphasise(samples, AUDIO.pre_emphasis)
    ours = linear_prediction(log_mel(samples, AUDIO), AUDIO, 16, 40.0)[5:-5].mean(0)
    plain = linear_prediction(
        log_mel(samples, AUDIO), dataclasses.replace(AUDIO, pre_emphasis=0.0), 16, 40.0
    )[5:-5].mean(0)
    left = [
        np.std(lfilter(np.concatenate([[1.0], -coefficients]), [1.0], emphasised)[100:])
        for coefficients in (ours, plain)
    ]
    assert left[0] < 0.9 * left[1]


def test_a_filter_as_long_as_a_period_follows_the_harmonics() -> None:
    """As far as the bands resolve them, unless smoothing forbids it."""
    samples = np.zeros(AUDIO.sample_rate, np.float32)
    samples[:: AUDIO.sample_rate // 200] = 1.0  # 200 Hz
    samples = pre_emphasise(
        lfilter([0.1], RESONANT, samples).astype(np.float32), AUDIO.pre_emphasis
    )

    def left(order: int, smoothing_hz: float) -> float:
        coefficients = linear_prediction(
            log_mel(lfilter([1.0], [1.0, -AUDIO.pre_emphasis], samples).astype(np.float32), AUDIO),
            AUDIO,
            order,
            smoothing_hz,
        )
        return float(
            np.std(
                lfilter(np.concatenate([[1.0], -coefficients[5:-5].mean(0)]), [1.0], samples)[200:]
            )
        )

    assert left(128, 10.0) < 0.9 * left(16, 10.0)
    assert left(128, 10.0) < 0.9 * left(128, 100.0)


@pytest.mark.parametrize(("order", "smoothing_hz"), [(16, 40.0), (128, 10.0)])
@pytest.mark.parametrize("loudness", [0.0, 1e-3, 1.0])
def test_the_filter_is_stable_for_any_spectrum(
    loudness: float, order: int, smoothing_hz: float
) -> None:
    mels = np.random.default_rng(1).uniform(-11.5, 2.0, (50, AUDIO.n_mels)).astype(
        np.float32
    ) + np.log(max(loudness, 1e-5)).astype(np.float32)
    for row in linear_prediction(
        np.maximum(mels, np.log(1e-5)).astype(np.float32), AUDIO, order, smoothing_hz
    ):
        assert np.abs(np.roots(np.concatenate([[1.0], -row]))).max() < 1.0


def test_loudness_is_not_the_filters_business() -> None:
    mels = log_mel(resonant_noise(), AUDIO)
    np.testing.assert_allclose(
        linear_prediction(mels + np.float32(2.0), AUDIO, 16, 40.0),
        linear_prediction(mels, AUDIO, 16, 40.0),
        atol=1e-4,
    )


def testband_centres_are_those_of_the_mel_filters() -> None:
    """A tone at a band's centre is loudest in that band."""
    for band, centre in list(enumerate(band_centres(AUDIO)))[2::7]:
        tone = np.sin(2 * np.pi * centre * np.arange(4000) / AUDIO.sample_rate).astype(np.float32)
        assert log_mel(tone, AUDIO)[10:15].mean(0).argmax() == band


def test_lags_are_periods_less_the_lead() -> None:
    config = small_config(max_lag=200, prediction_order=2)
    log_f0 = np.log(np.array([100.0, 160.0, 79.2, 1e6])).astype(np.float32)
    found = Predictors.of(np.zeros((4, AUDIO.n_mels), np.float32), log_f0, AUDIO, config)
    assert found.lags.tolist() == [160 - PERIOD_LEAD, 100 - PERIOD_LEAD, 202 - PERIOD_LEAD, 1]
    assert found.at(1)[1] == 100 - PERIOD_LEAD
    assert not Predictors.of(
        np.zeros((4, AUDIO.n_mels), np.float32), log_f0, AUDIO, small_config(max_lag=0)
    ).lags.any()


@pytest.mark.parametrize("order, max_lag", [(3, 12), (16, 0), (0, 12), (5, 2), (0, 0)])
@pytest.mark.parametrize("output", ["softmax", "gaussian"])
def test_step_by_step_is_all_at_once(order: int, max_lag: int, output: str) -> None:
    config = small_config(prediction_order=order, max_lag=max_lag, output=output)  # type: ignore[arg-type]
    quantiser = Quantiser(
        kind="mulaw" if output == "softmax" else "linear", levels=config.quantisation_levels
    )
    frames, hop = 6, config.hop_length
    codes, made = random_codes(config, frames * hop), predictors(config, frames)
    whole = predict(
        config,
        quantiser,
        torch.from_numpy(codes)[None],
        torch.from_numpy(made.coefficients)[None],
        torch.from_numpy(made.lags)[None],
    )[0]
    assert whole.shape == (frames * hop, config.num_predictions)
    known = np.concatenate([np.full(config.history_length, quantiser.silence), codes])
    for t in range(frames * hop):
        past = known[t : t + config.history_length][::-1]
        assert (
            predict_next(config, quantiser, past, *made.at(t // hop)).tolist() == whole[t].tolist()
        )


def test_what_was_one_period_ago() -> None:
    config = small_config(prediction_order=0, max_lag=12)
    codes = random_codes(config, 30)
    quantiser = Quantiser(kind="mulaw", levels=config.quantisation_levels)
    lags = torch.tensor([[7, 12, 1]], dtype=torch.int32)
    found = predict(config, quantiser, torch.from_numpy(codes)[None], torch.zeros(1, 3, 0), lags)[
        0, :, 0
    ]
    assert found[:7].tolist() == [quantiser.silence] * 7
    assert found[7:10].tolist() == codes[:3].tolist()
    assert found[10:20].tolist() == [quantiser.silence] * 2 + codes[:8].tolist()
    assert found[20:].tolist() == codes[19:29].tolist()


def test_edges_are_where_codes_change() -> None:
    for kind, levels in (("mulaw", 256), ("mulaw", 512), ("linear", 65_536), ("mulaw", 2)):
        quantiser = Quantiser(kind=kind, levels=levels)  # type: ignore[arg-type]
        values = np.random.default_rng(2).uniform(-1.1, 1.1, 10_000).astype(np.float32)
        np.testing.assert_array_equal(
            np.searchsorted(quantiser.edges, values.astype(np.float64), side="right"),
            quantiser.encode(values),
        )
