"""How rules are asked: plain words at once, as their own rule would read them; digits that are
grouped; and the table of words for capitals.
"""

from __future__ import annotations

import lzma
import re
from pathlib import Path

import pytest

from tests.text.normalise.table import rows
from vocoder.text import normalise as package
from vocoder.text.normalise import normalise, pipeline
from vocoder.text.normalise.capital_words import could_be_word, is_known
from vocoder.text.normalise.grouping import regroup
from vocoder.text.normalise.pipeline import read
from vocoder.text.normalise.source import Source

DATA = Path(package.__file__).parent / "data"


def test_a_plain_word_is_read_as_all_rules_would_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text for row in rows() for text in (row.written, row.spoken)]
    texts += [
        f"{word.capitalize()} {word}, {word}"
        for word in {piece.lower() for text in texts for piece in text.split() if piece.isalpha()}
    ]
    quickly = [read(Source.of(text)) for text in texts]
    monkeypatch.setattr(pipeline, "_PLAIN_WORD", re.compile("(?!)"))  # no word is plain
    for text, readings in zip(texts, quickly, strict=True):
        assert [(at, reading) for at, reading, _ in read(Source.of(text))] == [
            (at, reading) for at, reading, _ in readings
        ], text


def test_rules_are_told_word_by_word() -> None:
    found = normalise("Dr. Lee paid $5 at 3pm, see example.com.")
    assert found.rules == (
        "abbreviation",
        "word",
        "word",
        "money",
        "money",
        "word",
        "time",
        "time",
        "time",
        "word",
        "address",
        "address",
        "address",
    )
    assert len(found.rules) == len(found.places)


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("10 000 people", "10,000 people"),
        ("1 234 567", "1,234,567"),
        ("1'000'000", "1,000,000"),
        ("1_000_000", "1,000,000"),
        ("12.345,67", "12,345.67"),
        ("1.234.567", "1,234,567"),
        ("call 212 555 0143", "call 212 555 0143"),
        ("+48 123 456 789", "+48 123 456 789"),
        ("192.168.100.200", "192.168.100.200"),
        ("page 12 100 times", "page 12,100 times"),
        ("in 2020 100 of them", "in 2020 100 of them"),
        ("my_var_100", "my_var_100"),
    ],
)
def test_digits_in_groups_get_commas_and_keep_their_places(text: str, grouped: str) -> None:
    assert regroup(text) == grouped
    assert len(grouped) == len(text)


def test_places_are_those_of_what_was_written() -> None:
    text = "Pay 10 000 &amp; go"
    found = normalise(text)
    assert found.text == "pay ten thousand and go"
    assert found.places[-1] is None or text[slice(*found.places[-1])] == "go"


def test_the_table_of_words_is_small_has_its_licence_and_holds_what_spelling_does_not_tell() -> (
    None
):
    packed = DATA / "cmudict_words.txt.xz"
    assert packed.stat().st_size < 200_000
    assert "Carnegie Mellon University" in (DATA / "LICENSE-CMUDICT.txt").read_text("utf-8")
    words = lzma.decompress(packed.read_bytes()).decode("ascii").split()
    assert words == sorted(set(words))
    assert {"against", "lincoln", "massachusetts", "psychology"} <= set(words)
    assert not [
        word for word in words if could_be_word(word) or not word.isalpha() or len(word) < 4
    ]
    assert is_known("against")
    assert not is_known("xqzt")
