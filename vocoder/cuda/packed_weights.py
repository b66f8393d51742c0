"""Weights as the kernel reads them: every size padded to a power of two, for `tl.dot` takes no
other; what is added is 0.

L layers, K taps, R residual, H gated, S skip, A head, O output parameters, Q levels; a trailing P
is the padded size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocoder.audio.quantise import Quantiser
from vocoder.config import WaveNetConfig
from vocoder.engine.state import RingLayout
from vocoder.engine.weights import EngineWeights

LEAST = 16  # rows and columns of a product
BLOCK = LEAST  # streams of a program; never another number, or sums could have another order
SLICE = 64  # of the hidden layer, at a time
# Of weights that a program of a chain keeps for itself: what a large GPU's multiprocessor has
# beside what the work itself needs.
OWN_BYTES = 160 * 1024

FloatArray = npt.NDArray[np.float32]


def padded(size: int) -> int:
    """The next power of two, at least `LEAST`."""
    return max(LEAST, 1 << (size - 1).bit_length())


def kernel_sizes(config: WaveNetConfig, *, exact: bool, interpreted: bool) -> dict[str, Any]:
    """The constants that the kernels are compiled for, but for FORCED.

    Args:
        config: of the network.
        exact: fp32 throughout, else products of bf16.
        interpreted: Triton interprets.
    """
    return {
        "L": config.num_layers, "K": config.kernel_size, "R": config.residual_channels,
        "RP": padded(config.residual_channels),
        "H": config.gated_channels, "HP": padded(config.gated_channels),
        "SP": padded(config.skip_channels), "AP": padded(config.head_channels),
        "AB": min(padded(config.head_channels), SLICE), "O": config.output_channels,
        "OP": padded(config.output_channels),
        "Q": config.quantisation_levels, "QP": padded(config.quantisation_levels),
        "STEPS": (config.quantisation_levels - 1).bit_length(),
        "P": config.prediction_order, "PP": padded(config.prediction_order),
        "MAX_LAG": config.max_lag, "HISTORY": config.history_length,
        "RING": RingLayout.of(config).size, "HOP": config.hop_length, "OUTPUT": config.output,
        "MIXTURES": config.num_mixtures,
        "BLOCK": BLOCK, "EXACT": exact, "INTERPRETED": interpreted,
    }  # fmt: skip


def ownable(config: WaveNetConfig, precision: str) -> list[int]:
    """How many blocks a program of a chain may own, most first: divisors of their number whose
    weights it can keep, and 1 whatever its size.

    Args:
        config: of the network.
        precision: "fp32" or "bf16".
    """
    residual, half = padded(config.residual_channels), padded(config.gated_channels)
    weights = (
        2 * config.kernel_size * residual * half
        + half * residual
        + half * padded(config.skip_channels)
    )
    bytes_of_block = weights * (4 if precision == "fp32" else 2)
    counts = range(config.num_layers, 0, -1)
    return [
        count
        for count in counts
        if config.num_layers % count == 0 and (count == 1 or count * bytes_of_block <= OWN_BYTES)
    ]


def keepable(config: WaveNetConfig, precision: str) -> dict[str, bool]:
    """Which of its last two programs a chain lets keep their weights: constants that its kernel is
    compiled for.
    """
    head = padded(config.head_channels)
    most = OWN_BYTES // (4 if precision == "fp32" else 2)
    return {
        "KEEPS_HIDDEN": padded(config.skip_channels) * head <= most,
        "KEEPS_OUT": head * padded(config.output_channels) <= most,
    }


@dataclass(frozen=True, kw_only=True)
class PackedWeights:
    """Tensors on the device; products in the engine's precision, biases and tables in fp32.

    Attributes:
        inputs: float32 [1 + predictions, Q, R], not padded: rows of it are gathered. The last, of a
            network that is shown a period back, is by the code that
            there was, not by that of its value, which the others are compared by: it need not be
            looked for.
        taps: [L, K, 2, RP, HP], oldest tap first, filter before gate.
        residual: [L, HP, RP], of the last block 0; residual_bias: float32 [L, RP].
        skip: [L, HP, SP]; skip_bias: float32 [SP].
        head1: [SP, AP]; head1_bias: float32 [AP].
        head2: [AP, OP]; head2_bias: float32 [OP].
    """

    inputs: Tensor
    taps: Tensor
    residual: Tensor
    residual_bias: Tensor
    skip: Tensor
    skip_bias: Tensor
    head1: Tensor
    head1_bias: Tensor
    head2: Tensor
    head2_bias: Tensor

    @classmethod
    def of(
        cls,
        weights: EngineWeights,
        config: WaveNetConfig,
        quantiser: Quantiser,
        *,
        dtype: torch.dtype,
        device: torch.device,
    ) -> PackedWeights:
        """Pads, rounds and moves."""
        layers, taps, gated = config.num_layers, config.kernel_size, config.gated_channels
        residual, skip, head, outputs = (
            padded(size)
            for size in (
                config.residual_channels,
                config.skip_channels,
                config.head_channels,
                config.output_channels,
            )
        )
        half = padded(gated)

        def put(array: FloatArray, shape: tuple[int, ...], kind: torch.dtype = dtype) -> Tensor:
            whole = np.zeros(shape, np.float32)
            whole[tuple(slice(size) for size in array.shape)] = array
            return torch.from_numpy(whole).to(device=device, dtype=kind)

        inputs = weights.inputs.copy()
        if config.max_lag > 0:
            inputs[-1] = inputs[-1][
                np.searchsorted(quantiser.edges, quantiser.values.astype(np.float64), side="right")
            ]
        by_tap = weights.taps.reshape(layers, taps, config.residual_channels, 2, gated).transpose(
            0, 1, 3, 2, 4
        )
        return cls(
            inputs=torch.from_numpy(inputs).to(device),
            taps=put(by_tap, (layers, taps, 2, residual, half)),
            residual=put(weights.residual, (layers, half, residual)),
            residual_bias=put(weights.residual_bias, (layers, residual), torch.float32),
            skip=put(weights.skip.reshape(layers, gated, -1), (layers, half, skip)),
            skip_bias=put(weights.skip_bias, (skip,), torch.float32),
            head1=put(weights.head1, (skip, head)),
            head1_bias=put(weights.head1_bias, (head,), torch.float32),
            head2=put(weights.head2, (head, outputs)),
            head2_bias=put(weights.head2_bias, (outputs,), torch.float32),
        )
