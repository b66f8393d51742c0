"""What a figure over sentences may be off by: 95 % intervals by bootstrap over sentences (Efron
1979), always with the same draws.

A figure is computed from `weights(N) @ columns`: row 0 counts every sentence once, each other row
as often as it was drawn. Two systems that spoke the
same sentences are compared draw by draw, which pairs them: what makes a sentence hard for both
falls out of the difference.

N sentences, D draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
DRAWS = 4000
_PERCENTILES = (2.5, 97.5)


def weights(count: int) -> Float64Array:
    """How often each of `count` sentences counts: float64 [1 + DRAWS, count]; row 0 is all ones."""
    drawn = np.random.default_rng(1).integers(count, size=(DRAWS, count))
    return np.concatenate(
        [np.ones((1, count)), np.stack([np.bincount(row, minlength=count) for row in drawn])]
    )


@dataclass(frozen=True, kw_only=True)
class BootstrapEstimate:
    """A figure and its 95 % interval; all three are not a number where nothing was measured."""

    value: float
    low: float
    high: float

    @classmethod
    def of_draws(cls, values: Float64Array) -> BootstrapEstimate:
        """From float64 [1 + D]: the figure itself, then that of each draw. Draws without a figure
        (not a number) do not count.
        """
        if not np.isfinite(values[0]):
            return cls(value=float("nan"), low=float("nan"), high=float("nan"))
        low, high = np.percentile(values[1:][np.isfinite(values[1:])], _PERCENTILES)
        return cls(value=float(values[0]), low=float(low), high=float(high))

    @classmethod
    def of_mean(cls, values: Sequence[float]) -> BootstrapEstimate:
        """Mean over sentences; those without the figure (not a number) do not count."""
        found = np.array([value for value in values if np.isfinite(value)])
        if len(found) == 0:
            return cls(value=float("nan"), low=float("nan"), high=float("nan"))
        return cls.of_draws(weights(len(found)) @ found / len(found))

    def shown(self, digits: int, *, sign: bool = False) -> str:
        """For a table: `4.21 [4.10, 4.30]`; "" where nothing was measured."""
        if not np.isfinite(self.value):
            return ""
        form = f"{'+' if sign else ''}z.{digits}f"  # z: no -0.0
        return f"{self.value:{form}} [{self.low:{form}}, {self.high:{form}}]"


def rate(errors: Sequence[tuple[int, int]]) -> BootstrapEstimate:
    """Errors per word or phoneme over all sentences together.

    Args:
        errors: for each sentence how many of its words or phonemes were wrong, and how many there
            are.
    """
    drawn = weights(len(errors)) @ np.array(errors, np.float64)
    return BootstrapEstimate.of_draws(drawn[:, 0] / drawn[:, 1])
