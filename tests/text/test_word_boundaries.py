"""The natural reading of a clause divided among its words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vocoder.text.word_boundaries import share_out

Reading = tuple[str, ...]
_readings = st.lists(
    st.lists(st.sampled_from(["ə", "ɪ", "t", "n", "s"]), min_size=1, max_size=5).map(tuple),
    min_size=0,
    max_size=8,
)


@settings(max_examples=300)
@given(_readings, _readings)
def test_shares_adjoin_cover_everything_and_none_is_empty(
    chunks: list[Reading], words: list[Reading]
) -> None:
    """Or there are none: when words outnumber what was said, or the other way round."""
    shares = share_out(chunks, words)
    if shares is None:
        return
    assert len(shares) == len(words)
    assert [begin for begin, _ in shares] + [sum(map(len, chunks))] == [
        0,
        *[end for _, end in shares],
    ]
    assert all(begin < end for begin, end in shares)
    starts = {sum(map(len, chunks[:number])) for number in range(len(chunks))}
    # a chunk is one word or several, never parts of them
    assert starts <= {begin for begin, _ in shares}


@given(_readings, st.data())
def test_words_that_are_said_unchanged_get_themselves_back(
    words: list[Reading], data: st.DataObject
) -> None:
    """However they are joined, three at a time at most."""
    chunks: list[Reading] = []
    rest = words
    while rest:
        joined = data.draw(st.integers(1, 3))
        chunks.append(tuple(phone for word in rest[:joined] for phone in word))
        rest = rest[joined:]
    said = [phone for chunk in chunks for phone in chunk]
    shares = share_out(chunks, words)
    assert shares is not None
    assert [tuple(said[begin:end]) for begin, end in shares] == words


@pytest.mark.parametrize(
    ("chunks", "words", "bounds"),
    [
        (["ə v ð ə"], ["ʌ v", "ð ə"], [(0, 2), (2, 4)]),
        (["f ɚ ɹ ə", "m ɪ n ɪ t"], ["f ɔː ɹ", "ɐ", "m ɪ n ɪ t"], [(0, 3), (3, 4), (4, 9)]),
        (["aʊ ɾ ə v ə"], ["aʊ t", "ʌ v", "ɐ"], [(0, 2), (2, 4), (4, 5)]),
        (["ɪ n ð ə", "ɪ n ð ə"], ["ɪ n", "ð ə", "ɪ n", "ð ə"], [(0, 2), (2, 4), (4, 6), (6, 8)]),
        (["k ʊ d", "ɐ v b ɪ n"], ["k ʊ d", "h æ v", "b ɪ n"], [(0, 3), (3, 5), (5, 8)]),
        ([], [], []),
    ],
)
def test_joined_words(chunks: list[str], words: list[str], bounds: list[tuple[int, int]]) -> None:
    assert (
        share_out(
            [tuple(chunk.split()) for chunk in chunks], [tuple(word.split()) for word in words]
        )
        == bounds
    )


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        (["ə"], ["ʌ v", "ð ə"]),  # a word has vanished
        (["ɛ k s"], ["ɛ k s", "ɛ k s"]),
        (["ə", "v", "ə"], ["ʌ v", "ð ə"]),  # more chunks than words
        ([], ["ə"]),
        # more words than one chunk ever holds
        (
            ["a b c d e f g h i"],
            ["a", "b", "c", "d", "e", "f", "g"],
        ),
    ],
)
def test_what_cannot_be_divided_is_refused(chunks: list[str], words: list[str]) -> None:
    assert (
        share_out(
            [tuple(chunk.split()) for chunk in chunks], [tuple(word.split()) for word in words]
        )
        is None
    )
