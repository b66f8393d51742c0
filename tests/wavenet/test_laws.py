"""Causality, and a receptive field that is as long as it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.wavenet.networks import (
    conditioning,
    make_network,
    outputs,
    predictors,
    random_codes,
    small_config,
)
from vocoder.config import OutputKind, WaveNetConfig
from vocoder.wavenet.prediction import Predictors

OUTPUTS: tuple[OutputKind, ...] = ("softmax", "logistic_mixture", "gaussian")
CONFIGS = [
    *(
        small_config(output=output, layers=4, cycles=2, hop_length=4, max_lag=5)
        for output in OUTPUTS
    ),
    small_config(layers=3, kernel_size=3, hop_length=4, max_lag=5),
    small_config(layers=4, cycles=2, kernel_size=4, hop_length=4, max_lag=5),
    small_config(layers=1, hop_length=4, max_lag=5),
]


def short_name(config: WaveNetConfig) -> str:
    return f"{config.output}-{config.num_layers}x{config.kernel_size}"


def far_predictors(config: WaveNetConfig, frames: int) -> Predictors:
    """Such that the predictions reach as far back as they can, and nearly every change of a code is
    one of a prediction.
    """
    coefficients = np.full(
        (frames, config.prediction_order), 0.9 / config.prediction_order, np.float32
    )
    return Predictors(coefficients=coefficients, lags=np.full(frames, config.max_lag, np.int32))


def outputs_after_each_change(config: WaveNetConfig, samples: int) -> tuple[Tensor, Tensor]:
    """The outputs [T, O] for some codes, and those for the same codes with code i changed, [T
    (which code), T, O].
    """
    network = make_network(config).double()
    codes = torch.from_numpy(random_codes(config, samples))
    changed = codes.repeat(samples, 1)
    changed.diagonal().add_(config.quantisation_levels // 2).remainder_(config.quantisation_levels)
    added = (
        torch.from_numpy(conditioning(config, samples // config.hop_length)).double().unsqueeze(0)
    )
    predicted = far_predictors(config, samples // config.hop_length)
    everything = outputs(
        network,
        torch.cat([codes.unsqueeze(0), changed]),
        added.expand(samples + 1, -1, -1, -1),
        predicted,
    )
    return everything[0], everything[1:]


@pytest.mark.parametrize("config", CONFIGS, ids=short_name)
def test_a_sample_reaches_those_after_it_as_far_as_the_receptive_field_and_no_others(
    config: WaveNetConfig,
) -> None:
    field = config.receptive_field
    samples = -(-(field + 6) // config.hop_length) * config.hop_length
    before, after = outputs_after_each_change(config, samples)
    reached = (after != before).any(-1)
    distance = torch.arange(samples).unsqueeze(0) - torch.arange(samples).unsqueeze(1)
    # No sample outside the field, and every place in it: of some samples, for a change may leave a
    # prediction in the cell where it was.
    assert set(distance[reached].tolist()) == set(range(1, field + 1))


@pytest.mark.parametrize("config", CONFIGS[:4], ids=short_name)
def test_a_frame_reaches_its_own_samples_and_those_after_it(config: WaveNetConfig) -> None:
    network = make_network(config)
    frames, hop = 5, config.hop_length
    codes = torch.from_numpy(random_codes(config, frames * hop)).unsqueeze(0)
    added = torch.from_numpy(conditioning(config, frames)).unsqueeze(0)
    predicted = predictors(config, frames)
    before = outputs(network, codes, added, predicted)
    added[:, 2] += 1.0
    after = outputs(network, codes, added, predicted)
    assert torch.equal(before[:, : 2 * hop], after[:, : 2 * hop])
    assert (before[:, 2 * hop : 3 * hop] != after[:, 2 * hop : 3 * hop]).any(-1).all()


def test_the_last_code_is_not_read() -> None:
    """Row t is the distribution of code t: its own code must not be among what it was computed
    from.
    """
    config = CONFIGS[0]
    network = make_network(config)
    codes = torch.from_numpy(random_codes(config, 8)).unsqueeze(0)
    added = torch.from_numpy(conditioning(config, 2)).unsqueeze(0)
    before = outputs(network, codes, added, predictors(config, 2))
    codes[0, -1] = (codes[0, -1] + 1) % config.quantisation_levels
    assert torch.equal(before, outputs(network, codes, added, predictors(config, 2)))


def test_the_code_before_the_first_is_silence() -> None:
    config = small_config(layers=1, hop_length=4)
    network = make_network(config)
    added = torch.from_numpy(conditioning(config, 1)).unsqueeze(0).repeat(1, 2, 1, 1)
    one = predictors(config, 1)
    predicted = Predictors(coefficients=one.coefficients.repeat(2, 0), lags=one.lags.repeat(2))
    silence = torch.full((1, 8), network.quantiser.silence)
    # Without its older tap the one block sees nothing but the previous code.
    network.blocks[0].taps.weight[:, : config.residual_channels] = 0.0
    rows = outputs(network, silence, added, predicted)[0]
    torch.testing.assert_close(rows[0], rows[7], rtol=0, atol=1e-6)


@pytest.mark.parametrize("output", OUTPUTS)
def test_training_reaches_every_weight(output: OutputKind) -> None:
    config = small_config(output=output)
    network = make_network(config).requires_grad_(True)
    frames, one = 3, torch.ones(1, 3)
    categories = torch.ones(1, frames, 4, dtype=torch.int64)
    added = network.condition(
        torch.randn(1, frames, 4),
        5.0 * one,
        one,
        categories,
        torch.rand(1, frames, 6),
        torch.tensor([1]),
    )
    codes = torch.from_numpy(random_codes(config, frames * config.hop_length)).unsqueeze(0)
    predicted = predictors(config, frames)
    network.log_prob(
        codes,
        added,
        torch.from_numpy(predicted.coefficients)[None],
        torch.from_numpy(predicted.lags)[None],
    ).mean().backward()
    untouched = [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert not untouched
