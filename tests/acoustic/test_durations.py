"""Durations stay within 0..400 frames, whatever the duration predictor says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vocoder.acoustic.model import AcousticModel
from vocoder.config import AcousticConfig, LinguisticConfig
from vocoder.text import analyse
from vocoder.text.features import LinguisticFeatures, category_sizes


@pytest.fixture(scope="module")
def features() -> LinguisticFeatures:
    return analyse("One, two.").sentences[0].features


@pytest.mark.parametrize(
    ("log_frames", "frames"), [(50.0, 400.0), (7.0, 400.0), (-0.5, 0.0), (-50.0, 0.0)]
)
def test_durations_are_clamped(
    features: LinguisticFeatures, log_frames: float, frames: float
) -> None:
    """The predictor gives log(1 + frames); e^7 is 1097 frames, and a negative value would be less
    than none.
    """
    config = AcousticConfig(
        channels=8,
        predictor_channels=8,
        linguistic=LinguisticConfig(category_sizes=category_sizes()),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = AcousticModel(config).eval().requires_grad_(False)
    model.duration.leave.weight.zero_()
    model.duration.leave.bias.fill_(log_frames)
    np.testing.assert_array_equal(
        model.durations(features), np.full(features.num_phonemes, frames, np.float32)
    )
