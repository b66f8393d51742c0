"""PixelRNN with Row LSTM layers: a recurrence from row to row, whose states read three states of
the row above.

van den Oord, Kalchbrenner and Kavukcuoglu 2016 (arXiv 1601.06759), section 3.1, equation 3;
residual connections as in section 3.3. Its receptive field is a triangle that widens by one pixel
to each side with every row above.

B batch, C channels of the image, H rows, W columns, h features of a state.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.conditioning import Given, MapCondition
from vocoder.density.distributions import Conditional
from vocoder.density.image_model import Head, ImageModel
from vocoder.density.masked import MaskedConv2d


class RowLstm(ImageModel):
    """A convolution with mask A, Row LSTM layers with mask B, two 1x1 convolutions."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        *,
        features: int = 16,
        layers: int = 2,
        first_kernel: int = 7,
        kernel: int = 3,
        distribution: Conditional | None = None,
        given: Given | None = None,
    ) -> None:
        """Sizes.

        Args:
            shape: (C, H, W).
            features: h; the map between layers has 2 h. A multiple of C.
            layers: Row LSTM layers.
            first_kernel: of the convolution with mask A.
            kernel: odd width of the convolutions from input to state and from state to state.
            distribution: of each dimension; Bernoulli by default.
            given: a class, a vector or a map.
        """
        super().__init__(shape, distribution, given)
        wide = self.groups(2 * features)
        self.first = MaskedConv2d(
            first_kernel, self.groups(self.image_channels), wide, sees_itself=False
        )
        self.layers = nn.ModuleList(
            RowLstmLayer(self.groups(features), wide, kernel, self.given) for _ in range(layers)
        )
        self.head = Head(wide, wide, self.output_groups())

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        x = self.first(inputs)
        for layer in self.layers:
            x = layer(x, given)
        return self.as_parameters(self.head(x))


class RowLstmLayer(nn.Module):
    """One LSTM over rows, all columns of a row at once."""

    def __init__(self, narrow: Tensor, wide: Tensor, kernel: int, given: Given) -> None:
        super().__init__()
        features = len(narrow)
        self.input_to_state = MaskedConv2d(kernel, wide, narrow.repeat(4), sees_itself=True, rows=1)
        # Rows above are complete, so a state reads all of theirs.
        self.state_to_state = nn.Parameter(
            torch.randn(4 * features, features, kernel) / math.sqrt(features * kernel)
        )
        self.condition = MapCondition(given, 4 * features)
        self.up = MaskedConv2d(1, narrow, wide, sees_itself=True)

    def forward(self, x: Tensor, given: Tensor | None) -> Tensor:
        """Takes [B, 2h, H, W] to the same shape."""
        from_input = self.input_to_state(x) + self.condition(given)
        batch, four, _, columns = from_input.shape
        hidden = cell = from_input.new_zeros(batch, four // 4, columns)
        rows = []
        for row in from_input.unbind(2):
            sums = row + functional.conv1d(
                hidden, self.state_to_state, padding=self.state_to_state.shape[2] // 2
            )
            hidden, cell = lstm(sums, cell, 1)
            rows.append(hidden)
        found: Tensor = x + self.up(torch.stack(rows, dim=2))
        return found


def lstm(sums: Tensor, cell: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Hidden state and cell from the four gates' sums, in the order o, f, i, g (equation 3); the
    forget gate begins open.
    """
    out, forget, into, new = sums.chunk(4, dim=dim)
    cell = torch.sigmoid(forget + 1.0) * cell + torch.sigmoid(into) * torch.tanh(new)
    return torch.sigmoid(out) * torch.tanh(cell), cell
