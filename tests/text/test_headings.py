"""Headings in plain text: which lines are some, and that all else stays what it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vocoder.text import Analysis, TextWithHeadings, analyse, analyser_of, analysis_of
from vocoder.text.headings import CHAPTER, LONGEST_TITLE, has_headings, read_headings


def read(text: str) -> Analysis:
    return analysis_of(
        analyser_of(TextWithHeadings(text), language="en-us", voice="tiny", speakers=("anna",))
    )


def titles(text: str) -> list[str]:
    return [
        mark.name.removeprefix(CHAPTER)
        for mark in analyser_of(
            TextWithHeadings(text), language="en-us", voice="tiny", speakers=("anna",)
        ).marks
    ]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("# One", "One"),
        ("###### Deep", "Deep"),
        ("   #\tIndented  twice ", "Indented twice"),
        ("## Closed ##", "Closed"),
        ("## Closed # ##  ", "Closed #"),
        ("# C#", "C#"),
        ("# Ünï\u202ecödé \u6f22", "Ünïcödé \u6f22"),
        ("# 1984", "1984"),
        ("# \x00Bad\ud800 bytes", "Bad bytes"),
        ("# " + "a" * 300, "a" * (LONGEST_TITLE - 1) + "…"),
        ("#One", None),
        ("####### Seven", None),
        ("    # Code", None),
        ("\t# Code", None),
        ("#", None),
        ("# ", None),
        ("# ***", None),
        ("# ##", None),
        ("We are # 1", None),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", "\u2028"])
def test_which_lines_are_headings(line: str, title: str | None, end: str) -> None:
    for text in (line + end, f"Before.{end or chr(10)}{line}{end or chr(10)}After."):
        assert titles(text) == ([] if title is None else [title])
        assert has_headings(text) == (title is not None)


def test_a_heading_is_a_sentence_between_two_paragraphs() -> None:
    text = (
        "It ended\n# Chapter 1. Of Mr. Smith\nHe came. He\r\nwent.\r\n\r\n\r\n## What? No! "
        "##\r\nYes"
    )
    sentences = read(text).sentences
    assert [sentence.text for sentence in sentences] == [
        "It ended",
        "Chapter 1. Of Mr. Smith",
        "He came.",
        "He\nwent.",
        "What? No!",
        "Yes",
    ]
    assert [sentence.ends_paragraph for sentence in sentences] == [
        True,
        True,
        False,
        True,
        True,
        False,
    ]
    assert all(
        text[sentence.start : sentence.end].replace("\r\n", "\n") == sentence.text
        for sentence in sentences
    )
    assert sentences[1].words == ("chapter", "one", "of", "mister", "smith")


def test_marks_stand_where_titles_begin() -> None:
    text = "One.\n  ## Two ##\nThree.\n# Four"
    assert [
        (mark.origin, mark.name) for mark in read_headings(text).cues if hasattr(mark, "name")
    ] == [
        (text.index("Two"), "chapter:Two"),
        (text.index("Four"), "chapter:Four"),
    ]


PLAIN = [
    "Oh. Hi there, J. R. Tolkien said",
    "\n",
    "\n\n",
    "We # are 5 % of $3.",
    "#tag and ",
    "日本",
    "\x00",
    "* item\n* other\n",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PLAIN)).map("".join))
def test_a_text_without_headings_is_the_plain_text(text: str) -> None:
    plain, headed = analyse(text), read(text)
    assert headed.skipped == plain.skipped
    assert [
        (one.text, one.start, one.end, one.words, one.ends_paragraph, one.features.phonemes)
        for one in headed.sentences
    ] == [
        (one.text, one.start, one.end, one.words, one.ends_paragraph, one.features.phonemes)
        for one in plain.sentences
    ]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*PLAIN, "# ", "## ", " ##", "\n# One\n", "\r", "    "])).map("".join)
)
def test_whatever_is_given_is_read(text: str) -> None:
    script = read_headings(text)
    assert len(script.origins) == len(script.text)
    assert list(script.origins) == sorted(script.origins)
    assert all(
        text[origin] == character or character == "\n"
        for origin, character in zip(script.origins, script.text, strict=True)
    )
    read(text)


@pytest.mark.parametrize(
    "text",
    [
        "# a" + " " * 200_000 + "b",
        "# " + "#" * 200_000 + " a",
        "# a" + " #" * 100_000,
        "# a\n" * 50_000,
    ],
)
def test_no_line_takes_long(text: str) -> None:
    began = time.process_time()
    read_headings(text)
    assert time.process_time() - began < 2.0
