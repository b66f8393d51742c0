"""The likelihoods of a card's training are the network's own, and what is compiled of them is one
graph.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from training.fused_likelihood import FusedLikelihood, blocks_log_prob, require_compiler
from vocoder.config import LinguisticConfig, WaveNetConfig
from vocoder.errors import InputError
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.prediction import predict

CPU = torch.device("cpu")
KINDS: list[dict[str, Any]] = [
    {"prediction_order": 128},
    {"prediction_order": 0},
    {"prediction_order": 3, "max_lag": 0},
    {"prediction_order": 0, "max_lag": 0, "kernel_size": 3},
    {"output": "gaussian", "quantisation_levels": 4096},
    {"output": "logistic_mixture", "num_mixtures": 3},
]


def network_and_inputs(**changes: Any) -> tuple[WaveNet, tuple[Tensor, Tensor, Tensor, Tensor]]:
    """A small network, with codes, conditions, coefficients and lags of two segments of four
    frames.
    """
    small = {
        "num_layers": 4,
        "num_cycles": 2,
        "residual_channels": 8,
        "gate_channels": 16,
        "skip_channels": 12,
        "head_channels": 10,
        "cond_channels": 8,
    }
    config = WaveNetConfig(
        **{**small, **changes}, linguistic=LinguisticConfig(category_sizes=(2, 2, 2, 2))
    )
    torch.manual_seed(0)
    network = WaveNet(config)
    # at the ends, gradients of the mixtures are no numbers
    codes = torch.randint(1, config.quantisation_levels - 1, (2, 4 * config.hop_length))
    lags = (
        torch.randint(1, config.max_lag + 1, (2, 4), dtype=torch.int32)
        if config.max_lag
        else torch.zeros(2, 4, dtype=torch.int32)
    )
    return network, (
        codes,
        torch.randn(2, 4, config.num_layers, config.gate_channels),
        0.2 * torch.randn(2, 4, config.prediction_order),
        lags,
    )


def gradients(network: WaveNet, likelihood: Tensor) -> dict[str, Tensor]:
    network.zero_grad()
    torch.autograd.backward(likelihood.mean())
    return {
        name: weight.grad.clone()
        for name, weight in network.named_parameters()
        if weight.grad is not None
    }


@pytest.mark.parametrize("changes", KINDS)
def test_likelihoods_and_gradients_are_the_networks(changes: dict[str, Any]) -> None:
    network, inputs = network_and_inputs(**changes)
    found = FusedLikelihood(network.config, network.quantiser, CPU, compile_blocks=False)(
        network, *inputs
    )
    expected = network.log_prob(*inputs)
    assert torch.equal(found, expected)
    slopes, own = gradients(network, found), gradients(network, expected)
    assert list(slopes) == list(own)
    for name, slope in own.items():
        torch.testing.assert_close(slopes[name], slope, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("changes", KINDS)
def test_predictions_are_the_same_codes(changes: dict[str, Any]) -> None:
    network, (codes, _, coefficients, lags) = network_and_inputs(**changes)
    found = FusedLikelihood(network.config, network.quantiser, CPU, compile_blocks=False).predict(
        codes, coefficients, lags
    )
    assert torch.equal(found, predict(network.config, network.quantiser, codes, coefficients, lags))


@pytest.mark.filterwarnings("ignore")  # torch warns of what its own compiler does
def test_the_blocks_are_one_graph() -> None:
    network, (codes, conditioning, _, _) = network_and_inputs()
    x = torch.randn(*codes.shape, 8, requires_grad=True)
    compiled = torch.compile(blocks_log_prob, backend="eager", fullgraph=True, dynamic=False)
    with torch.autocast("cpu", torch.bfloat16):
        found, expected = (
            compiled(network, x, conditioning, codes),
            blocks_log_prob(network, x, conditioning, codes),
        )
    assert torch.equal(found, expected)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch warns of what its own compiler does
def test_what_is_compiled_computes_the_same() -> None:
    network, inputs = network_and_inputs()
    likelihood = FusedLikelihood(network.config, network.quantiser, CPU, compile_blocks=True)
    found, expected = likelihood(network, *inputs), network.log_prob(*inputs)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    slopes = gradients(network, found)
    for name, slope in gradients(network, expected).items():
        torch.testing.assert_close(slopes[name], slope, rtol=1e-3, atol=1e-6)


def test_without_a_compiler_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr("training.fused_likelihood.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs triton for cuda.*--no-compile"):
        require_compiler(torch.device("cuda"))
    monkeypatch.setattr("training.fused_likelihood.find_spec", lambda name: object())
    monkeypatch.setattr("training.fused_likelihood.shutil.which", lambda name: None)
    with pytest.raises(InputError, match=r"\(gcc, clang\).*--no-compile"):
        require_compiler(torch.device("cuda"))
    with pytest.raises(InputError, match=r"\(g\+\+\).*--no-compile"):
        require_compiler(CPU)
    monkeypatch.setattr(
        "training.fused_likelihood.shutil.which",
        lambda name: f"/bin/{name}" if name in ("clang", "g++") else None,
    )
    require_compiler(torch.device("cuda"))
    require_compiler(CPU)
    monkeypatch.setenv("CC", "nothing-of-this-name")
    with pytest.raises(InputError, match="nothing-of-this-name"):
        require_compiler(torch.device("cuda"))


@pytest.mark.filterwarnings("ignore")  # torch warns of what its own compiler does
def test_where_compiling_fails_it_is_said_and_nothing_else_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, inputs = network_and_inputs()

    def fail(graph: object, examples: object) -> None:
        raise ValueError("no such instruction")

    compile_function = torch.compile
    monkeypatch.setattr(
        torch,
        "compile",
        lambda function, **options: compile_function(function, backend=fail, **options),
    )
    likelihood = FusedLikelihood(network.config, network.quantiser, CPU, compile_blocks=True)
    with pytest.raises(InputError, match=r"no such instruction.*--no-compile"):
        likelihood(network, *inputs)
