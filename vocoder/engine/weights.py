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
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocoder.errors import EngineError
from vocoder.wavenet.network import ResidualBlock, WaveNet

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
    def of(cls, network: WaveNet) -> EngineWeights:
        """Copies of the weights of a network on any device.

        Raises:
            EngineError: a weight is not a finite number.
        """
        config = network.config
        blocks = [cast(ResidualBlock, block) for block in network.blocks]
        residuals = [block.residual for block in blocks if block.residual is not None]
        no_residual = np.zeros((0, config.gated_channels, config.residual_channels), np.float32)
        return cls(
            inputs=_input_table(network),
            taps=np.stack([_transposed(block.taps.weight) for block in blocks]),
            residual=np.stack([_transposed(layer.weight) for layer in residuals])
            if residuals
            else no_residual,
            residual_bias=np.stack([_array(layer.bias) for layer in residuals])
            if residuals
            else no_residual[:, 0],
            skip=_transposed(network.skip.weight),
            skip_bias=_array(network.skip.bias),
            head1=_transposed(network.head1.weight),
            head1_bias=_array(network.head1.bias),
            head2=_transposed(network.head2.weight),
            head2_bias=_array(network.head2.bias),
        )

    @property
    def multiply_adds(self) -> int:
        """Products per sample, the measure of a network's size for speed; biases and conditioning
        not counted.
        """
        products = (self.taps, self.residual, self.skip, self.head1, self.head2)
        return sum(product.size for product in products)


@torch.inference_mode()
def _input_table(network: WaveNet) -> FloatArray:
    embeddings = [network.embedding, *network.predicted]
    if network.config.output == "softmax":
        return np.stack([_array(cast(Tensor, embedding.weight)) for embedding in embeddings])
    values = torch.from_numpy(network.quantiser.values).to(network.head1.weight).unsqueeze(-1)
    return np.stack([_array(embedding(values)) for embedding in embeddings])


def _array(tensor: Tensor) -> FloatArray:
    return np.array(tensor.detach().float().cpu().numpy(), dtype=np.float32, order="C")


def _transposed(weight: Tensor) -> FloatArray:
    return _array(weight.t())
