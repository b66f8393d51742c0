"""What a rate of errors may be off by, where errors come in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def rate_margin(errors: Sequence[tuple[int, int]]) -> float:
    """Half of the 95 % interval of a rate over all sentences together, by bootstrap over sentences (Efron 1979), always with the same draws.

    Args:
        errors: for each sentence how many of its words or phonemes were wrong, and how many there are.
    """
    pairs: npt.NDArray[np.int64] = np.array(errors)
    drawn = pairs[np.random.default_rng(0).integers(len(pairs), size=(2000, len(pairs)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return float(high - low) / 2
