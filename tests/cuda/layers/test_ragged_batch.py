"""Sentences side by side: each begins with a tile of its own, and comes out as it went in."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vocoder.cuda.ragged_batch import TILE, RaggedBatch

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    "lengths", [(), (0,), (1,), (TILE,), (TILE + 1, 1, 0, 3 * TILE, 5)], ids=str
)
def test_each_tile_is_one_sentences(lengths: tuple[int, ...]) -> None:
    ragged = RaggedBatch.of(lengths, CPU)
    assert ragged.lengths == lengths
    assert ragged.num_rows == TILE * len(ragged.firsts) == TILE * len(ragged.behinds)
    owners = np.full(ragged.num_rows, -1)
    for index, (start, length) in enumerate(zip(ragged.starts, lengths, strict=True)):
        assert start % TILE == 0
        assert (owners[start : start + length] == -1).all(), "two sentences have the same row"
        owners[start : start + length] = index
    for tile, (first, behind) in enumerate(
        zip(ragged.firsts.tolist(), ragged.behinds.tolist(), strict=True)
    ):
        (owner,) = set(owners[tile * TILE : (tile + 1) * TILE]) - {-1}
        assert (first, behind) == (ragged.starts[owner], ragged.starts[owner] + lengths[owner])


def test_what_is_joined_can_be_split_and_there_is_nothing_between() -> None:
    random = np.random.default_rng(1)
    parts = [random.normal(size=(length, 3)).astype(np.float32) for length in (5, 0, TILE, 1)]
    ragged = RaggedBatch.of([len(part) for part in parts], CPU)
    joined = ragged.joined(parts)
    assert joined.dtype == torch.float32
    for part, back in zip(parts, ragged.split(joined), strict=True):
        np.testing.assert_array_equal(back.numpy(), part)
        back.zero_()
    assert not joined.any()


def test_numbers_of_rows_are_shifted_to_where_their_sentence_lies() -> None:
    ragged = RaggedBatch.of([3, 2], CPU)
    joined = ragged.joined([np.array([2, 0, 1]), np.array([1, 1])], shift=[0, 100])
    assert [part.tolist() for part in ragged.split(joined)] == [[2, 0, 1], [101, 101]]
    assert joined.dtype == torch.int64


def test_what_is_of_another_batch_is_not_split() -> None:
    with pytest.raises(AssertionError):
        RaggedBatch.of([3, 2], CPU).split(torch.zeros(5, 1))


def test_unrelated_rows_have_no_gaps() -> None:
    ragged = RaggedBatch.unrelated(TILE + 3, CPU)
    assert ragged.num_rows == TILE + 3
    assert ragged.firsts.tolist() == [0, 0]
    assert ragged.behinds.tolist() == [TILE + 3, TILE + 3]
    assert len(RaggedBatch.unrelated(0, CPU).firsts) == 0
