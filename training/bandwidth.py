"""How fast training is, said so that it can be compared: seconds of audio per second, and the share
of the card's bandwidth that this needs.

A step of the default network does about 30 operations for each byte that it moves, and a Hopper
card can do 200: it waits for its memory. So what bounds the speed is how many bytes a step must
move, and how many the card moves in a second. The first is counted here, the second measured, by a
long copy.

Counted are groups of operations. A group is what one kernel does: a matrix product, or all that
stands between two products and concerns one place at a time. It reads each of its tensors from
memory once and writes each once; tables, weights and what there is once a frame stay in the cache.
torch.compile makes about these groups of `training.fused_likelihood`; without it there are more, so
the share is lower: that is what it should show.

torch alone. R residual, G gate, S skip, A head, O output parameters, L layers, K taps, H
predictions.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import torch

from training.data.segments import SegmentConfig
from vocoder.config import WaveNetConfig

FULL, CODE = 4, 8  # bytes of a float32, and of a code
# Bytes for each weight in a step: to bfloat16 4 + 2, products 2 + 2 and their gradient 4, its
# length 4, shortening it 4 + 4, AdamW 16 + 12, the average 8 + 4.
WEIGHT_BYTES = 66
COPIED_BYTES = 1 << 29  # far more than a cache holds
COPIES, ROUNDS = 10, 5


def sample_bytes(config: WaveNetConfig, *, bf16: bool = True) -> dict[str, int]:
    """Bytes that must be moved for one sample in one step, forward and backward.

    Args:
        config: the network's.
        bf16: whether matrix products take and give bfloat16; what is passed from block to block is
            float32 in any case.

    Returns:
        one entry for each kind of group, of all layers together.
    """
    half = 2 if bf16 else FULL
    layers, joins = config.num_layers, config.num_layers - 1  # the last block has no residual path
    residual, gate, gated = config.residual_channels, config.gate_channels, config.gated_channels
    taps, gates = config.kernel_size * residual, layers * gated
    skip, head, outputs = config.skip_channels, config.head_channels, config.output_channels
    embeddings = 1 + config.num_predictions

    def product(taken: int, given: int) -> int:
        """Forward: read and written. The gradient of what it took: read and written. That of its
        weights: both are read.
        """
        return 3 * half * (taken + given)

    return {
        # Codes are read and predictions written; each embedding reads its codes and writes rows;
        # those of all but the first are added to the sum, which reads two and writes one. Backward
        # each embedding reads the gradient of the sum.
        "first input": 2 * CODE * embeddings
        + FULL * residual * (embeddings + 3 * (embeddings - 1) + embeddings),
        # Before each block: what came to it is read, with what the last one's residual product
        # gives, and its taps are written, and the sum, unless no sum follows. Backward: the taps'
        # gradient and the sum's are read, the gradient of what came is written, and as the residual
        # product takes it.
        "taps side by side": 2 * layers * (half * taps + FULL * residual)
        + 2 * joins * half * residual
        + (max(layers - 2, 0) + joins) * FULL * residual,
        "taps": layers * product(taps, gate),
        # Read before the gate and written after it. Backward: before it, and the gradients from
        # skip and residual, are read, that of before it is written.
        "gates": half * (layers * (gate + gated) + layers * (2 * gate + gated) + joins * gated),
        "conditions": half * layers * gate,  # their gradient, a sum over the samples of a frame
        "residual": joins * product(gated, residual),
        "gates side by side": 2 * half * gates,  # backward each block reads its part where it lies
        "skip": product(gates, skip),
        "head": product(skip, head) + product(head, outputs),
        "rectifiers": 5
        * half
        # read and written; backward gradient and output are read, the gradient written
        * (skip + head),
        # Outputs and code are read, a likelihood written. Backward all three are read, the outputs'
        # gradient written.
        "likelihood": (half * outputs + CODE + FULL) + (2 * half * outputs + CODE + FULL),
    }


def step_bytes(
    config: WaveNetConfig, segments: SegmentConfig, *, num_weights: int, bf16: bool = True
) -> int:
    """Bytes that one process must move in one step: those of all samples, and of the weights, their
    gradients, their average and AdamW's two moments.

    Args:
        config: the network's.
        segments: of a batch; those of its frames that do not count are computed like the others.
        num_weights: of the whole model.
        bf16: as `sample_bytes`.
    """
    samples = segments.segments * segments.all_frames * config.hop_length
    return samples * sum(sample_bytes(config, bf16=bf16).values()) + WEIGHT_BYTES * num_weights


def copied_bytes_per_second(device: torch.device, *, num_bytes: int = COPIED_BYTES) -> float:
    """How many bytes the device moves in a second, read and written ones together, in copies of
    `num_bytes`: the median of some rounds.
    """
    source = torch.ones(num_bytes, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    taken = []
    for _ in range(ROUNDS):
        _wait(device)
        began = time.perf_counter()
        for _ in range(COPIES):
            target.copy_(source)
        _wait(device)
        taken.append(time.perf_counter() - began)
    return 2 * num_bytes * COPIES / statistics.median(taken)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """What steps per second mean.

    Attributes:
        audio_seconds: of sound that count in one step of all processes together.
        step_bytes: that one process must move in a step.
        bandwidth: bytes that the device of one process moves in a second; None where nobody asked
            it.
    """

    audio_seconds: float
    step_bytes: int
    bandwidth: float | None

    def figures(self, steps_per_second: float) -> dict[str, float]:
        """`audio_seconds_per_second`, and `bandwidth_share` (0..1) where the bandwidth is known."""
        figures = {"audio_seconds_per_second": steps_per_second * self.audio_seconds}
        if self.bandwidth is not None:
            figures["bandwidth_share"] = steps_per_second * self.step_bytes / self.bandwidth
        return figures

    @classmethod
    def of(
        cls,
        config: WaveNetConfig,
        segments: SegmentConfig,
        *,
        num_weights: int,
        bf16: bool,
        device: torch.device,
        sample_rate: int,
        processes: int = 1,
    ) -> Throughput:
        """Of a vocoder's training; the bandwidth of a card is measured, some milliseconds long."""
        return cls(
            audio_seconds=processes * segments.audio_seconds(config.hop_length, sample_rate),
            step_bytes=step_bytes(config, segments, num_weights=num_weights, bf16=bf16),
            bandwidth=copied_bytes_per_second(device) if device.type == "cuda" else None,
        )


def speed_line(figures: dict[str, float]) -> str:
    """Those of `Throughput.figures` that are among the figures, for people, each after a comma."""
    parts = []
    if "audio_seconds_per_second" in figures:
        parts.append(f", {figures['audio_seconds_per_second']:.1f} s of audio per second")
    if "bandwidth_share" in figures:
        parts.append(f", {figures['bandwidth_share']:.0%} of the bandwidth")
    return "".join(parts)
