"""WaveNet as what it is: the one-dimensional member of the family.

van den Oord et al. 2016 (arXiv 1609.03499), equation 1. Its masked convolutions are dilated and
have one dimension, its gates are those of Gated PixelCNN, and its conditional distributions are
`vocoder.density.distributions`.

F frames, L layers, G gate channels, P prediction coefficients, T samples, O outputs per sample.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vocoder.density.model import AutoregressiveModel
from vocoder.errors import InputError
from vocoder.wavenet.distributions import output_distribution
from vocoder.wavenet.network import WaveNet


class WaveNetDensity(AutoregressiveModel):
    """A WaveNet under fixed conditions, as a density of its T codes. `sample(seed, 1)` gives the
    codes that the reference engine gives for that seed.
    """

    conditioning: Tensor
    coefficients: Tensor
    lags: Tensor

    def __init__(
        self, network: WaveNet, conditioning: Tensor, coefficients: Tensor, lags: Tensor
    ) -> None:
        """The network and its conditions.

        Args:
            network: any.
            conditioning: float [F, L, G], from `WaveNet.condition`.
            coefficients: float [F, P], of `vocoder.wavenet.prediction.Predictors`.
            lags: int [F], likewise.

        Raises:
            InputError: another number of frames in one of them.
        """
        if not len(conditioning) == len(coefficients) == len(lags):
            raise InputError(
                "conditioning, coefficients and lags must be of the same frames",
                field="conditioning",
            )
        super().__init__(
            (len(conditioning) * network.config.hop_length,), output_distribution(network.config)
        )
        self.network = network
        self.register_buffer("conditioning", conditioning, persistent=False)
        self.register_buffer("coefficients", coefficients, persistent=False)
        self.register_buffer("lags", lags, persistent=False)

    @property
    def order(self) -> Tensor:
        """In time."""
        return torch.arange(self.num_dimensions)

    def forward(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.forward`."""
        self.check(x, given)
        return self._outputs(x)

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`; codes are looked up, so no gradient reaches the
        inputs.
        """
        levels = self.network.config.quantisation_levels
        return self._outputs(((inputs + 1.0) * ((levels - 1) / 2.0)).round().long())

    def _outputs(self, codes: Tensor) -> Tensor:
        each = [
            part.unsqueeze(0).expand(len(codes), *part.shape)
            for part in (self.conditioning, self.coefficients, self.lags)
        ]
        found: Tensor = self.network(codes, *each)
        return found
