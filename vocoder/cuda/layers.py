"""Layers of torch as the kernels read them: sizes padded to what a program takes at once, what is
added is 0.

R rows, K taps, I inputs, O outputs, C channels; a trailing P is the padded size.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.cuda.device import LAUNCH_LOCK
from vocoder.cuda.layer_kernels import convolve, normalise
from vocoder.cuda.ragged_batch import TILE, RaggedBatch

Activation = Literal["none", "relu", "gelu"]

# Like TILE, never other numbers on one GPU: what a program takes at once.
COLUMNS = 32  # outputs
SLICE = 32  # inputs, at a time
LEAST = 16  # channels of a norm, padded to a power of two
OPTIONS = {
    "convolve": {"num_warps": 2, "num_stages": 3, "enable_fp_fusion": False},
    "normalise": {"num_warps": 4, "num_stages": 1, "enable_fp_fusion": False},
}
ALIGNMENT = 16  # bytes; Triton compiles another kernel for what is not aligned


class RowLayer:
    """A product, or a convolution that sees zeros around each sentence, and what follows it.

    Args:
        layer: whose weights are copied; a convolution must have an odd number of taps and a padding
            of half of them.
        activation: of the outputs; gelu is the exact one.
        device: where it computes.

    Attributes:
        inputs, outputs: I and O.
    """

    def __init__(
        self, layer: nn.Linear | nn.Conv1d, *, activation: Activation = "none", device: torch.device
    ) -> None:
        assert layer.bias is not None
        weight = layer.weight.detach()
        # [K, I, O]
        taps = (
            weight.unsqueeze(0).transpose(1, 2)
            if isinstance(layer, nn.Linear)
            else weight.permute(2, 1, 0)
        )
        num_taps, self.inputs, self.outputs = taps.shape
        if isinstance(layer, nn.Conv1d):
            plain = (layer.stride, layer.dilation, layer.groups, layer.padding_mode) == (
                (1,),
                (1,),
                1,
                "zeros",
            )
            assert plain, layer
            assert num_taps % 2 == 1, layer
            assert layer.padding == (num_taps // 2,), layer
        self.sizes: dict[str, Any] = {
            "TAPS": num_taps, "INPUTS": self.inputs, "OUTPUTS": self.outputs,
            "INPUTS_P": _up(self.inputs, SLICE), "OUTPUTS_P": _up(self.outputs, COLUMNS),
            "ACTIVATION": activation, "ROWS": TILE, "COLUMNS": COLUMNS, "SLICE": SLICE,
        }  # fmt: skip
        more = self.sizes["OUTPUTS_P"] - self.outputs
        self._weights = (
            functional.pad(taps, (0, more, 0, self.sizes["INPUTS_P"] - self.inputs))
            .float()
            .contiguous()
            .to(device)
        )
        self._bias = functional.pad(layer.bias.detach(), (0, more)).float().to(device)

    def __call__(self, x: Tensor, ragged: RaggedBatch, residual: Tensor | None = None) -> Tensor:
        """Rows to rows; the host waits for nothing.

        Args:
            x: float32 [R, I] on the device.
            ragged: whose rows they are.
            residual: float32 [R, O] that is added to the activation.

        Returns:
            float32 [R, O]; what lies between sentences is undefined.
        """
        out = torch.empty((ragged.num_rows, self.outputs), device=x.device)
        if ragged.num_rows == 0:
            return out
        x = _aligned(x, (ragged.num_rows, self.inputs))
        added = out if residual is None else _aligned(residual, (ragged.num_rows, self.outputs))
        with LAUNCH_LOCK:
            convolve[len(ragged.firsts), self.sizes["OUTPUTS_P"] // COLUMNS](
                x,
                ragged.firsts,
                ragged.behinds,
                self._weights,
                self._bias,
                added,
                out,
                ADD=residual is not None,
                **self.sizes,
                **OPTIONS["convolve"],
            )
        return out


class RowNorm:
    """A layer norm over the channels.

    Args:
        norm: whose weights are copied.
        device: where it computes.
    """

    def __init__(self, norm: nn.LayerNorm, *, device: torch.device) -> None:
        (channels,) = norm.normalized_shape
        wide = max(LEAST, 1 << (channels - 1).bit_length())
        self.sizes: dict[str, Any] = {
            "CHANNELS": channels,
            "CHANNELS_P": wide,
            "EPSILON": norm.eps,
            "ROWS": TILE,
        }
        self._gain, self._shift = (
            functional.pad(part.detach(), (0, wide - channels)).float().to(device)
            for part in (norm.weight, norm.bias)
        )

    def __call__(self, x: Tensor, ragged: RaggedBatch) -> Tensor:
        """Float32 [R, C] to the same; as `RowLayer`."""
        out = torch.empty((ragged.num_rows, self.sizes["CHANNELS"]), device=x.device)
        if ragged.num_rows == 0:
            return out
        x = _aligned(x, (ragged.num_rows, self.sizes["CHANNELS"]))
        with LAUNCH_LOCK:
            normalise[(len(ragged.behinds),)](
                x,
                ragged.behinds,
                self._gain,
                self._shift,
                out,
                **self.sizes,
                **OPTIONS["normalise"],
            )
        return out


def _up(size: int, step: int) -> int:
    return -(-size // step) * step


def _aligned(rows: Tensor, shape: tuple[int, int]) -> Tensor:
    """As the kernels take it: a view may begin anywhere, and would have a kernel compiled for it
    that nobody else uses.
    """
    assert rows.shape == shape, (rows.shape, shape)
    assert rows.dtype == torch.float32, rows.dtype
    rows = rows.contiguous()
    return rows if rows.data_ptr() % ALIGNMENT == 0 else rows.clone()
