"""Gated PixelCNN: a vertical stack sees all rows above, a horizontal one the row itself; nothing
within reach is left out.

van den Oord et al. 2016 (arXiv 1606.05328), section 2.2, equation 2 and figure 2; conditional as in
section 2.3, equations 3 and 4.

The vertical stack sees its own row in every layer, and its maps move down by one row only where the
horizontal stack reads them. Were they moved in every layer, rows just above would be seen by none
but the first (that would be a blind spot again). Deviation: the skips of all layers are one product
over the concatenated gates, as in `vocoder.wavenet.network`.

B batch, C channels of the image, H rows, W columns, O outputs per dimension.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.cache import CachedConv, at, at_row
from vocoder.density.conditioning import Given, MapCondition
from vocoder.density.distributions import Conditional
from vocoder.density.image_model import Head, ImageModel
from vocoder.density.masked import MaskedConv2d
from vocoder.density.model import Stepper


class GatedPixelCnn(ImageModel):
    """Layers of gated convolutions in two stacks."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        *,
        features: int = 32,
        layers: int = 8,
        first_kernel: int = 7,
        kernel: int = 3,
        head_features: int | None = None,
        distribution: Conditional | None = None,
        given: Given | None = None,
    ) -> None:
        """Sizes.

        Args:
            shape: (C, H, W).
            features: p, of both stacks. A multiple of C.
            layers: gated layers, the first with mask A included.
            first_kernel: n of the first layer.
            kernel: n of the others.
            head_features: between the two 1x1 convolutions at the end; 2 p by default.
            distribution: of each dimension; Bernoulli by default.
            given: a class, a vector or a map.
        """
        super().__init__(shape, distribution, given)
        groups = self.groups(features)
        image = self.groups(self.image_channels)
        self.layers = nn.ModuleList(
            GatedLayer(
                groups if index else image,
                groups,
                kernel if index else first_kernel,
                self.given,
                first=index == 0,
            )
            for index in range(layers)
        )
        self.head = Head(
            groups.repeat(layers),
            self.groups(2 * features if head_features is None else head_features),
            self.output_groups(),
        )

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        vertical = horizontal = inputs
        gates = []
        for layer in self.layers:
            vertical, horizontal, gate = layer(vertical, horizontal, given)
            gates.append(gate)
        return self.as_parameters(self.head(torch.cat(gates, dim=1)))

    def stepper(self, count: int, given: Tensor | None) -> Stepper:
        """Computes every feature once: the vertical stack a row at a time, the horizontal one a
        pixel at a time.
        """
        return _GatedStepper(self, count, given)


