"""What all models of images share: the order of dimensions, and how a feature map becomes
parameters.

Pixels are generated row by row, each from left to right, and a pixel's channels in turn (R, G, B):
PixelRNN (arXiv 1601.06759), equation 2. Features are shared out among the channels of the image;
those of a channel see the channels before it at the same place.

B batch, C channels of the image, H rows, W columns, O outputs per dimension.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.conditioning import Given
from vocoder.density.distributions import Bernoulli, Conditional
from vocoder.density.masked import MaskedConv2d, channel_groups
from vocoder.density.model import AutoregressiveModel
from vocoder.errors import ConfigError


class ImageModel(AutoregressiveModel):
    """A model of x [B, C, H, W]."""

    def __init__(
        self, shape: tuple[int, int, int], distribution: Conditional | None, given: Given | None
    ) -> None:
        """Shape (C, H, W), the distribution of each dimension (Bernoulli by default), and what the
        model is given.
        """
        super().__init__(shape, Bernoulli() if distribution is None else distribution, given)
        self.image_channels, self.rows, self.columns = shape

    @property
    def order(self) -> Tensor:
        """Row by row, from left to right, a pixel's channels in turn: int64 [C * H * W]."""
        pixels = torch.arange(self.rows * self.columns) * self.image_channels
        return (pixels + torch.arange(self.image_channels).unsqueeze(1)).flatten()

    def as_input(self, x: Tensor) -> Tensor:
        """Codes scaled to -1..1, binary ones too: beyond the border the network reads 0, and would
        else not know a black pixel from it.
        """
        levels = self.distribution.levels
        return x.float() if levels is None else x.float() * (2.0 / (levels - 1)) - 1.0

    def place_of(self, dimension: int) -> tuple[int, int, int]:
        """Channel, row and column of a dimension of the flattened x."""
        channel, pixel = divmod(dimension, self.rows * self.columns)
        return (channel, *divmod(pixel, self.columns))

    def groups(self, channels: int) -> Tensor:
        """Channel of the image that each of so many features belongs to. Raises ConfigError where
        they cannot be shared out evenly.
        """
        if channels % self.image_channels:
            raise ConfigError(
                f"{channels} features cannot be shared out evenly among {self.image_channels} "
                f"channels"
            )
        return channel_groups(channels, self.image_channels)

    def output_groups(self) -> Tensor:
        """Channel of the image that each output belongs to, int64 [C * O]."""
        return self.groups(self.image_channels * self.distribution.num_outputs)

    def as_parameters(self, outputs: Tensor) -> Tensor:
        """A map of outputs [B, C * O, H, W] as [B, C, H, W, O]."""
        batch, _, rows, columns = outputs.shape
        return outputs.view(batch, self.image_channels, -1, rows, columns).permute(0, 1, 3, 4, 2)


class Head(nn.Module):
    """The last two 1x1 convolutions: ReLU, convolution, ReLU, convolution (PixelRNN, table 1)."""

    def __init__(self, inputs: Tensor, features: Tensor, outputs: Tensor) -> None:
        """Channel of the image that inputs, hidden features and outputs belong to."""
        super().__init__()
        self.hidden = MaskedConv2d(1, inputs, features, sees_itself=True)
        self.last = MaskedConv2d(1, features, outputs, sees_itself=True)
        with torch.no_grad():
            self.last.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        """Takes [B, features, H, W] to [B, C * O, H, W]."""
        found: Tensor = self.last(functional.relu(self.hidden(functional.relu(x))))
        return found
