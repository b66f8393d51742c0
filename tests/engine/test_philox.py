"""Philox 4x32-10 against the vectors that its authors publish with Random123 (kat_vectors), in
Python and in C++.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.engine.philox import philox4x32, uniforms

PI = [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344]
KNOWN = [
    ([0, 0, 0, 0], (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, (0xFFFFFFFF, 0xFFFFFFFF), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (PI, (0xA4093822, 0x299F31D0), [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
]


@pytest.mark.parametrize("counter, key, words", KNOWN)
def test_known_answers(counter: list[int], key: tuple[int, int], words: list[int]) -> None:
    assert philox4x32(np.array([counter], np.uint32), key)[0].tolist() == words


@given(seed=st.integers(0, 2**64 - 1), first=st.integers(0, 2**64 - 8), split=st.integers(0, 7))
def test_a_sample_has_its_numbers_wherever_the_drawing_starts(
    seed: int, first: int, split: int
) -> None:
    whole = uniforms(seed, first, 7)
    np.testing.assert_array_equal(
        whole,
        np.concatenate([uniforms(seed, first, split), uniforms(seed, first + split, 7 - split)]),
    )


def test_the_index_and_the_seed_count_in_all_their_bits() -> None:
    numbers = {
        uniforms(seed, index, 1).tobytes()
        for seed in (0, 1, 1 << 31, 1 << 32, 1 << 63)
        for index in (0, 1, 1 << 31, 1 << 32, 1 << 63)
    }
    assert len(numbers) == 25


def test_uniforms_lie_inside_the_open_interval_and_fill_it() -> None:
    drawn = uniforms(5, 0, 100_000)
    assert drawn.shape == (100_000, 4)
    assert drawn.dtype == np.float64
    assert 0.0 < drawn.min() < 1e-4
    assert 1.0 - 1e-4 < drawn.max() < 1.0
    counts = np.stack([np.histogram(column, bins=100, range=(0, 1))[0] for column in drawn.T])
    # Chi-square with 99 degrees of freedom: above 160 once in ten thousand times.
    assert (((counts - 1000.0) ** 2 / 1000.0).sum(axis=1) < 160).all()
    assert abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.02
