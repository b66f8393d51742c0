"""Any Unicode to text that can be read, with the place of each character kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.text.cleaning import clean

# lone surrogates too
_any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


@given(_any_text)
def test_clean_text_can_be_encoded_and_every_character_has_an_origin(text: str) -> None:
    cleaned = clean(text)
    cleaned.text.encode("utf-8")
    assert len(cleaned.origins) == len(cleaned.text)
    assert list(cleaned.origins) == sorted(set(cleaned.origins))
    assert all(0 <= origin < len(text) for origin in cleaned.origins)
    assert not {
        unicodedata.category(character) for character in cleaned.text.replace("\n", " ")
    } & {"Cc", "Cs", "Co", "Cn"}


@given(_any_text)
def test_clean_text_stays_as_it_is(text: str) -> None:
    once = clean(text).text
    again = clean(once)
    assert again.text == once
    assert again.removed == ()


@given(_any_text)
def test_what_is_removed_is_reported_at_its_place_and_printable(text: str) -> None:
    for removed in clean(text).removed:
        assert removed.text.isprintable()
        assert removed.text.startswith(f"U+{ord(text[removed.start]):04X}")


@given(
    st.text(
        alphabet=st.characters(categories=("L", "N", "P", "S"), exclude_characters="\ufffc\ufffd")
    )
)
def test_letters_digits_marks_and_symbols_are_kept(text: str) -> None:
    assert clean(text).text == text


@pytest.mark.parametrize(
    ("text", "clean_text"),
    [
        ("", ""),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\tb\xa0c\u3000d", "a b c d"),
        ("\ufeffs\u200bo\u00adf\u202et", "soft"),
        ("z" + "\u0301" * 50 + "a" + "\u0337" * 3, "z\u0301\u0301a\u0337\u0337"),
        ("👩\u200d🚀 1\ufe0f\u20e3", "👩\u200d🚀 1\ufe0f\u20e3"),
        ("a\0\0b\ud800c\ue000", "a b c "),
    ],
)
def test_texts(text: str, clean_text: str) -> None:
    assert clean(text).text == clean_text


def test_one_report_for_each_run() -> None:
    removed = clean("a\0\0\x01b\ud800" + "\ue000" * 20).removed
    assert [(one.text, one.start, one.reason.split()[-1]) for one in removed] == [
        ("U+0000 U+0000 U+0001", 1, "character"),
        ("U+D800", 5, "pair"),
        (" ".join(["U+E000"] * 8) + " ...", 6, "own"),
    ]
