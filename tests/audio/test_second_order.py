"""The filter in C++ has the bits that scipy gives it, in pieces of any size."""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.audio.second_order import plain_second_order, second_order
from vocoder.compiled import native_module

NUMERATOR = np.array([1.5351, -2.6917, 1.1984])
DENOMINATOR = np.array([1.0, -1.6907, 0.7325])


@pytest.mark.skipif(native_module() is None, reason="nothing was compiled")
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_it_is_scipys_bit_for_bit(size: int) -> None:
    samples = np.random.default_rng(3).standard_normal(1_000)
    wanted, last = plain_second_order(samples, NUMERATOR, DENOMINATOR, np.zeros(2))
    pieces, state = [], np.zeros(2)
    for start in range(0, len(samples), size):
        piece, state = second_order(samples[start : start + size], NUMERATOR, DENOMINATOR, state)
        pieces.append(piece)
    np.testing.assert_array_equal(np.concatenate(pieces), wanted)
    np.testing.assert_array_equal(state, last)


def test_nothing_changes_nothing() -> None:
    state = np.array([0.25, -0.5])
    made, after = second_order(np.zeros(0), NUMERATOR, DENOMINATOR, state)
    assert len(made) == 0
    np.testing.assert_array_equal(after, state)


@pytest.mark.skipif(native_module() is None, reason="nothing was compiled")
def test_what_does_not_fit_is_refused() -> None:
    native = native_module()
    assert native is not None
    with pytest.raises(ValueError, match="begin with 1"):
        native.second_order(NUMERATOR, DENOMINATOR * 2, np.zeros(2), np.zeros(5))
    with pytest.raises(TypeError):
        native.second_order(NUMERATOR[:2], DENOMINATOR, np.zeros(2), np.zeros(5))
