"""Words respelt in letters that espeak-ng's English knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.text.espeak import Espeak
from vocoder.text.letters import halves, respell


@given(st.text(max_size=30))
def test_a_respelt_word_stays_as_it_is(word: str) -> None:
    """And has no character that espeak-ng's English does not know."""
    once = respell(word)
    assert respell(once) == once
    assert all(
        character in "'-" or (character.isalpha() and character <= "\u017f") for character in once
    )


@given(
    st.text(
        alphabet=st.characters(min_codepoint=0x180, max_codepoint=0x24F), min_size=1, max_size=3
    )
)
def test_no_letter_is_read_by_its_number(letters: str) -> None:
    """Between others, where a word would be: espeak-ng says "letter one e c five" for a letter that
    it does not know.
    """
    spelt = respell(f"ma{letters}ma")
    assert "ɛ_ɾ_ɚ" not in "".join(Espeak.shared().ipa(spelt, "en-us"))


@pytest.mark.parametrize(
    ("word", "spelt"),
    [
        ("naïve", "naïve"),
        ("Dvořák", "Dvořák"),
        ("Nguyễn", "Nguyen"),
        ("Nguye\u0302\u0303n", "Nguyen"),
        ("don’t", "don't"),
        ("é", "e"),
        ("A", "eh"),  # the letter's name, in sounds; "a" is the article
        ("ə", "e"),
        ("ǆ", "dz"),
        ("z̷̢a̷lgo", "zalgo"),
        ("well-known", "well-known"),
        ("日本", ""),
        ("Mosква", ""),
        ("'-'", ""),
        ("", ""),
        ("4", ""),
    ],
)
def test_words(word: str, spelt: str) -> None:
    assert respell(word) == spelt


@given(st.text(alphabet="ab-", min_size=2, max_size=50))
def test_halves_are_the_whole_and_neither_is_empty(word: str) -> None:
    before, after = halves(word)
    assert before + after == word
    assert before
    assert after


def test_a_word_is_divided_behind_a_hyphen() -> None:
    assert halves("mother-in-law") == ("mother-", "in-law")
    assert halves("abcdef") == ("abc", "def")
