"""Pre-emphasis and its inverse: first-order filters that lift the treble before mu-law and lower it
again after.

The codes' quantisation noise is white; de-emphasis shapes it like speech, so less of it is heard
(LPCNet, arXiv 1810.11846, section 3.1, has the argument).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.compiled import native_module

FloatArray = npt.NDArray[np.float32]


def pre_emphasise(samples: FloatArray, coefficient: float, last: float = 0.0) -> FloatArray:
    """y[t] = x[t] - coefficient * x[t-1], with x[-1] = last, in float32.

    Args:
        samples: float32 [T].
        coefficient: 0..1.
        last: the sample before the first, where this is a piece of a recording.

    Returns:
        float32 [T].
    """
    emphasised = samples.astype(np.float32, copy=True)
    emphasised[:1] -= np.float32(coefficient) * np.float32(last)
    emphasised[1:] -= np.float32(coefficient) * samples[:-1].astype(np.float32)
    return emphasised


def de_emphasise(
    samples: FloatArray, coefficient: float, last: float = 0.0
) -> tuple[FloatArray, float]:
    """The inverse, x[t] = y[t] + coefficient * x[t-1], computed in float64.

    Args:
        samples: float32 [T].
        coefficient: that of `pre_emphasise`.
        last: x[-1], what the previous piece of the stream ended with.

    Returns:
        float32 [T], and the value to hand to the next piece as `last`.
    """
    samples = np.ascontiguousarray(samples, np.float32)
    native = native_module()
    if native is not None:
        made = np.empty(len(samples), np.float32)
        return made, native.de_emphasise(samples, coefficient, last, made)
    return plain_de_emphasise(samples, coefficient, last)


def plain_de_emphasise(
    samples: FloatArray, coefficient: float, last: float
) -> tuple[FloatArray, float]:
    """The same by scipy, to the same bits."""
    if len(samples) == 0:
        return samples, last
    # here and not above: it takes a third of the time in which all of vocoder.synthesis.voice is
    # imported
    from scipy.signal import (
        lfilter,
    )

    restored, _ = lfilter(
        [1.0], [1.0, -coefficient], samples.astype(np.float64), zi=[coefficient * last]
    )
    return restored.astype(np.float32), float(restored[-1])
