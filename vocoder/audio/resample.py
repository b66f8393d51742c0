"""A whole signal at another sample rate, by soxr. The filter is linear-phase and soxr takes its
delay out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

FloatArray = npt.NDArray[np.float32]


def resampled_length(num_samples: int, from_hz: int, to_hz: int) -> int:
    """How many samples a stream of `num_samples` becomes: sample n is at n / rate seconds, and
    those count that lie before the end of the source.

    So it is also the first sample at the new rate that is no earlier than sample `num_samples` at
    the old one.
    """
    return -(-num_samples * to_hz // from_hz)


def resample(samples: FloatArray, from_hz: int, to_hz: int) -> FloatArray:
    """A whole signal: float32 [T] to float32 [T * to_hz / from_hz], rounded to the nearest length
    as soxr does. Equal rates give a copy.

    No length is announced for it: a recording is not padded to `resampled_length`, which streams
    and their times have.
    """
    if from_hz == to_hz or len(samples) == 0:
        return samples.astype(np.float32, copy=True)
    converted: FloatArray = soxr.resample(samples.astype(np.float32), from_hz, to_hz, quality="VHQ")
    return converted
