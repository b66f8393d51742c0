"""Gains per frame become gains per sample: ramped, in any chunking the same, and saved as they
are.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vocoder.audio.gain import GainState, state_bytes
from vocoder.errors import EngineError

HOP = 8
FRAMES = np.array([1.0, 0.5, 0.5, 2.0, 0.0], np.float32)


def pushed(sizes: list[int]) -> np.ndarray:
    """All gains, the codes coming in pieces of these sizes over and over."""
    state, done, turn = GainState(), 0, 0
    while done < HOP * len(FRAMES):
        count = min(sizes[turn % len(sizes)], HOP * len(FRAMES) - done)
        state = GainState.from_bytes(state.push(FRAMES[done // HOP :], count, HOP).to_bytes(100))
        done, turn = done + count, turn + 1
    return state.take(len(state.waiting))[0]


def test_a_gain_moves_in_a_straight_line_over_the_first_frame_of_the_new_one() -> None:
    ramp = np.arange(1, HOP + 1) / HOP
    expected = np.concatenate(
        [np.ones(HOP), 1 - 0.5 * ramp, np.full(HOP, 0.5), 0.5 + 1.5 * ramp, 2 - 2 * ramp]
    )
    np.testing.assert_allclose(pushed([1_000]), expected, atol=1e-6)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_any_chunking_gives_the_same(sizes: list[int]) -> None:
    np.testing.assert_array_equal(pushed(sizes), pushed([1_000]))


def test_samples_that_leave_take_theirs_with_them() -> None:
    state = GainState().push(FRAMES, 20, HOP)
    first, state = state.take(5)
    second, state = state.take(15)
    np.testing.assert_array_equal(np.concatenate([first, second]), pushed([1_000])[:20])
    assert len(state.waiting) == 0


def test_damaged_bytes_are_refused() -> None:
    saved = GainState().push(FRAMES, 20, HOP).to_bytes(30)
    assert len(saved) == state_bytes(30)
    for damaged in (b"", saved[:4], saved[:40]):
        with pytest.raises(EngineError, match="saved gains are damaged"):
            GainState.from_bytes(damaged)
