"""Scores are exact: bit for bit what the network's distribution says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import vocoder.synthesis.score
from tests.synthesis.test_voice import recording
from tests.tiny_voice import AUDIO
from vocoder.audio.emphasis import pre_emphasise
from vocoder.engine import Job
from vocoder.synthesis.score import Scoring, score
from vocoder.synthesis.utterance import condition
from vocoder.synthesis.voice import Voice


def codes_of(voice: Voice, samples: np.ndarray) -> np.ndarray:
    return voice.pack.network.quantiser.encode(pre_emphasise(samples, AUDIO.pre_emphasis))


def test_the_score_is_the_networks_log_likelihood(voice: Voice) -> None:
    samples = recording()
    conditioning, predictors = condition(voice.pack.network, AUDIO, voice.analyse(samples))
    coefficients, lags = (
        torch.from_numpy(predictors.coefficients)[None],
        torch.from_numpy(predictors.lags)[None],
    )
    with torch.inference_mode():
        log_probs = voice.pack.network.log_prob(
            torch.from_numpy(codes_of(voice, samples))[None], conditioning, coefficients, lags
        )[0]
    found = voice.score(samples)
    assert found.num_samples == len(samples)
    expected = -log_probs.double().view(-1, AUDIO.hop_length).sum(1).numpy() / np.log(2)
    np.testing.assert_allclose(found.bits_per_frame, expected, rtol=1e-5)
    assert found.bits == pytest.approx(expected.sum(), rel=1e-6)
    assert found.bits_per_sample == pytest.approx(expected.sum() / len(samples), rel=1e-6)


def test_the_score_is_what_generation_would_have_paid(voice: Voice) -> None:
    """The engine, forced along the recording, gives the same probabilities one sample at a time."""
    samples = recording()
    conditions = voice.analyse(samples)
    conditioning, predictors = condition(voice.pack.network, AUDIO, conditions)
    job = Job(
        state=voice.engine.start(0),
        conditioning=conditioning[0].numpy(),
        predictors=predictors,
        first_frame=0,
        temperatures=np.ones(conditions.num_frames, np.float32),
        num_samples=len(samples),
    )
    codes = codes_of(voice, samples)
    logits = torch.from_numpy(voice.engine.logits(job, codes)).double()
    nats = -torch.log_softmax(logits, -1)[torch.arange(len(codes)), torch.from_numpy(codes)]
    assert voice.score(samples).bits == pytest.approx(float(nats.sum()) / np.log(2), rel=1e-5)


@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.13])
def test_the_size_of_the_blocks_changes_nothing(
    voice: Voice, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(vocoder.synthesis.score, "_BLOCK_SECONDS", 60.0)
    whole = voice.score(recording())
    monkeypatch.setattr(vocoder.synthesis.score, "_BLOCK_SECONDS", seconds)
    np.testing.assert_allclose(
        voice.score(recording()).bits_per_frame, whole.bits_per_frame, rtol=1e-5
    )


def test_a_last_frame_that_is_not_full_counts_its_own_samples_only(voice: Voice) -> None:
    samples = recording()
    conditions = voice.analyse(samples)
    conditioning, predictors = condition(voice.pack.network, AUDIO, conditions)
    codes = codes_of(voice, samples)
    full = score(Scoring(voice.pack.network, codes, conditioning, predictors, sample_rate=8_000))
    short = score(
        Scoring(voice.pack.network, codes[:-50], conditioning, predictors, sample_rate=8_000)
    )
    np.testing.assert_allclose(short.bits_per_frame[:-1], full.bits_per_frame[:-1])
    assert 0 < short.bits_per_frame[-1] < full.bits_per_frame[-1]
    assert short.num_samples == len(codes) - 50


def test_a_network_that_knows_nothing_pays_the_logarithm_of_the_levels(voice: Voice) -> None:
    network = voice.pack.network
    saved = {name: tensor.clone() for name, tensor in network.head2.state_dict().items()}
    try:
        with torch.no_grad():
            network.head2.weight.zero_()
            network.head2.bias.zero_()
        assert voice.score(recording()).bits_per_sample == pytest.approx(8.0, abs=1e-5)
    finally:
        network.head2.load_state_dict(saved)
