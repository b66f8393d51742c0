"""PixelCNN autoencoder: a convolutional encoder, and a PixelCNN that is given what it says.

van den Oord et al. 2016 (arXiv 1606.05328), section 2.4 and 3.3. The decoder is a density of x for
any given code; the code that the encoder makes of the same x has seen x, so with it
`reconstruction_log_prob` is no density of x.

B batch, C channels of the image, H rows, W columns, M numbers of the code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.image_model import ImageModel
from vocoder.density.model import AutoregressiveModel, Known, Stepper
from vocoder.errors import ConfigError


class PixelCnnAutoencoder(AutoregressiveModel):
    """`log_prob` and `sample` are the decoder's, given codes float [B, M]."""

    def __init__(self, decoder: ImageModel, *, features: int = 32) -> None:
        """Sizes.

        Args:
            decoder: any model of images that is given a vector, whose size M is the bottleneck.
            features: of the encoder's first convolution; each further one has twice as many and
                half the rows and columns.

        Raises:
            ConfigError: the decoder is given something else.
        """
        if decoder.given.kind != "vector":
            raise ConfigError("the decoder of an autoencoder must be given a vector")
        super().__init__(decoder.shape, decoder.distribution, decoder.given)
        self.decoder = decoder
        self.encoder = ImageEncoder(decoder.shape, features, decoder.given.size)

    @property
    def order(self) -> Tensor:
        """As `AutoregressiveModel.order`."""
        return self.decoder.order

    def as_input(self, x: Tensor) -> Tensor:
        """As the decoder's."""
        return self.decoder.as_input(x)

    def encode(self, x: Tensor) -> Tensor:
        """Takes x [B, C, H, W] to its codes, float [B, M]."""
        self.decoder.check(x, torch.zeros(len(x), self.given.size))
        found: Tensor = self.encoder(self.as_input(x))
        return found

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        return self.decoder.conditionals(inputs, given)

    def stepper(self, count: int, given: Tensor | None) -> Stepper:
        """As the decoder's."""
        return self.decoder.stepper(count, given)

    def reconstruction_log_prob(self, x: Tensor) -> Tensor:
        """Nats of each dimension of x given its own code, [B, C, H, W]; no density, for the code
        has seen x.
        """
        return self.log_prob(x, self.encode(x))

    def training_log_prob(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        """Encoder and decoder are trained together: `reconstruction_log_prob` where no code is
        given.
        """
        return self.reconstruction_log_prob(x) if given is None else self.log_prob(x, given)

    def reconstruct(
        self, x: Tensor, seed: int, known: Known | None = None, *, temperature: float = 1.0
    ) -> Tensor:
        """Samples given the codes of x, [B, C, H, W]."""
        with torch.no_grad():
            codes = self.encode(x)
        return self.sample(seed, len(x), codes, known, temperature=temperature)


class ImageEncoder(nn.Module):
    """Convolutions of stride 2 until at most four rows and columns are left, and one product."""

    def __init__(self, shape: tuple[int, ...], features: int, codes: int) -> None:
        super().__init__()
        channels, rows, columns = shape
        self.convolutions = nn.ModuleList([nn.Conv2d(channels, features, 3, padding=1)])
        while rows > 4 or columns > 4:
            self.convolutions.append(nn.Conv2d(features, 2 * features, 3, stride=2, padding=1))
            rows, columns, features = (rows + 1) // 2, (columns + 1) // 2, 2 * features
        self.last = nn.Linear(features * rows * columns, codes)

    def forward(self, x: Tensor) -> Tensor:
        """Takes [B, C, H, W] to [B, M]."""
        for convolution in self.convolutions:
            x = functional.relu(convolution(x))
        found: Tensor = self.last(x.flatten(1))
        return found
