"""Small networks of every kind, with weights large enough that their outputs matter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from vocoder.config import LinguisticConfig, WaveNetConfig
from vocoder.engine import Engine, Job, StreamState
from vocoder.wavenet.network import WaveNet

HOP = 5
FRAMES = 24
LINGUISTIC = LinguisticConfig(category_sizes=(5, 3, 3, 3))
_BASE = WaveNetConfig(
    num_layers=6, num_cycles=2, residual_channels=16, gate_channels=32, skip_channels=32, head_channels=16, cond_channels=8,
    quantisation_levels=64, n_mels=4, hop_length=HOP, linguistic=LINGUISTIC,
)  # fmt: skip


def variant(**changes: object) -> WaveNetConfig:
    return WaveNetConfig.from_dict(_BASE.to_dict() | changes | {"linguistic": LINGUISTIC.to_dict()})


CONFIGS = {
    "softmax": _BASE,
    "three taps": variant(kernel_size=3),
    "odd channels": variant(residual_channels=13, gate_channels=22, skip_channels=17, head_channels=7, quantisation_levels=50),
    "one block": variant(num_layers=1, num_cycles=1),
    "dilations from 8 on": variant(num_layers=5, num_cycles=1),
    "512 levels": variant(quantisation_levels=512),
    "logistic mixture": variant(output="logistic_mixture", quantisation_levels=65_536, num_mixtures=3),
    "gaussian": variant(output="gaussian", quantisation_levels=65_536),
}


def make_network(config: WaveNetConfig) -> WaveNet:
    torch.manual_seed(3)
    network = WaveNet(config).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.mul_(1.5)
    return network


def make_conditioning(config: WaveNetConfig, *, seed: int = 0, frames: int = FRAMES) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.7, (frames, config.num_layers, config.gate_channels)).astype(np.float32)


def make_job(state: StreamState, conditioning: npt.NDArray[np.float32], num_samples: int, *, temperature: float = 1.0, first_frame: int = 0) -> Job:
    temperatures = np.full(len(conditioning), temperature, np.float32)
    return Job(state=state, conditioning=conditioning, first_frame=first_frame, temperatures=temperatures, num_samples=num_samples)


def whole(engine: Engine, *, seed: int, conditioning: npt.NDArray[np.float32], temperature: float = 1.0) -> npt.NDArray[np.int64]:
    """All codes of a stream in one call."""
    job = make_job(engine.start(seed), conditioning, len(conditioning) * HOP, temperature=temperature)
    return engine.advance([job])[0]
