"""PixelCNN: masked convolutions over everything above and to the left, as far as they reach.

van den Oord, Kalchbrenner and Kavukcuoglu 2016 (arXiv 1601.06759), sections 3.3 to 3.5 and table 1:
a 7x7 convolution with mask A, residual blocks with mask B, two 1x1 convolutions. Its receptive
field has a blind spot: a pixel above and far to the right is seen by none of the pixels that are
seen (arXiv 1606.05328, figure 1). `vocoder.density.gated_pixel_cnn` has none.

B batch, C channels of the image, H rows, W columns, O outputs per dimension.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.cache import CachedConv, at
from vocoder.density.conditioning import Given, MapCondition
from vocoder.density.distributions import Conditional
from vocoder.density.image_model import Head, ImageModel
from vocoder.density.masked import MaskedConv2d
from vocoder.density.model import Stepper


class PixelCnn(ImageModel):
    """Residual blocks of masked convolutions."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        *,
        features: int = 32,
        blocks: int = 7,
        first_kernel: int = 7,
        kernel: int = 3,
        head_features: int | None = None,
        distribution: Conditional | None = None,
        given: Given | None = None,
    ) -> None:
        """Sizes.

        Args:
            shape: (C, H, W).
            features: h; the map between blocks has 2 h. A multiple of C.
            blocks: residual blocks.
            first_kernel: of the convolution with mask A.
            kernel: of the blocks' convolutions with mask B.
            head_features: of the first 1x1 convolution after the blocks; 2 h by default.
            distribution: of each dimension; Bernoulli by default.
            given: a class, a vector or a map.
        """
        super().__init__(shape, distribution, given)
        wide = self.groups(2 * features)
        self.first = MaskedConv2d(
            first_kernel, self.groups(self.image_channels), wide, sees_itself=False
        )
        self.first_condition = MapCondition(self.given, 2 * features)
        self.blocks = nn.ModuleList(
            PixelCnnBlock(self.groups(features), wide, kernel, self.given) for _ in range(blocks)
        )
        self.head = Head(
            wide,
            self.groups(2 * features if head_features is None else head_features),
            self.output_groups(),
        )

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        x = self.first(inputs) + self.first_condition(given)
        for block in self.blocks:
            x = block(x, given)
        return self.as_parameters(self.head(x))

    def stepper(self, count: int, given: Tensor | None) -> Stepper:
        """Computes every feature once: the network at one pixel reads what it made of the pixels
        before.
        """
        return _PixelCnnStepper(self, count, given)


class PixelCnnBlock(nn.Module):
    """ReLU, 1x1 from 2h to h, ReLU, masked convolution, ReLU, 1x1 back to 2h, and the input added
    (figure 5, left).
    """

    def __init__(self, narrow: Tensor, wide: Tensor, kernel: int, given: Given) -> None:
        super().__init__()
        self.down = MaskedConv2d(1, wide, narrow, sees_itself=True)
        self.across = MaskedConv2d(kernel, narrow, narrow, sees_itself=True)
        self.condition = MapCondition(given, len(narrow))
        self.up = MaskedConv2d(1, narrow, wide, sees_itself=True)

    def forward(self, x: Tensor, given: Tensor | None) -> Tensor:
        """Takes [B, 2h, H, W] to the same shape."""
        hidden = functional.relu(self.down(functional.relu(x)))
        hidden = functional.relu(self.across(hidden) + self.condition(given))
        found: Tensor = x + self.up(hidden)
        return found


class _PixelCnnStepper:
    """The network at one pixel, which reads what it made of the pixels before."""

    def __init__(self, model: PixelCnn, count: int, given: Tensor | None) -> None:
        self.model = model
        size = (count, model.rows, model.columns)
        self.first = CachedConv(model.first, *size)
        self.first_condition = model.first_condition(given)
        self.blocks = [
            (
                CachedConv(block.down, *size),
                CachedConv(block.across, *size),
                CachedConv(block.up, *size),
                block.condition(given),
            )
            for block in model.blocks
            if isinstance(block, PixelCnnBlock)
        ]
        self.head = (CachedConv(model.head.hidden, *size), CachedConv(model.head.last, *size))
        self.pixel = torch.zeros(count, model.image_channels, device=model.device)
        self.computed = -1  # the dimension that the features at hand were computed for

    def outputs(self, dimension: int) -> Tensor:
        """As `Stepper.outputs`."""
        channel, row, column = self.model.place_of(dimension)
        place = (row, column)
        self.computed = dimension
        x = self.first(self.pixel, *place) + at(self.first_condition, *place)
        for down, across, up, condition in self.blocks:
            hidden = functional.relu(down(functional.relu(x), *place))
            hidden = functional.relu(across(hidden, *place) + at(condition, *place))
            x = x + up(hidden, *place)
        hidden = functional.relu(self.head[0](functional.relu(x), *place))
        return self.head[1](hidden, *place).view(len(x), self.model.image_channels, -1)[:, channel]

    def accept(self, dimension: int, values: Tensor) -> None:
        """As `Stepper.accept`."""
        channel, row, column = self.model.place_of(dimension)
        last = channel == self.model.image_channels - 1
        # it was known, and later pixels read features of this one
        if last and self.computed != dimension:
            self.outputs(dimension)
        self.pixel[:, channel] = self.model.as_input(values)
        # no feature of a pixel depends on the pixel's last channel, but the first convolution reads
        # it from elsewhere
        if last:
            self.first.write(self.pixel, row, column)
            self.pixel.zero_()
