"""Mu-law and linear codes: what goes round comes round, and mu-law is what torchaudio calls
mu-law.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vocoder.audio.quantise import Quantiser
from vocoder.audio.torchaudio_import import import_torchaudio
from vocoder.errors import ConfigError

LEVELS = (256, 512, 1024)


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("kind", ["mulaw", "linear"])
def test_every_code_survives_decoding_and_coding_again(kind: str, levels: int) -> None:
    quantiser = Quantiser(kind=kind, levels=levels)  # type: ignore[arg-type]
    codes = np.arange(levels)
    np.testing.assert_array_equal(quantiser.encode(quantiser.decode(codes)), codes)


@pytest.mark.parametrize("levels", LEVELS)
def test_mulaw_errs_by_less_than_half_a_step_of_its_curve(levels: int) -> None:
    mu = levels - 1
    samples = np.linspace(-1.0, 1.0, 20_001, dtype=np.float32)
    decoded = Quantiser(kind="mulaw", levels=levels).decode(
        Quantiser(kind="mulaw", levels=levels).encode(samples)
    )
    # The curve's slope at x turns half a step of companded value (1 / mu) into this much sample; it
    # grows a little inside the step.
    half_step = (1 + mu * np.abs(samples)) * np.log1p(mu) / mu / mu
    assert np.all(np.abs(decoded - samples) <= 1.02 * half_step + 1e-6)


@pytest.mark.parametrize("levels", LEVELS)
def test_mulaw_agrees_with_torchaudio(levels: int) -> None:
    functional = import_torchaudio().functional
    quantiser = Quantiser(kind="mulaw", levels=levels)
    samples = np.random.default_rng(1).uniform(-1, 1, 50_000).astype(np.float32)
    theirs = functional.mu_law_encoding(torch.from_numpy(samples), levels).numpy()
    ours = quantiser.encode(samples)
    # They compute in float32 and we in float64: a sample that lies on the border of two codes may
    # fall to either side.
    assert np.abs(ours - theirs).max() <= 1
    assert np.mean(ours != theirs) < 1e-3
    decoded = functional.mu_law_decoding(torch.arange(levels), levels).numpy()
    np.testing.assert_allclose(quantiser.values, decoded, atol=2e-6)


def test_the_code_of_silence_is_the_code_of_zero() -> None:
    for levels in (2, 255, *LEVELS):
        for kind in ("mulaw", "linear"):
            quantiser = Quantiser(kind=kind, levels=levels)  # type: ignore[arg-type]
            assert quantiser.encode(np.zeros(1, np.float32))[0] == quantiser.silence


@given(st.floats(-4, 4, width=32), st.sampled_from(LEVELS))
def test_codes_lie_in_range_and_samples_beyond_full_scale_are_clipped(
    sample: float, levels: int
) -> None:
    quantiser = Quantiser(kind="mulaw", levels=levels)
    code = quantiser.encode(np.array([sample], np.float32))[0]
    assert 0 <= code < levels
    if abs(sample) >= 1:
        assert code == (levels - 1 if sample > 0 else 0)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ConfigError, match="alaw"):
        Quantiser(kind="alaw", levels=256)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="two levels"):
        Quantiser(kind="mulaw", levels=1)
