"""Words that espeak-ng says wrongly: each differs from what it says, and their possessives are
known.
"""

from __future__ import annotations

import pytest

from vocoder.text import analyse
from vocoder.text.exceptions import NAMES, WORDS, exception_of
from vocoder.text.phonemes import EspeakPhonemiser

ENGLISH = EspeakPhonemiser()


@pytest.mark.parametrize("word", sorted(WORDS))
def test_an_exception_is_needed_and_can_be_said(word: str) -> None:
    own = exception_of(word, capital=False)
    assert own
    assert (own,) != tuple(ENGLISH.pronounce([word])), "espeak-ng says it so by itself"
    assert exception_of(f"{word}'s", capital=False)[: len(own)] == own


def test_names_need_their_capital() -> None:
    assert set(NAMES).isdisjoint(WORDS)
    assert exception_of("xi", capital=True)
    assert exception_of("xi", capital=False) == ()
    assert exception_of("table", capital=True) == ()


def test_a_sentence_has_them() -> None:
    (sentence,) = analyse("Tucson's mayor met Xi.").sentences
    assert sentence.told == ("exception", "", "", "exception")
