"""A network's weights as the engines read them: plain numpy arrays, each product stored
[input][output].

With the outputs of one input side by side, a product is "broadcast one input, multiply by a row,
add": the form that vector units like.
The skips of all blocks are one matrix over the concatenated gates. The input layer becomes tables
with one row per code, also where the network sees the code's value instead of an embedding.

L layers, K taps, R residual, G gate, S skip, A head, Q levels, H predictions, O output parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vocoder.errors import EngineError
from vocoder.stored_weights import StoredWeights
from vocoder.wavenet.weights import WaveNetWeights

if TYPE_CHECKING:  # which needs torch
    from vocoder.wavenet.network import WaveNet

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class EngineWeights:
    """All float32, C-contiguous and finite.

    Attributes:
        inputs: [1 + H, Q, R], what the previous code and each predicted one add to the first
            block's input.
        taps: [L, K * R, G], oldest tap first.
        residual: [L - 1, G / 2, R]; residual_bias: [L - 1, R].
        skip: [L * G / 2, S]; skip_bias: [S].
        head1: [S, A]; head1_bias: [A].
        head2: [A, O]; head2_bias: [O].
    """

    inputs: FloatArray
    taps: FloatArray
    residual: FloatArray
    residual_bias: FloatArray
    skip: FloatArray
    skip_bias: FloatArray
    head1: FloatArray
    head1_bias: FloatArray
    head2: FloatArray
    head2_bias: FloatArray

    def __post_init__(self) -> None:
        for field in fields(self):
            if not np.isfinite(getattr(self, field.name)).all():
                raise EngineError(
                    f"the network's {field.name} has values that are not finite numbers"
                )

    @classmethod
    def of(cls, network: WaveNet | WaveNetWeights) -> EngineWeights:
        """Copies of the weights of a network, which may be on any device.

        Raises:
            EngineError: a weight is not a finite number.
        """
        weights = WaveNetWeights.of(network)
        config, arrays = weights.config, weights.arrays
        residuals = config.num_layers - 1
        no_residual = np.zeros((0, config.gated_channels, config.residual_channels), np.float32)
        return cls(
            inputs=_input_table(weights),
            taps=_transposed(arrays.stacked("blocks", config.num_layers, "taps.weight")),
            residual=_transposed(arrays.stacked("blocks", residuals, "residual.weight"))
            if residuals
            else no_residual,
            residual_bias=arrays.stacked("blocks", residuals, "residual.bias")
            if residuals
            else no_residual[:, 0],
            skip=_transposed(arrays["skip.weight"]),
            skip_bias=arrays["skip.bias"],
            head1=_transposed(arrays["head1.weight"]),
            head1_bias=arrays["head1.bias"],
            head2=_transposed(arrays["head2.weight"]),
            head2_bias=arrays["head2.bias"],
        )

    @property
    def multiply_adds(self) -> int:
        """Products per sample, the measure of a network's size for speed; biases and conditioning
        not counted.
        """
        products = (self.taps, self.residual, self.skip, self.head1, self.head2)
        return sum(product.size for product in products)


def _input_table(weights: WaveNetWeights) -> FloatArray:
    config, arrays = weights.config, weights.arrays
    names = ["embedding", *(f"predicted.{index}" for index in range(config.num_predictions))]
    return np.stack([_embedded_codes(arrays.below(name), weights) for name in names])


def _embedded_codes(embedding: StoredWeights, weights: WaveNetWeights) -> FloatArray:
    """What the network makes of every code, float32 [Q, R]."""
    if weights.config.output == "softmax":
        return embedding["weight"]
    rows: FloatArray = (
        weights.quantiser.values[:, np.newaxis] * embedding["weight"][:, 0] + embedding["bias"]
    )
    return rows


def _transposed(weight: FloatArray) -> FloatArray:
    """The last two axes exchanged."""
    return np.ascontiguousarray(np.swapaxes(weight, -1, -2))
