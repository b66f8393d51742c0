"""Every row of the table of readings, and what must be reported rather than read."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.text.normalise.table import Row, rows
from vocoder.text.normalise import Normalised, normalise

ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.group}: {row.written}" for row in ROWS])
def test_it_is_read_as_an_american_would(row: Row) -> None:
    assert normalise(row.written).text == row.spoken


def test_the_table_is_large_and_says_nothing_twice() -> None:
    assert len(ROWS) >= 400
    twice = [
        written for written, count in Counter(row.written for row in ROWS).items() if count > 1
    ]
    assert twice == []


@pytest.mark.parametrize("text", ["", " ", "\n\t", "...", "—", "()", "\u200b\ufeff", "' \" '"])
def test_nothing_to_say_is_no_text_and_no_error(text: str) -> None:
    assert normalise(text) == Normalised(text="", skipped=())


@pytest.mark.parametrize(
    "text, spoken, skipped",
    [
        ("Hi 😀!", "hi!", (("😀", "is a picture or a sign without a reading"),)),
        ("👩‍👩‍👧 family", "family", (("👩👩👧", "is a picture or a sign without a reading"),)),
        ("fine :-)", "fine", ((":-)", "is an emoticon"),)),
        ("<b>bold</b>", "bold", (("<b>", "is a tag"), ("</b>", "is a tag"))),
        ("one\n=====\ntwo", "one two", (("=====", "is a line of symbols"),)),
        ("so it is.²", "so it is.", (("2", "is the number of a note"),)),
        ("𐄇 Linear B", "linear B", (("𐄇", "is a number in a script that is not read"),)),
        ("a⁂b", "a b", (("⁂", "is a symbol without a reading"),)),
    ],
)
def test_what_cannot_be_spoken_is_skipped_and_reported(
    text: str, spoken: str, skipped: tuple[tuple[str, str], ...]
) -> None:
    assert normalise(text) == Normalised(text=spoken, skipped=skipped)


@pytest.mark.parametrize("word", ["привет", "你好", "नमस्ते", "สวัสดี", "γειά", "שלום"])
def test_words_in_other_scripts_are_left_to_the_phonemiser(word: str) -> None:
    assert normalise(f"Say {word}.") == Normalised(text=f"say {word}.", skipped=())


def test_what_is_removed_in_silence_leaves_the_words_whole() -> None:
    assert normalise("\ufeffco\u00adop\u200berate\u2060d\x07!").text == "cooperated!"
