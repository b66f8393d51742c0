from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from tests.engine.small_networks import CONFIGS, variant
from vocoder.engine.philox import philox4x32, uniforms
from vocoder.engine.sampling import draw
from vocoder.wavenet.distributions import log_prob


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers(counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]) -> None:
    """The vectors that Random123 publishes for philox4x32-10 (Salmon et al. 2011)."""
    words = philox4x32(np.array([counter], np.uint32), key)
    assert tuple(int(word) for word in words.reshape(-1)) == expected


def test_uniform_numbers_do_not_depend_on_where_one_begins() -> None:
    together = uniforms(7, 0, 100)
    np.testing.assert_array_equal(uniforms(7, 60, 40), together[60:])
    assert together.min() > 0
    assert together.max() < 1


@pytest.mark.parametrize("output", ["softmax", "logistic_mixture", "gaussian"])
def test_probabilities_sum_to_one_and_are_sampled(output: str) -> None:
    config = variant(output=output, quantisation_levels=32, num_mixtures=2)
    rng = np.random.default_rng(4)
    outputs = rng.normal(0, 1, config.output_channels).astype(np.float32)
    if output == "gaussian":
        outputs = np.array([0.2, -1.2], np.float32)
    codes = torch.arange(32)
    probabilities = log_prob(config, torch.from_numpy(outputs).expand(32, -1), codes).exp().double().numpy()
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    count = 40_000
    drawn = draw(config, np.tile(outputs, (count, 1)), np.ones(count, np.float32), uniforms(1, 0, count))
    seen = np.bincount(drawn, minlength=32)
    likely = probabilities * count > 5
    expected = probabilities[likely] / probabilities[likely].sum() * seen[likely].sum()
    assert chisquare(seen[likely], expected).pvalue > 1e-3
    assert seen[~likely].sum() <= 5 * (~likely).sum() + 20


def test_a_low_temperature_draws_closer_to_the_mode() -> None:
    config = CONFIGS["softmax"]
    outputs = np.tile(np.linspace(0, 3, 64, dtype=np.float32), (5000, 1))
    spread = [draw(config, outputs, np.full(5000, temperature, np.float32), uniforms(1, 0, 5000)).std() for temperature in (1.0, 0.5, 0.1)]
    assert spread[0] > spread[1] > spread[2]