class GatedLayer(nn.Module):
    """Figure 2: gates of both stacks, the vertical one's sums added to the horizontal one's, a
    residual connection in the latter.

    Args:
        inputs: channel of the image that each input belongs to.
        groups: likewise of the layer's features.
        kernel: n.
        given: what the model is given.
        first: mask A, and nothing to add the residual to.
    """

    def __init__(
        self, inputs: Tensor, groups: Tensor, kernel: int, given: Given, *, first: bool
    ) -> None:
        super().__init__()
        both = groups.repeat(2)  # the half under tanh, the half under the sigmoid
        # Rows above are complete, so the vertical stack needs no channel to wait for another: all
        # belong to the same.
        self.vertical = MaskedConv2dWhole(kernel, len(inputs), len(both))
        self.down = nn.Conv2d(len(both), len(both), 1)
        self.horizontal = MaskedConv2d(kernel, inputs, both, sees_itself=not first, rows=1)
        self.across = MaskedConv2d(1, groups, groups, sees_itself=True)
        self.vertical_condition = MapCondition(given, len(both))
        self.horizontal_condition = MapCondition(given, len(both))
        self.first = first

    def forward(
        self, vertical: Tensor, horizontal: Tensor, given: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Takes both stacks' maps [B, in, H, W] to their next ones and the horizontal gates, [B, p,
        H, W] each.
        """
        above = self.vertical(vertical)
        moved = functional.pad(above, (0, 0, 1, 0))[:, :, :-1]
        sums = self.horizontal(horizontal) + self.down(moved) + self.horizontal_condition(given)
        gate = gated(sums, 1)
        found = self.across(gate)
        return (
            gated(above + self.vertical_condition(given), 1),
            found if self.first else found + horizontal,
            gate,
        )


class MaskedConv2dWhole(MaskedConv2d):
    """A convolution over rows above and its own row in full width: that of the vertical stack."""

    def __init__(self, kernel: int, inputs: int, outputs: int) -> None:
        super().__init__(kernel, torch.zeros(inputs), torch.zeros(outputs), sees_itself=True)
        with torch.no_grad():
            self.mask.fill_(True)


def gated(sums: Tensor, dim: int) -> Tensor:
    """The tanh of one half times the sigmoid of the other (equation 2)."""
    under_tanh, under_sigmoid = sums.chunk(2, dim=dim)
    return torch.tanh(under_tanh) * torch.sigmoid(under_sigmoid)


class _GatedStepper:
    """Row by row, and within a row pixel by pixel."""

    def __init__(self, model: GatedPixelCnn, count: int, given: Tensor | None) -> None:
        self.model = model
        size = (count, model.rows, model.columns)
        self.layers = [
            _CachedLayer(layer, size, given)
            for layer in model.layers
            if isinstance(layer, GatedLayer)
        ]
        self.head = (CachedConv(model.head.hidden, *size), CachedConv(model.head.last, *size))
        self.pixel = torch.zeros(count, model.image_channels, device=model.device)
        # the current row
        self.line = torch.zeros(count, model.columns, model.image_channels, device=model.device)
        self.row = -1  # which one
        self.computed = -1  # the dimension that the features at hand were computed for

    def outputs(self, dimension: int) -> Tensor:
        """As `Stepper.outputs`."""
        channel, row, column = self.model.place_of(dimension)
        self.computed = dimension
        if row != self.row:
            self._begin(row)
        x, gates = self.pixel, []
        for layer in self.layers:
            x, gate = layer.pixel(x, row, column)
            gates.append(gate)
        hidden = functional.relu(
            self.head[0](functional.relu(torch.cat(gates, dim=1)), row, column)
        )
        return self.head[1](hidden, row, column).view(len(x), self.model.image_channels, -1)[
            :, channel
        ]

    def accept(self, dimension: int, values: Tensor) -> None:
        """As `Stepper.accept`."""
        channel, _, column = self.model.place_of(dimension)
        last = channel == self.model.image_channels - 1
        # it was known, and later pixels read features of this one
        if last and self.computed != dimension:
            self.outputs(dimension)
        self.pixel[:, channel] = self.model.as_input(values)
        if last:
            self.layers[0].horizontal.write(self.pixel, 0, column)
            self.line[:, column] = self.pixel
            self.pixel.zero_()

    def _begin(self, row: int) -> None:
        """The vertical stack at the row that is complete, and what the new one reads of it."""
        x = self.line
        for layer in self.layers:
            x = layer.begin(x, row)
        self.row = row


class _CachedLayer:
    def __init__(self, layer: GatedLayer, size: tuple[int, int, int], given: Tensor | None) -> None:
        count, _, columns = size
        self.layer = layer
        self.vertical = CachedConv(layer.vertical, *size)
        # Nothing of the rows before is read: one row of a map is enough for the horizontal stack.
        self.horizontal = CachedConv(layer.horizontal, count, 1, columns)
        self.across = CachedConv(layer.across, *size)
        self.down = layer.down.weight.flatten(1)
        self.vertical_condition = layer.vertical_condition(given)
        self.horizontal_condition = layer.horizontal_condition(given)
        # [B or 1, W or 1, 2 p], what the horizontal stack is given in this row
        self.from_above = torch.zeros(0)

    def begin(self, x: Tensor, row: int) -> Tensor:
        """Takes the vertical map's row before `row`, [B, W, in], to the next layer's [B, W, p]."""
        bias = self.layer.down.bias
        assert bias is not None
        if row == 0:
            self.from_above = bias.view(1, 1, -1).expand(1, self.model_columns, -1)
            return x
        above = self.vertical.row(x, row - 1)
        self.from_above = functional.linear(above, self.down, bias)
        return gated(above + at_row(self.vertical_condition, row - 1), 2)

    @property
    def model_columns(self) -> int:
        """W."""
        return self.vertical.map.shape[2] - 2 * self.vertical.side

    def pixel(self, x: Tensor, row: int, column: int) -> tuple[Tensor, Tensor]:
        """Takes the horizontal map [B, in] at a pixel to the next layer's and the gates, [B, p]
        each.
        """
        sums = (
            self.horizontal(x, 0, column)
            + self.from_above[:, column]
            + at(self.horizontal_condition, row, column)
        )
        gate = gated(sums, 1)
        found = self.across(gate, row, column)
        return (found if self.layer.first else found + x), gate
