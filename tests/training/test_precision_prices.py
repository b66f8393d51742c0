"""The price of a precision is what the engine really pays on held-out speech."""

from __future__ import annotations

import copy

import pytest
import torch

from tests.engine.engines import NATIVE_BUILT
from training.data.dataset import PreparedSet
from training.precision_prices import bits_per_sample, centre_logits, precision_prices
from training.recipe_file import Recipe
from training.vocoder_task import SegmentConfig, VocoderTask
from vocoder.engine import NATIVE_PRECISIONS, make_engine
from vocoder.voices.pack import PrecisionPrices
from vocoder.wavenet.network import WaveNet


@pytest.fixture(scope="module")
def network(prepared: PreparedSet) -> WaveNet:
    torch.manual_seed(0)
    return WaveNet(Recipe.read().wavenet_for(prepared)).eval().requires_grad_(False)


def test_bits_are_those_of_validation(prepared: PreparedSet, network: WaveNet) -> None:
    """The loop measures with the parallel network, the price with the engine, one sample after the
    other.
    """
    validated = VocoderTask(prepared, network.config, SegmentConfig()).validate(
        network, torch.device("cpu")
    )
    assert bits_per_sample(make_engine(network), network, prepared) == pytest.approx(
        validated["bits_per_sample"], abs=1e-4
    )


def test_every_precision_that_runs_here_is_measured(
    prepared: PreparedSet, network: WaveNet
) -> None:
    prices = precision_prices(network, prepared)
    if not NATIVE_BUILT:
        assert prices == PrecisionPrices()
        return
    assert prices.bf16 is not None
    assert prices.int8 is not None
    assert prices.bf16 != 0.0 != prices.int8
    assert max(abs(prices.bf16), abs(prices.int8)) < 0.01
    exact = bits_per_sample(make_engine(network, "native"), network, prepared)
    assert bits_per_sample(
        make_engine(network, "native", precision="int8"), network, prepared
    ) - exact == pytest.approx(prices.int8, abs=1e-6)


def test_the_fastest_that_is_cheap_enough() -> None:
    assert PrecisionPrices(bf16=0.001, int8=0.002).fastest_within(0.01, NATIVE_PRECISIONS) == "int8"
    assert PrecisionPrices(bf16=0.001, int8=0.002).fastest_within(0.01, ("fp32", "bf16")) == "bf16"
    assert PrecisionPrices(bf16=0.001, int8=0.002).fastest_within(0.01, ("fp32",)) == "fp32"
    assert PrecisionPrices(bf16=0.001, int8=0.02).fastest_within(0.01, NATIVE_PRECISIONS) == "bf16"
    assert PrecisionPrices(bf16=0.02, int8=0.03).fastest_within(0.01, NATIVE_PRECISIONS) == "fp32"
    assert PrecisionPrices(bf16=None, int8=0.03).fastest_within(0.01, NATIVE_PRECISIONS) == "fp32"
    assert PrecisionPrices().fastest_within(0.01, NATIVE_PRECISIONS) == "fp32"


def test_centred_logits_say_the_same(prepared: PreparedSet, network: WaveNet) -> None:
    centred = copy.deepcopy(network)
    centred.head2.weight += torch.linspace(-1, 1, centred.head2.in_features)  # shared by all
    before = bits_per_sample(make_engine(centred), centred, prepared)
    centre_logits(centred)
    assert centred.head2.weight.mean(dim=0).abs().max() < 1e-6
    assert bits_per_sample(make_engine(centred), centred, prepared) == pytest.approx(
        before, abs=1e-5
    )
