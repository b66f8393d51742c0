"""Networks that tell recorded log-mels from predicted ones, each looking in another way. torch
alone.

All see the log-mel beside the regression's prediction of it, so they judge sharpness where that
prediction says what is spoken.

B batch, F frames, M mels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

SLOPE = 0.2  # of the leaky ReLU


class Verdict(NamedTuple):
    """What one network says."""

    scores: Tensor  # of each patch: 1 recorded, 0 predicted
    features: list[Tensor]  # of each of its layers


class PatchDiscriminator(nn.Module):
    """Two-dimensional convolutions over time and bands, after PatchGAN (Isola et al. 2017, arXiv
    1611.07004).

    Args:
        kernels: (frames, bands) under each convolution, both odd.
        strides: (frames, bands) of each.
        channels: of each.
        pooling: frames and bands that are averaged first.
    """

    def __init__(
        self,
        kernels: list[tuple[int, int]],
        strides: list[tuple[int, int]],
        channels: list[int],
        pooling: int = 1,
    ) -> None:
        super().__init__()
        self.pooling = pooling
        inputs = [3, *channels]
        self.layers = nn.ModuleList(
            parametrizations.spectral_norm(
                nn.Conv2d(before, after, kernel, stride, (kernel[0] // 2, kernel[1] // 2))
            )
            for before, after, kernel, stride in zip(
                inputs, channels, kernels, strides, strict=False
            )
        )
        self.leave = nn.Conv2d(channels[-1], 1, 3, padding=1)

    def forward(self, log_mel: Tensor, prediction: Tensor) -> Verdict:
        """Takes scaled log-mels [B, F, M] and the regression's predictions of them [B, F, M]."""
        band = torch.linspace(-1, 1, log_mel.shape[-1], device=log_mel.device).expand_as(log_mel)
        x = torch.stack([log_mel, prediction, band], dim=1).contiguous(
            memory_format=torch.channels_last
        )
        if self.pooling > 1:
            x = functional.avg_pool2d(x, self.pooling)
        features = []
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), SLOPE)
            features.append(x)
        return Verdict(scores=self.leave(x), features=features)


class FrameDiscriminator(nn.Module):
    """One-dimensional convolutions over time: all bands of a frame at once."""

    def __init__(self, n_mels: int, channels: int = 160) -> None:
        super().__init__()
        shapes = [(2 * n_mels, 5, 1), (channels, 3, 2), (channels, 3, 2), (channels, 3, 1)]
        self.layers = nn.ModuleList(
            parametrizations.spectral_norm(nn.Conv1d(inputs, channels, kernel, stride, kernel // 2))
            for inputs, kernel, stride in shapes
        )
        self.leave = nn.Conv1d(channels, 1, 3, padding=1)

    def forward(self, log_mel: Tensor, prediction: Tensor) -> Verdict:
        """As `PatchDiscriminator`."""
        x = torch.cat([log_mel, prediction], dim=-1).transpose(1, 2)
        features = []
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), SLOPE)
            features.append(x)
        return Verdict(scores=self.leave(x), features=features)


class Discriminators(nn.Module):
    """Four of them: over square patches, over long narrow ones, over wide ones at half the
    resolution, and over whole frames.
    """

    def __init__(self, n_mels: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(
            [
                PatchDiscriminator(
                    [(5, 5), (5, 5), (3, 3), (3, 3)],
                    [(1, 2), (2, 2), (2, 2), (1, 1)],
                    [32, 64, 96, 96],
                ),
                PatchDiscriminator(
                    [(9, 3), (9, 3), (5, 3)], [(1, 2), (2, 2), (2, 2)], [24, 48, 96]
                ),
                PatchDiscriminator(
                    [(5, 5), (3, 3), (3, 3)], [(1, 1), (2, 2), (2, 2)], [32, 64, 96], pooling=2
                ),
                FrameDiscriminator(n_mels),
            ]
        )

    def forward(self, log_mel: Tensor, prediction: Tensor) -> list[Verdict]:
        """As each."""
        return [member(log_mel, prediction) for member in self.members]
