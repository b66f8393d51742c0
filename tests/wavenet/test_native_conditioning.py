"""The conditioning network in C++ is the one in torch, on every instruction set."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from tests.wavenet.networks import CONFIGS, make_network
from vocoder.compiled import available_isas
from vocoder.config import FRAME_POSITIONS, WaveNetConfig
from vocoder.wavenet.conditioner import NativeConditioner, runs_natively
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.torch_conditioner import TorchConditioner
from vocoder.wavenet.weights import WaveNetWeights, shapes_of


def conditions(config: WaveNetConfig, frames: int, *, text: bool, speaker: int) -> Conditions:
    random = np.random.default_rng(frames)
    return Conditions(
        log_mel=random.standard_normal((frames, config.n_mels), np.float32),
        log_f0=random.uniform(5.0, 6.0, frames).astype(np.float32),
        voicing=random.random(frames, np.float32),
        categories=random.integers(0, 3, (frames, 4)) if text else None,
        positions=random.random((frames, len(FRAME_POSITIONS)), np.float32) if text else None,
        speaker=speaker,
    )


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("context", [1, 2, 3])
@pytest.mark.parametrize(
    ("frames", "text", "speaker"), [(1, True, 0), (65, True, 1), (20, False, 0)]
)
def test_it_is_what_torch_makes_of_it(
    isa: str, context: int, frames: int, text: bool, speaker: int
) -> None:
    config = dataclasses.replace(
        CONFIGS["softmax"], cond_context=context, cond_channels=37, num_speakers=2
    )
    network = make_network(config)
    given = conditions(config, frames, text=text, speaker=speaker)
    wanted = TorchConditioner(network).condition(given)
    made = NativeConditioner(WaveNetWeights.of(network), isa).condition(given)
    assert made.shape == (frames, config.num_layers, config.gate_channels)
    assert frames == 1 or not np.array_equal(made, wanted), "it was not computed anew"
    np.testing.assert_allclose(made, wanted, rtol=0, atol=2e-5 * np.abs(wanted).max())


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
def test_a_context_that_it_does_not_know_stays_with_torch() -> None:
    assert runs_natively(CONFIGS["softmax"])
    assert not runs_natively(dataclasses.replace(CONFIGS["softmax"], cond_context=4))


@pytest.mark.parametrize("name", CONFIGS)
def test_the_weights_are_those_of_the_module(name: str) -> None:
    with torch.device("meta"):
        module = WaveNet(CONFIGS[name])
    shapes = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    assert shapes_of(CONFIGS[name]) == shapes
