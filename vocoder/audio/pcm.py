"""Sound as 16-bit integers, which is how it leaves Sonant, and as float32, which is how it is
computed with.

Full scale is 32768, so an integer that is read and written again is the same integer; +1.0 itself,
which int16 does not have, is clipped.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Int16Array = npt.NDArray[np.int16]

FULL_SCALE = 32_768.0
BYTES_PER_SAMPLE = 2


def to_int16(samples: FloatArray) -> Int16Array:
    """float32 of any shape to int16 of that shape: -1..1 becomes full scale, rounded to the nearest
    (ties to even), clipped beyond.
    """
    scaled = np.rint(samples.astype(np.float64) * FULL_SCALE)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def to_float32(samples: Int16Array) -> FloatArray:
    """int16 of any shape to float32 of that shape, -1 up to (not including) 1; exact, and
    `to_int16` is its inverse.
    """
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def to_bytes(samples: Int16Array) -> bytes:
    """int16 [T] to 2 T bytes, little-endian whatever the machine: what a WAV file's data chunk and
    raw PCM both hold.
    """
    return samples.astype("<i2").tobytes()
