"""Probabilities of codes: they sum to 1, they are what the formulas say, and they hold at the
extremes.
"""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from tests.wavenet.networks import small_config
from vocoder.config import OutputKind, WaveNetConfig
from vocoder.wavenet.distributions import MIN_LOG_SCALE, log_prob

OUTPUTS: tuple[OutputKind, ...] = ("softmax", "logistic_mixture", "gaussian")


def every_code(config: WaveNetConfig, outputs: torch.Tensor) -> torch.Tensor:
    """Probability of each code under each row: outputs [N, O] to [N, Q]."""
    codes = torch.arange(config.quantisation_levels).expand(len(outputs), -1)
    return log_prob(
        config, outputs.unsqueeze(1).expand(-1, config.quantisation_levels, -1), codes
    ).exp()


@pytest.mark.parametrize("levels", [2, 16, 255])
@pytest.mark.parametrize("output", OUTPUTS)
def test_probabilities_of_all_codes_sum_to_one(output: OutputKind, levels: int) -> None:
    config = small_config(output=output, levels=levels)
    outputs = (
        torch.randn(200, config.output_channels, generator=torch.Generator().manual_seed(1)) * 2.0
    )
    torch.testing.assert_close(
        every_code(config, outputs).sum(-1), torch.ones(200), rtol=0, atol=2e-5
    )


@pytest.mark.parametrize("mean", [-3.0, 0.1, 0.9, 3.0])
@pytest.mark.parametrize("output", ["logistic_mixture", "gaussian"])
def test_the_mass_is_where_the_mean_is(output: OutputKind, mean: float) -> None:
    config = small_config(output=output, levels=64)
    each = 1 if output == "gaussian" else config.num_mixtures
    scales = torch.full((each,), MIN_LOG_SCALE)
    outputs = torch.cat(
        [torch.full((each,), mean), scales]
        if output == "gaussian"
        else [torch.zeros(each), torch.full((each,), mean), scales]
    )
    nearest = round((min(max(mean, -1.0), 1.0) + 1.0) / 2.0 * 63)
    assert every_code(config, outputs.unsqueeze(0))[0].argmax() == nearest


def test_a_gaussian_is_the_integral_over_its_cell() -> None:
    config = small_config(output="gaussian", levels=9)
    mean, scale = 0.2, 0.3
    probabilities = every_code(config, torch.tensor([[mean, math.log(scale)]]))[0]

    def below(value: float) -> float:
        return 0.5 * (1.0 + math.erf((value - mean) / scale / math.sqrt(2.0)))

    edges = [-math.inf, *(-1.0 + 0.25 * (code + 0.5) for code in range(8)), math.inf]
    expected = [below(high) - below(low) for low, high in itertools.pairwise(edges)]
    torch.testing.assert_close(probabilities, torch.tensor(expected), rtol=1e-5, atol=1e-7)


def test_both_tails_of_a_logistic_keep_their_digits() -> None:
    """Far above the mean and far below it, where a difference of two numbers near 1 would have none
    left; float64 says what it should be.
    """
    config = small_config(output="logistic_mixture", levels=64)
    each, scale = config.num_mixtures, 0.08
    for mean in (-0.6, 0.6):
        outputs = torch.cat(
            [torch.zeros(each), torch.full((each,), mean), torch.full((each,), math.log(scale))]
        )
        found = log_prob(config, outputs.expand(64, -1), torch.arange(64)).double()
        edges = torch.cat(
            [
                torch.tensor([-math.inf]),
                (torch.arange(63, dtype=torch.float64) + 0.5) * 2 / 63 - 1,
                torch.tensor([math.inf]),
            ]
        )
        scaled = (edges - mean) / scale
        # Above the mean the mass is a difference of what lies above the edges, below it of what
        # lies below.
        mass = torch.where(
            scaled[:-1] > 0, (-scaled).sigmoid().diff().neg(), scaled.sigmoid().diff()
        )
        assert float(mass.min()) < 1e-8
        torch.testing.assert_close(found, mass.log(), rtol=0, atol=1e-3)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_far_tails_stay_finite(output: OutputKind) -> None:
    config = small_config(output=output, levels=256)
    outputs = (
        torch.randn(50, config.output_channels, generator=torch.Generator().manual_seed(2)) * 30.0
    )
    codes = torch.arange(config.quantisation_levels).expand(50, -1)
    found = log_prob(config, outputs.unsqueeze(1).expand(-1, 256, -1), codes)
    assert torch.isfinite(found).all()
    assert (found <= 1e-6).all()


@pytest.mark.parametrize("output", ["softmax", "logistic_mixture", "gaussian"])
def test_every_code_can_be_learnt_from(output: OutputKind) -> None:
    """Also the outermost, whose cells reach to infinity: the gradient is a number, and that of the
    mean or the logit points to the code.
    """
    config = small_config(output=output, levels=16)
    codes = torch.tensor([0, 15, 7])
    outputs = torch.zeros(3, config.output_channels, requires_grad=True)
    log_prob(config, outputs, codes).sum().backward()
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()
    if output == "softmax":
        towards = outputs.grad[torch.arange(3), codes]
    else:
        means = (
            outputs.grad[:, 0] if output == "gaussian" else outputs.grad.chunk(3, dim=-1)[1].sum(-1)
        )
        towards = means * torch.tensor([-1.0, 1.0, -1.0])
    assert (towards > 0).all()
