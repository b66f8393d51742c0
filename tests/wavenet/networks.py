"""Small networks for tests, loud enough that a wrong past shows in what they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from vocoder.config import LinguisticConfig, OutputKind, WaveNetConfig
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import Predictors

LOUDER = 2.0  # times the weights that torch draws


def small_config(
    *,
    output: OutputKind = "softmax",
    layers: int = 5,
    cycles: int = 1,
    kernel_size: int = 2,
    residual: int = 6,
    gate: int = 10,
    skip: int = 9,
    head: int = 7,
    levels: int = 32,
    hop_length: int = 10,
    prediction_order: int = 3,
    max_lag: int = 12,
) -> WaveNetConfig:
    """Channels that are no multiple of any vector, frames that are no multiple of a run of
    samples.
    """
    return WaveNetConfig(
        num_layers=layers, num_cycles=cycles, kernel_size=kernel_size, residual_channels=residual,
        gate_channels=gate, skip_channels=skip,
        head_channels=head, cond_channels=5, cond_context=1, speaker_channels=2, num_speakers=2,
        quantisation_levels=levels, output=output,
        num_mixtures=3, n_mels=4, prediction_order=prediction_order, max_lag=max_lag,
        hop_length=hop_length,
        linguistic=LinguisticConfig(category_sizes=(3, 3, 3, 3)),
    )  # fmt: skip


CONFIGS: dict[str, WaveNetConfig] = {
    "softmax": small_config(),
    "three taps": small_config(kernel_size=3),
    "four taps, two cycles": small_config(kernel_size=4, layers=6, cycles=2),
    "one block": small_config(layers=1),
    "dilation 1 only": small_config(layers=3, cycles=3),
    "whole vectors": small_config(residual=16, gate=64, skip=32, head=16, levels=64),
    "more than one panel": small_config(residual=70, gate=150, skip=150, head=33, levels=512),
    "logistic mixture": small_config(output="logistic_mixture", levels=65_536),
    "gaussian": small_config(output="gaussian", levels=65_536, kernel_size=3),
    "no predictions": small_config(prediction_order=0, max_lag=0),
    "linear prediction alone": small_config(max_lag=0, prediction_order=16),
    "period alone": small_config(prediction_order=0),
    "two levels": small_config(levels=2),
}


def make_network(config: WaveNetConfig, seed: int = 0) -> WaveNet:
    """The same weights for the same seed, in any process."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = WaveNet(config).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(LOUDER)
        if config.output != "softmax":
            # Of the width of some codes, and means inside the range: else every draw would be
            # clipped.
            network.head2.weight.mul_(0.5)
            scales = (
                slice(1, 2) if config.output == "gaussian" else slice(2 * config.num_mixtures, None)
            )
            network.head2.bias[scales] = -2.5
    return network.requires_grad_(False)


def conditioning(config: WaveNetConfig, frames: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """What the gates add, float32 [F, L, G]."""
    shape = (frames, config.num_layers, config.gate_channels)
    return np.random.default_rng(seed).standard_normal(shape, np.float32) * np.float32(0.5)


def predictors(config: WaveNetConfig, frames: int, seed: int = 0) -> Predictors:
    """What predictions are made with, strong enough that they move about."""
    rng = np.random.default_rng(seed)
    coefficients = rng.uniform(-1.0, 1.0, (frames, config.prediction_order)).astype(np.float32)
    lags = (
        rng.integers(1, config.max_lag, frames, np.int32, endpoint=True)
        if config.max_lag
        else np.zeros(frames, np.int32)
    )
    return Predictors(coefficients=coefficients, lags=lags)


def outputs(
    network: WaveNet, codes: torch.Tensor, added: torch.Tensor, predicted: Predictors
) -> torch.Tensor:
    """What the parallel network says of codes [B, T] under conditioning [B, F, L, G] and one set of
    predictors for all: [B, T, O].
    """
    coefficients = torch.from_numpy(predicted.coefficients).expand(len(codes), -1, -1)
    return network(
        codes, added, coefficients, torch.from_numpy(predicted.lags).expand(len(codes), -1)
    )


def random_codes(config: WaveNetConfig, samples: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Int64 [T]."""
    return np.random.default_rng(seed).integers(config.quantisation_levels, size=samples)
