"""Layers whose weights are masked, so that what they compute depends on what is allowed and on
nothing else.

Weights are multiplied by their mask whenever they are used; the weights themselves are never
written to. So gradients of masked weights are exactly 0, and optimisers and averages may do what
they like with them.

B batch, C channels, H rows, W columns.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class MaskedLinear(nn.Module):
    """A linear layer that takes any adjacency, or several to choose from (`which`).

    MADE (arXiv 1502.03509), equations 6 and 7.
    """

    masks: Tensor

    def __init__(self, masks: Tensor, *, conditioned_on_mask: bool = False) -> None:
        """Which output sees which input.

        Args:
            masks: bool [outputs, inputs], or [K, outputs, inputs] for K masks that share their
                weights.
            conditioned_on_mask: add weights that meet ones in place of inputs, so that a unit knows
                which of its inputs are masked: MADE, section 4.2.
        """
        super().__init__()
        masks = masks if masks.dim() == 3 else masks.unsqueeze(0)
        self.register_buffer("masks", masks, persistent=False)
        _, outputs, inputs = masks.shape
        # of each unit: they begin as loud as those of a full layer
        seen = masks.float().sum(-1).mean(0).clamp(min=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / seen.sqrt().unsqueeze(1))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.of_ones = nn.Parameter(torch.zeros(outputs, inputs)) if conditioned_on_mask else None

    def forward(self, x: Tensor, which: int = 0) -> Tensor:
        """Takes x [B, inputs] to [B, outputs] with mask `which`."""
        mask = self.masks[which]
        bias = self.bias if self.of_ones is None else self.bias + (self.of_ones * mask).sum(1)
        return functional.linear(x, self.weight * mask, bias)


def channel_groups(channels: int, groups: int) -> Tensor:
    """Which channel of the image each feature belongs to, int64 [channels]: as many to each, the
    first ones first.

    Args:
        channels: of a layer; a multiple of `groups`.
        groups: channels of the image: 3 for R, G and B.
    """
    if channels % groups:
        raise ValueError(f"{channels} features cannot be shared out evenly among {groups} channels")
    return torch.arange(channels) // (channels // groups)


def causal_mask(
    kernel: tuple[int, int], inputs: Tensor, outputs: Tensor, *, sees_itself: bool
) -> Tensor:
    """The mask of a convolution over rows above and the same row up to the centre: PixelRNN (arXiv
    1601.06759), section 3.4, figure 2.

    Args:
        kernel: rows and columns of the kernel as it is stored: its last row is the centre's, and
            its columns are odd or end at the centre.
        inputs: int64 [in channels], the channel of the image that each belongs to
            (`channel_groups`).
        outputs: int64 [out channels], likewise.
        sees_itself: mask B, where a feature of a channel sees those of the same channel at the same
            place; mask A sees the channels before it alone.

    Returns:
        bool [out channels, in channels, rows, columns].
    """
    rows, columns = kernel
    centre = columns // 2
    mask = torch.ones(len(outputs), len(inputs), rows, columns, dtype=torch.bool)
    mask[:, :, -1, centre + 1 :] = False
    here = outputs.unsqueeze(1) >= inputs if sees_itself else outputs.unsqueeze(1) > inputs
    mask[:, :, -1, centre] = here
    return mask


class MaskedConv2d(nn.Module):
    """A convolution over rows above and the same row up to the centre.

    The rows of the kernel below the centre, which a mask would set to 0, are not there at all; the
    columns to the right of the centre are, for rows above need them.
    """

    mask: Tensor

    def __init__(
        self,
        kernel: int,
        inputs: Tensor,
        outputs: Tensor,
        *,
        sees_itself: bool,
        rows: int | None = None,
    ) -> None:
        """Sizes and masks.

        Args:
            kernel: odd width; the height is half of it, rounded up.
            inputs: channel of the image that each input belongs to, int64 [in channels].
            outputs: likewise of the outputs.
            sees_itself: mask B rather than A.
            rows: another height; 1 sees the centre's row alone.
        """
        super().__init__()
        rows = kernel // 2 + 1 if rows is None else rows
        self.kernel = (rows, kernel)
        mask = causal_mask(self.kernel, inputs, outputs, sees_itself=sees_itself)
        self.register_buffer("mask", mask, persistent=False)
        seen = max(float(mask.float().sum((1, 2, 3)).mean()), 1.0)
        self.weight = nn.Parameter(torch.randn(mask.shape) / math.sqrt(seen))
        self.bias = nn.Parameter(torch.zeros(len(outputs)))

    @property
    def masked_weight(self) -> Tensor:
        """[out, in, rows, columns], 0 where nothing may be seen."""
        weight: Tensor = self.weight * self.mask
        return weight

    def forward(self, x: Tensor) -> Tensor:
        """Takes [B, in, H, W] to [B, out, H, W]."""
        rows, columns = self.kernel
        padded = (
            functional.pad(x, (columns // 2, columns // 2, rows - 1, 0))
            if self.kernel != (1, 1)
            else x
        )
        return functional.conv2d(padded, self.masked_weight, self.bias)
