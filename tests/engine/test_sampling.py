"""Codes are drawn as often as they are probable."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from tests.engine.engines import ENGINES, engine_named
from tests.wavenet.networks import make_network, predictors, small_config
from vocoder.config import OutputKind, WaveNetConfig
from vocoder.engine import Job
from vocoder.engine.philox import uniforms
from vocoder.engine.sampling import draw
from vocoder.wavenet.distributions import log_prob

OUTPUTS: tuple[OutputKind, ...] = ("softmax", "logistic_mixture", "gaussian")


def example_outputs(config: WaveNetConfig) -> npt.NDArray[np.float32]:
    """One row [O] with mass on many codes, some of it beyond the ends."""
    rng = np.random.default_rng(7)
    if config.output == "softmax":
        return rng.standard_normal(config.output_channels).astype(np.float32)
    each = 1 if config.output == "gaussian" else config.num_mixtures
    rows = [
        rng.standard_normal(each),
        np.linspace(-0.8, 0.9, each) if each > 1 else [0.6],
        np.full(each, -1.5),
    ]
    return np.concatenate(rows[1:] if config.output == "gaussian" else rows).astype(np.float32)


def probabilities(
    config: WaveNetConfig, outputs: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Of every code under one row of outputs, [Q]."""
    codes = torch.arange(config.quantisation_levels)
    return (
        log_prob(config, torch.from_numpy(outputs).expand(len(codes), -1), codes)
        .double()
        .exp()
        .numpy()
    )


def assert_drawn_as_probable(
    codes: npt.NDArray[np.int64], expected: npt.NDArray[np.float64]
) -> None:
    """Chi-square over the codes that are expected five times or more; its mean is their number, its
    variance twice that.
    """
    counts = np.bincount(codes, minlength=len(expected))
    likely = expected * len(codes) >= 5
    assert likely.sum() >= 5
    assert counts[expected * len(codes) < 0.01].sum() <= 3
    wanted = expected[likely] * len(codes)
    statistic = ((counts[likely] - wanted) ** 2 / wanted).sum()
    freedom = likely.sum() - 1
    assert statistic < freedom + 4.0 * np.sqrt(2.0 * freedom)


def draw_many(
    config: WaveNetConfig, outputs: npt.NDArray[np.float32], temperature: float, count: int = 30_000
) -> npt.NDArray[np.int64]:
    temperatures = np.full(count, temperature, np.float32)
    return draw(config, np.tile(outputs, (count, 1)), temperatures, uniforms(11, 0, count))


@pytest.mark.parametrize("output", OUTPUTS)
def test_frequencies_are_the_probabilities(output: OutputKind) -> None:
    config = small_config(output=output, levels=24)
    outputs = example_outputs(config)
    assert_drawn_as_probable(draw_many(config, outputs, 1.0), probabilities(config, outputs))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("output", OUTPUTS)
def test_engines_draw_so_too(name: str, output: OutputKind) -> None:
    """A network whose last layer is its bias alone says the same distribution for ever."""
    config = small_config(
        output=output, levels=24, layers=1, residual=2, gate=2, skip=2, head=2, hop_length=100
    )
    network = make_network(config)
    outputs = example_outputs(config)
    network.head2.weight.zero_()
    network.head2.bias.copy_(torch.from_numpy(outputs))
    frames = 10 if name == "reference" else 200
    job = Job(
        state=engine_named(name, network).start(3),
        conditioning=np.zeros((frames, 1, 2), np.float32),
        predictors=predictors(config, frames),
        first_frame=0,
        temperatures=np.ones(frames, np.float32),
        num_samples=frames * 100,
    )
    (codes,) = engine_named(name, network).advance([job])
    assert_drawn_as_probable(codes, probabilities(config, outputs))
    # The same numbers decide in every engine.
    expected = draw(
        config,
        np.tile(outputs, (len(codes), 1)),
        np.ones(len(codes), np.float32),
        uniforms(3, 0, len(codes)),
    )
    assert (codes != expected).mean() < 1e-3


def test_temperature_divides_the_logits() -> None:
    config = small_config(levels=24)
    outputs = example_outputs(config)
    sharper = probabilities(config, outputs) ** 2.0
    assert_drawn_as_probable(draw_many(config, outputs, 0.5), sharper / sharper.sum())


def test_temperature_narrows_a_gaussian() -> None:
    config = small_config(output="gaussian", levels=64)
    outputs = np.array([0.1, -1.0], np.float32)
    narrower = np.array([0.1, -1.0 + np.log(0.5)], np.float32)
    assert_drawn_as_probable(draw_many(config, outputs, 0.5), probabilities(config, narrower))


def test_temperature_narrows_each_logistic_and_favours_the_likelier() -> None:
    config = small_config(output="logistic_mixture", levels=64)
    outputs = example_outputs(config)
    logits, means, log_scales = np.split(outputs, 3)
    narrower = np.concatenate(
        [logits / np.float32(0.5), means, log_scales + np.float32(np.log(0.5))]
    )
    assert_drawn_as_probable(draw_many(config, outputs, 0.5), probabilities(config, narrower))


@pytest.mark.parametrize("output", OUTPUTS)
def test_temperature_zero_draws_nothing(output: OutputKind) -> None:
    config = small_config(output=output, levels=64)
    outputs = example_outputs(config)
    codes = draw_many(config, outputs, 0.0, count=50)
    means = (
        outputs[config.num_mixtures : 2 * config.num_mixtures]
        if output == "logistic_mixture"
        else outputs[:1]
    )
    mean = (
        means[outputs[: config.num_mixtures].argmax()]
        if output == "logistic_mixture"
        else outputs[0]
    )
    expected = outputs.argmax() if output == "softmax" else np.floor((mean + 1.0) / 2.0 * 63 + 0.5)
    assert set(codes.tolist()) == {int(expected)}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("temperature", [1e-30, 1e30])
def test_absurd_temperatures_and_outputs_still_give_codes(
    output: OutputKind, temperature: float
) -> None:
    config = small_config(output=output, levels=64)
    codes = draw_many(config, example_outputs(config) * np.float32(1e30), temperature, count=100)
    assert ((codes >= 0) & (codes < 64)).all()
