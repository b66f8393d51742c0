"""Samples to integer codes and back: mu-law (ITU-T G.711's curve, with any number of levels) and
linear.

WaveNet (arXiv 1609.03499, section 2.2) models mu-law codes with a softmax; the discretised mixture
of logistics (PixelCNN++, arXiv 1701.05517) and Gaussian work on linear codes. numpy and torch only:
the training loop carries this module along.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from vocoder.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Quantiser:
    """A uniform grid of `levels` codes over -1..1, companded first when `kind` is "mulaw".

    With mu = levels - 1, code c stands for the companded value 2 c / mu - 1; code `silence` is the
    one nearest to 0.
    """

    kind: Literal["mulaw", "linear"]
    levels: int

    def __post_init__(self) -> None:
        if self.kind not in ("mulaw", "linear"):
            raise ConfigError(f"quantiser kind must be 'mulaw' or 'linear', not {self.kind!r}")
        if self.levels < 2:
            raise ConfigError(f"a quantiser needs at least two levels, not {self.levels}")

    @property
    def silence(self) -> int:
        """The code of a sample of 0."""
        return self.levels // 2

    def encode(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        """Samples of any shape, clipped to -1..1, to codes 0..levels-1 of that shape."""
        mu = self.levels - 1
        clipped = np.clip(samples.astype(np.float64), -1.0, 1.0)
        if self.kind == "mulaw":
            clipped = np.sign(clipped) * np.log1p(mu * np.abs(clipped)) / np.log1p(mu)
        codes: npt.NDArray[np.int64] = np.floor((clipped + 1.0) / 2.0 * mu + 0.5).astype(np.int64)
        return codes

    def decode(self, codes: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """Codes of any shape to the samples they stand for, float32 in -1..1."""
        samples: npt.NDArray[np.float32] = self.values[codes]
        return samples

    @property
    def edges(self) -> npt.NDArray[np.float64]:
        """Where one code gives way to the next, float64 [levels - 1], ascending: `encode` of a
        value is the number of edges not above it.
        """
        mu = self.levels - 1
        companded = (2.0 * np.arange(1, self.levels) - 1.0) / mu - 1.0
        if self.kind == "mulaw":
            companded = np.sign(companded) * np.expm1(np.abs(companded) * np.log1p(mu)) / mu
        return companded

    @cached_property  # every chunk of every stream asks
    def values(self) -> npt.NDArray[np.float32]:
        """The sample that each code stands for, float32 [levels]; not to be changed."""
        mu = self.levels - 1
        companded = 2.0 * np.arange(self.levels) / mu - 1.0
        if self.kind == "mulaw":
            companded = np.sign(companded) * np.expm1(np.abs(companded) * np.log1p(mu)) / mu
        return companded.astype(np.float32)
