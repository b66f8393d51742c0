"""IPA spelt with the phonemes of the inventory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.text.inventory import ABSENT, CONSONANTS, PAUSE, PHONEMES, VOWELS, spell


def test_the_inventory_begins_with_absent_and_pause_and_repeats_nothing() -> None:
    assert PHONEMES[:2] == (ABSENT, PAUSE)
    assert len(set(PHONEMES)) == len(PHONEMES) == 2 + len(VOWELS) + len(CONSONANTS)


@given(st.lists(st.sampled_from((*VOWELS, *CONSONANTS)), max_size=1))
def test_each_phoneme_spells_itself(symbols: list[str]) -> None:
    assert spell("".join(symbols)) == (tuple(symbols), "")


@given(st.text(max_size=40))
def test_any_text_is_spelt_or_reported(text: str) -> None:
    symbols, unknown = spell(text)
    assert set(symbols) <= set(PHONEMES[2:])
    assert len(symbols) <= 2 * len(text)
    assert len(unknown) <= 4 * len(text)  # decomposition makes up to four characters of one


@pytest.mark.parametrize(
    ("ipa", "symbols"),
    [
        ("ɑːɹ", ("ɑː", "ɹ")),
        ("n̩", ("ə", "n")),
        ("əl", ("ə", "l")),
        ("iə", ("i", "ə")),
        ("ɑ̃", ("ɑː",)),  # nasal, as in French
        ("ʁ", ("ɹ",)),
        ("ç", ("h",)),
        ("c\u0327", ("h",)),
        ("nʲ", ("n",)),
        ("tʰ", ("t",)),
        ("øː", ("ɜː",)),
        ("ɲ", ("n", "j")),
        ("ts", ("t", "s")),
        ("t͡ʃ", ("tʃ",)),  # with a tie bar
        ("e", ("eɪ",)),
    ],
)
def test_foreign_phones_become_the_nearest(ipa: str, symbols: tuple[str, ...]) -> None:
    assert spell(ipa) == (symbols, "")


def test_what_is_no_phone_is_reported() -> None:
    assert spell("k7æ!") == (("k", "æ"), "7!")
