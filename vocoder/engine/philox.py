"""Randomness as a function of (seed, sample index): the counter-based generator Philox 4x32-10.

Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3.3.
There is no generator state: a stream that was parked, moved to another engine or rendered in
another order draws the same numbers. `native/philox.h` is the same in C++.

N numbers drawn.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
# added to the key after each round: the golden ratio and the square root of 3, less 1
WEYL = (
    0x9E3779B9,
    0xBB67AE85,
)
LOW_WORD = np.uint64(0xFFFF_FFFF)
WORD_BITS = np.uint64(32)


def philox4x32(counter: npt.NDArray[np.uint32], key: tuple[int, int]) -> npt.NDArray[np.uint32]:
    """Four random words for each counter.

    Args:
        counter: uint32 [N, 4], lowest word first.
        key: two words of 32 bits, low word first.

    Returns:
        uint32 [N, 4].
    """
    x0, x1, x2, x3 = (counter[:, word].astype(np.uint64) for word in range(4))
    low, high = key
    for _ in range(ROUNDS):
        product0, product1 = x0 * MULTIPLIERS[0], x2 * MULTIPLIERS[1]  # 32 x 32 bits: exact in 64
        x0, x1, x2, x3 = (
            (product1 >> WORD_BITS) ^ x1 ^ np.uint64(low),
            product1 & LOW_WORD,
            (product0 >> WORD_BITS) ^ x3 ^ np.uint64(high),
            product0 & LOW_WORD,
        )
        low, high = (low + WEYL[0]) & 0xFFFF_FFFF, (high + WEYL[1]) & 0xFFFF_FFFF
    return np.stack([x0, x1, x2, x3], axis=1).astype(np.uint32)


def uniforms(seed: int, first_sample: int, num_samples: int) -> npt.NDArray[np.float64]:
    """The uniform numbers of consecutive samples of a stream.

    Args:
        seed: 64 bits, the stream's.
        first_sample: index of the first sample in the stream, 64 bits.
        num_samples: N.

    Returns:
        float64 [N, 4], each in the open interval 0..1: `(word >> 8) * 2**-24 + 2**-25`, so that
        neither 0 nor 1 occurs and a logarithm is always finite.
    """
    index = np.uint64(first_sample) + np.arange(num_samples, dtype=np.uint64)
    counter = np.zeros((num_samples, 4), np.uint32)
    counter[:, 0] = index & LOW_WORD
    counter[:, 1] = index >> WORD_BITS
    words = philox4x32(counter, (seed & 0xFFFF_FFFF, seed >> 32))
    return (words >> np.uint32(8)).astype(np.float64) * 2.0**-24 + 2.0**-25
