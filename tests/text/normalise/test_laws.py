"""Laws of normalisation: its alphabet, that reading twice changes nothing, that it is a function,
that time grows with length alone.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.normalise.table import rows
from vocoder.text.normalise import normalise
from vocoder.text.normalise.abbreviation_names import PLAIN

# Written pieces that rules look for, and what may stand between them: texts of these come near to
# every boundary between rules.
_PIECES = sorted(
    {piece for row in rows() for piece in row.written.split()}
    | set(PLAIN)
    | {abbreviation.capitalize() + "." for abbreviation in PLAIN}
)
_LETTERS = list("ABIVXas'")
_JOINTS = [
    "",
    " ",
    "-",
    ".",
    ",",
    "'",
    '"',
    "(",
    ")",
    "/",
    ":",
    "😀",
    "\u200b",
    "*",
    "&",
    "@",
    "—",
    "\n",
    "1",
    "A",
    "°",
    "²",
    "½",
]
_RAW = st.lists(
    st.tuples(st.sampled_from(_PIECES + _LETTERS), st.sampled_from(_JOINTS)), max_size=12
).map(lambda pairs: "".join(map("".join, pairs)))
_SPACED = st.lists(st.sampled_from(_PIECES + _LETTERS), max_size=12).map(" ".join)
_ANY = st.text(st.characters(), max_size=60)
_ASCII = st.text(st.sampled_from([chr(code) for code in range(32, 127)]), max_size=60)
_TEXTS = st.one_of(_RAW, _SPACED, _ANY, _ASCII)


def _is_word(word: str) -> bool:
    parts = re.split("['-]", word.removeprefix("'"))
    inner = all(parts) and all(
        character.isalpha() or unicodedata.category(character)[0] == "M"
        for part in parts
        for character in part
    )
    return inner and (word == word.lower() or re.fullmatch("[A-Z](?:'s)?", word) is not None)


def _assert_alphabet(spoken: str) -> None:
    for token in spoken.split(" ") if spoken else []:
        word = token[:-1] if token[-1] in ",;:.?!—" else token
        assert _is_word(word), (token, spoken)


@settings(max_examples=1500, deadline=None)
@given(_TEXTS)
def test_the_output_has_words_and_single_marks_alone(text: str) -> None:
    _assert_alphabet(normalise(text).text)


@settings(max_examples=1500, deadline=None)
@given(_TEXTS)
def test_reading_what_was_read_changes_nothing_and_skips_nothing(text: str) -> None:
    spoken = normalise(text).text
    again = normalise(spoken)
    assert again.text == spoken
    assert again.skipped == ()


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_it_is_a_function(text: str) -> None:
    assert normalise(text) == normalise(text)


@settings(max_examples=1500, deadline=None)
@given(_TEXTS)
def test_every_word_has_a_place_and_places_come_in_order(text: str) -> None:
    found = normalise(text)
    assert len(found.places) == len(found.text.split())
    known = [place for place in found.places if place is not None]
    assert all(0 <= start < end <= len(text) for start, end in known)
    assert all(
        one[0] <= following[0] and one[1] <= following[1] for one, following in pairwise(known)
    )


@settings(max_examples=500, deadline=None)
@given(_TEXTS)
def test_what_stands_at_a_word_s_place_is_read_as_that_word_in_ascii(text: str) -> None:
    """All of it that is a word of plain letters, that is; what stands around it may have it read
    otherwise ("A", "al", "St").
    """
    found = normalise(text)
    assert not text.isascii() or None not in found.places
    for token, place in zip(found.text.split(), found.places, strict=True):
        if (
            place is not None
            and re.fullmatch("[a-z]{4,}", text[slice(*place)])
            and text[slice(*place)] not in PLAIN
        ):
            assert token.rstrip(",;:.?!—").replace("-", "").endswith(text[slice(*place)])


def test_every_row_of_the_table_is_in_the_alphabet_and_stays_as_it_is() -> None:
    for row in rows():
        _assert_alphabet(row.spoken)
        assert normalise(row.spoken).text == row.spoken, row


# Samples that reach every block; all characters were run once.
@pytest.mark.parametrize(
    "step", [61, pytest.param(7, marks=(pytest.mark.slow, pytest.mark.thorough))]
)
def test_every_character_can_be_met(step: int) -> None:
    for code in range(0, sys.maxunicode + 1, step):
        for text in (chr(code), f"a{chr(code)}b 1{chr(code)}"):
            spoken = normalise(text).text
            _assert_alphabet(spoken)
            assert normalise(spoken).text == spoken, (hex(code), spoken)


def test_letters_about_a_slash_are_read_whether_they_abbreviate_something_or_not() -> None:
    """ "C/c" was once taken for an abbreviation that nobody knew, and broke off."""
    for first in "abcnowC":
        for second in "abcnowC":
            assert normalise(f"{first}/{second}").text
