"""PixelRNN with Diagonal BiLSTM layers: two recurrences along diagonals, which between them see
everything before a pixel.

van den Oord, Kalchbrenner and Kavukcuoglu 2016 (arXiv 1601.06759), section 3.2, figure 3. Rows are
skewed, each one place further than the one above, so a diagonal becomes a column, and the
recurrence takes H + W - 1 steps, all rows and both directions at once. The map of the direction
from the right is moved down by one row before it is added, so that nothing later is seen.

As published one pixel is out of sight where the first convolution does not reach it: the last of
the row above. The direction from the right, which would see it, reads features whose mask keeps a
pixel from itself, and in the last column no further feature holds it. `whole_context` mends that:
that direction of the first layer also reads a convolution that sees its own pixel, which is
allowed, for it is only read from one row below.

B batch, C channels of the image, H rows, W columns, h features of a state.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.conditioning import Given, MapCondition
from vocoder.density.distributions import Conditional
from vocoder.density.gated_pixel_cnn import MaskedConv2dWhole
from vocoder.density.image_model import Head, ImageModel
from vocoder.density.masked import MaskedConv2d
from vocoder.density.row_lstm import lstm


class DiagonalBiLstm(ImageModel):
    """A convolution with mask A, Diagonal BiLSTM layers with mask B, two 1x1 convolutions."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        *,
        features: int = 16,
        layers: int = 2,
        first_kernel: int = 7,
        whole_context: bool = False,
        distribution: Conditional | None = None,
        given: Given | None = None,
    ) -> None:
        """Sizes.

        Args:
            shape: (C, H, W).
            features: h; the map between layers has 2 h. A multiple of C.
            layers: Diagonal BiLSTM layers.
            first_kernel: of the convolution with mask A.
            whole_context: let the last pixel of the row above be seen, which the published form
                does not.
            distribution: of each dimension; Bernoulli by default.
            given: a class, a vector or a map.
        """
        super().__init__(shape, distribution, given)
        wide = self.groups(2 * features)
        image = self.groups(self.image_channels)
        self.first = MaskedConv2d(first_kernel, image, wide, sees_itself=False)
        self.whole = MaskedConv2dWhole(1, len(image), len(wide)) if whole_context else None
        self.layers = nn.ModuleList(
            DiagonalBiLstmLayer(self.groups(features), wide, self.given) for _ in range(layers)
        )
        self.head = Head(wide, wide, self.output_groups())

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        x = self.first(inputs)
        for index, layer in enumerate(self.layers):
            x = layer(
                x, x + self.whole(inputs) if index == 0 and self.whole is not None else x, given
            )
        return self.as_parameters(self.head(x))


class DiagonalBiLstmLayer(nn.Module):
    """Both directions in one pass along the diagonals."""

    def __init__(self, narrow: Tensor, wide: Tensor, given: Given) -> None:
        super().__init__()
        features = len(narrow)
        self.features = features
        self.from_left = MaskedConv2d(1, wide, narrow.repeat(4), sees_itself=True)
        # read from the next row on: no channel has to wait for another
        self.from_right = nn.Conv2d(len(wide), 4 * features, 1)
        # Of each direction, the state before on the same row and that on the row above: [2, 2 h, 4
        # h].
        self.state_to_state = nn.Parameter(
            torch.randn(2, 2 * features, 4 * features) / math.sqrt(2 * features)
        )
        self.conditions = nn.ModuleList(MapCondition(given, 4 * features) for _ in range(2))
        self.up_left = MaskedConv2d(1, narrow, wide, sees_itself=True)
        self.up_right = nn.Conv2d(features, len(wide), 1)

    def forward(self, x: Tensor, seen_from_right: Tensor, given: Tensor | None) -> Tensor:
        """Takes the map [B, 2h, H, W], and the one that the direction from the right reads, to the
        next one.
        """
        left = self.from_left(x) + self.conditions[0](given)
        right = (self.from_right(seen_from_right) + self.conditions[1](given)).flip(-1)
        states = unskew(self._states(skew(torch.stack([left, right]))))
        moved = functional.pad(states[1].flip(-1), (0, 0, 1, 0))[:, :, :-1]
        # The first row has no row above it, and is told nothing by that direction, not even a bias.
        below = functional.pad(self.up_right(moved)[:, :, 1:], (0, 0, 1, 0))
        found: Tensor = x + self.up_left(states[0]) + below
        return found

    def _states(self, from_input: Tensor) -> Tensor:
        """Skewed sums [2, B, 4h, H, H + W - 1] to skewed hidden states [2, B, h, H, H + W - 1]."""
        steps = from_input.permute(4, 0, 1, 3, 2)  # [steps, 2, B, H, 4h]
        _, directions, batch, rows, _ = steps.shape
        hidden = cell = from_input.new_zeros(directions, batch, rows, self.features)
        columns = []
        for step in steps.unbind(0):
            above = functional.pad(hidden, (0, 0, 1, 0))[:, :, :-1]
            before = torch.cat([hidden, above], dim=-1).flatten(1, 2)
            sums = step + torch.bmm(before, self.state_to_state).view(directions, batch, rows, -1)
            hidden, cell = lstm(sums, cell, -1)
            columns.append(hidden)
        return torch.stack(columns).permute(1, 2, 4, 3, 0)


def skew(x: Tensor) -> Tensor:
    """Moves each row one place further to the right than the one above: [..., H, W] to [..., H, H +
    W - 1], zeros where nothing comes to lie.
    """
    rows, columns = x.shape[-2:]
    # Rows of H + W, read as rows of H + W - 1: each begins one place later.
    padded = functional.pad(x, (0, rows)).flatten(-2)[..., : rows * (rows + columns - 1)]
    return padded.reshape(*x.shape[:-1], rows + columns - 1)


def unskew(x: Tensor) -> Tensor:
    """The reverse of `skew`: [..., H, H + W - 1] to [..., H, W]."""
    rows, wide = x.shape[-2:]
    columns = wide - rows + 1
    flat = functional.pad(x.flatten(-2), (0, rows))
    return flat.reshape(*x.shape[:-1], rows + columns)[..., :columns]
