"""Convolutions that are computed one place at a time, from what was computed before.

A causal convolution at one place reads maps that are complete above and to the left; so sampling
computes every feature once, where running the network anew for each pixel computes all of them D
times. The same idea as WaveNet's queues (arXiv 1611.09482), in two dimensions (arXiv 1704.06001).

B batch, H rows, W columns.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from vocoder.density.masked import MaskedConv2d


class CachedConv:
    """A masked convolution and the map that it reads, which grows place by place."""

    def __init__(self, conv: MaskedConv2d, count: int, rows: int, columns: int) -> None:
        """The convolution, B, H and W."""
        self.rows, self.width = conv.kernel
        weight = conv.masked_weight
        self.whole = weight.permute(0, 2, 3, 1).contiguous()  # [out, rows, columns, in]
        self.weight = self.whole.flatten(1)
        self.bias = conv.bias
        self.pointwise = conv.kernel == (1, 1)
        self.side = self.width // 2
        size = (
            (0,)
            if self.pointwise
            else (count, rows + self.rows - 1, columns + 2 * self.side, weight.shape[1])
        )
        self.map = torch.zeros(size, dtype=weight.dtype, device=weight.device)

    def write(self, x: Tensor, row: int, column: int) -> None:
        """Puts x [B, in] where the convolution reads the place (row, column)."""
        self.map[:, row + self.rows - 1, column + self.side] = x

    def __call__(self, x: Tensor, row: int, column: int) -> Tensor:
        """Takes x [B, in], the input at (row, column), to the output [B, out] there."""
        if self.pointwise:
            return functional.linear(x, self.weight, self.bias)
        self.write(x, row, column)
        patch = self.map[:, row : row + self.rows, column : column + self.width]
        return functional.linear(patch.flatten(1), self.weight, self.bias)

    def write_row(self, x: Tensor, row: int) -> None:
        """Puts x [B, W, in] where the convolution reads a row."""
        self.map[:, row + self.rows - 1, self.side : self.side + x.shape[1]] = x

    def row(self, x: Tensor, row: int) -> Tensor:
        """Takes x [B, W, in], the inputs of a whole row, to the outputs [B, W, out] there."""
        self.write_row(x, row)
        # [B, rows, W, in, columns]
        patches = self.map[:, row : row + self.rows].unfold(2, self.width, 1)
        return functional.linear(patches.permute(0, 2, 1, 4, 3).flatten(2), self.weight, self.bias)


def at(condition: Tensor | float, row: int, column: int) -> Tensor | float:
    """What `MapCondition` adds at one place, [B, C]."""
    if isinstance(condition, float):
        return condition
    return condition[
        :, :, row if condition.shape[2] > 1 else 0, column if condition.shape[3] > 1 else 0
    ]


def at_row(condition: Tensor | float, row: int) -> Tensor | float:
    """What `MapCondition` adds in one row, [B, W or 1, C]."""
    if isinstance(condition, float):
        return condition
    return condition[:, :, row if condition.shape[2] > 1 else 0].transpose(1, 2)
