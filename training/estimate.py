"""How long training will take on this machine: a few steps of each model are made on random data of
the real shapes, and timed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from training.data.segments import SegmentConfig
from training.loop import LoopConfig, optimiser_for
from vocoder.config import WaveNetConfig
from vocoder.wavenet.network import WaveNet

TIMED_STEPS = 5
# Seconds for a minute of recordings, per core that works on it: generous, for these stages are
# short beside training.
PREPARE_SECONDS_PER_MINUTE, ALIGN_SECONDS_PER_MINUTE = 1.0, 2.5
# A step of the acoustic model, and one of its adversarial training, take about as long as so many
# of the vocoder's.
ACOUSTIC_STEP_SHARE, ADVERSARIAL_STEP_SHARE = 1.5, 2.5


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Seconds that are still to come."""

    prepare: float
    align: float
    acoustic: float
    vocoder: float

    @property
    def total(self) -> float:
        """All stages together."""
        return self.prepare + self.align + self.acoustic + self.vocoder

    def __str__(self) -> str:
        parts = {
            "prepare and align": self.prepare + self.align,
            "acoustic model": self.acoustic,
            "vocoder": self.vocoder,
        }
        return (
            ", ".join(f"{name} {duration(seconds)}" for name, seconds in parts.items())
            + f"; in all about {duration(self.total)}"
        )


def duration(seconds: float) -> str:
    """For people."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 90 * 60 else f"{seconds / 3600:.1f} hours"


def estimate(
    config: WaveNetConfig,
    loop: LoopConfig,
    segments: SegmentConfig,
    *,
    minutes: float,
    acoustic_steps: int,
    adversarial_steps: int,
    vocoder_steps: int,
    device: str,
) -> Estimate:
    """For what is left of a run.

    Args:
        config: the vocoder's.
        loop: how it is trained.
        segments: of a batch.
        minutes: of recordings still to be prepared and aligned.
        acoustic_steps: still to be made.
        adversarial_steps: likewise.
        vocoder_steps: likewise.
        device: where.
    """
    step = (
        _seconds_per_step(config, loop, segments, torch.device(device))
        if acoustic_steps + adversarial_steps + vocoder_steps
        else 0.0
    )
    return Estimate(
        prepare=minutes * PREPARE_SECONDS_PER_MINUTE,
        align=minutes * ALIGN_SECONDS_PER_MINUTE,
        acoustic=(acoustic_steps * ACOUSTIC_STEP_SHARE + adversarial_steps * ADVERSARIAL_STEP_SHARE)
        * step,
        vocoder=vocoder_steps * step,
    )


def _seconds_per_step(
    config: WaveNetConfig, loop: LoopConfig, segments: SegmentConfig, device: torch.device
) -> float:
    frames = segments.all_frames
    network = WaveNet(config).to(device)
    optimiser = optimiser_for(network, loop)
    shape = (segments.segments, frames)
    codes = torch.randint(
        config.quantisation_levels, (segments.segments, frames * config.hop_length), device=device
    )
    coefficients = torch.zeros(*shape, config.prediction_order, device=device)
    lags = torch.ones(shape, dtype=torch.int32, device=device)
    added = torch.randn(
        *shape, config.num_layers, config.gate_channels, device=device, requires_grad=True
    )

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=loop.bf16):
            loss = -network.log_prob(codes, added, coefficients, lags).mean()
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()

    return _median_seconds(step, device)


def _median_seconds(work: Callable[[], None], device: torch.device) -> float:
    taken = []
    for _ in range(TIMED_STEPS + 2):
        before = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - before)
    return statistics.median(taken[2:])
