"""Pre-emphasis and its inverse, in one piece and in many."""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.audio.emphasis import de_emphasise, plain_de_emphasise, pre_emphasise


@pytest.mark.parametrize("coefficient", [0.0, 0.5, 0.85, 0.97])
def test_de_emphasis_is_the_inverse(coefficient: float) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 10_000).astype(np.float32)
    restored, last = de_emphasise(pre_emphasise(samples, coefficient), coefficient)
    np.testing.assert_allclose(restored, samples, atol=5e-6)
    assert last == pytest.approx(samples[-1], abs=5e-6)


def test_pre_emphasis_lifts_the_treble() -> None:
    """Gain |1 - 0.85 e^-iw|: 0.15 at 0 Hz, 1.85 at half the sample rate."""
    steady, alternating = np.ones(64, np.float32), np.tile(np.array([1, -1], np.float32), 32)
    np.testing.assert_allclose(pre_emphasise(steady, 0.85)[1:], 0.15, atol=1e-6)
    np.testing.assert_allclose(np.abs(pre_emphasise(alternating, 0.85))[1:], 1.85, atol=1e-6)


def test_a_piece_is_emphasised_as_in_the_whole() -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 1_000).astype(np.float32)
    np.testing.assert_array_equal(
        pre_emphasise(samples[400:], 0.85, samples[399]), pre_emphasise(samples, 0.85)[400:]
    )


def test_the_input_is_left_alone() -> None:
    samples = np.ones(8, np.float32)
    pre_emphasise(samples, 0.85)
    np.testing.assert_array_equal(samples, np.ones(8, np.float32))


@pytest.mark.parametrize("size", [1, 7, 160, 999])
def test_pieces_give_the_same_bits_as_the_whole(size: int) -> None:
    samples = np.random.default_rng(2).uniform(-1, 1, 3_000).astype(np.float32)
    whole, whole_last = de_emphasise(samples, 0.85)
    last, pieces = 0.0, []
    for start in range(0, len(samples), size):
        piece, last = de_emphasise(samples[start : start + size], 0.85, last)
        pieces.append(piece)
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    assert last == whole_last


def test_an_empty_piece_changes_nothing() -> None:
    restored, last = de_emphasise(np.zeros(0, np.float32), 0.85, 0.25)
    assert len(restored) == 0
    assert last == 0.25


@pytest.mark.parametrize("count", [0, 1, 3_000])
@pytest.mark.parametrize("coefficient", [0.0, 0.85, 0.97])
def test_what_is_compiled_has_the_bits_of_scipy(coefficient: float, count: int) -> None:
    samples = np.random.default_rng(3).uniform(-1, 1, count).astype(np.float32)
    made, last = de_emphasise(samples, coefficient, 0.3)
    wanted, wanted_last = plain_de_emphasise(samples, coefficient, 0.3)
    np.testing.assert_array_equal(made, wanted)
    assert last == wanted_last
