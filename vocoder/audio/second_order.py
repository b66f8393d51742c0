"""A recursive filter of the second order, in pieces of any size.

C++ where that was compiled (`vocoder/native/frames`), else scipy, to the same bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.compiled import native_module

DoubleArray = npt.NDArray[np.float64]


def second_order(
    samples: DoubleArray, numerator: DoubleArray, denominator: DoubleArray, state: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """Transposed direct form II.

    Args:
        samples: float64 [T].
        numerator: float64 [3].
        denominator: float64 [3], the first of them 1.
        state: float64 [2], what the last piece gave back; zeros before the first.

    Returns:
        float64 [T], and the state for the next piece.
    """
    native = native_module()
    if native is None:
        return plain_second_order(samples, numerator, denominator, state)
    made, state = np.array(samples, np.float64), state.copy()
    native.second_order(numerator, denominator, state, made)
    return made, state


def plain_second_order(
    samples: DoubleArray, numerator: DoubleArray, denominator: DoubleArray, state: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """The same by scipy."""
    from scipy.signal import lfilter  # late: what is compiled does without

    made, state = lfilter(numerator, denominator, samples, zi=state)
    return made, state
