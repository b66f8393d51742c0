"""Text to sentences: the laws, then a table of cases."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vocoder.text.sentences import LONGEST_SENTENCE, split_sentences

_dense = st.lists(
    st.sampled_from(
        [
            "Dr.",
            "U.S.",
            "a.m.",
            "word",
            "The",
            "5",
            ".",
            "!",
            "?",
            "…",
            '"',
            "(",
            ")",
            "\n",
            "\n\n",
            " ",
            "- ",
            "1. ",
            "。",
            ", ",
            "x" * 200,
            "J. ",
        ]
    ),
    max_size=40,
).map("".join)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=300), _dense))
def test_sentences_are_in_order_and_nothing_but_white_space_lies_outside(text: str) -> None:
    spans = split_sentences(text)
    last = 0
    for start, end in spans:
        assert last <= start < end <= len(text)
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        assert end - start <= LONGEST_SENTENCE
        last = end
    assert not text[last:].strip()


@pytest.mark.parametrize(
    "unit",
    [
        ".",
        "\n",
        "\n ",
        " ",
        "a",
        "a,",
        "\n    1",
        "\"'",
        '!"',
        "a. ",
        "(. ",
        "1.",
        "Dr. ",
        "…\n",
        "J.",
    ],
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    """Half a million characters that invite a search to start over at each place: quadratic time
    would be minutes.
    """
    text = unit * (500_000 // len(unit))
    started = time.process_time()
    split_sentences(text)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "sentences",
    [
        ["Hello.", "World."],
        ["What?!", "No way!!", "Yes."],
        ["Dr. Smith met Mr. and Mrs. Jones vs. Prof. Brown."],
        ["We met at 5 p.m.", "They talked."],
        ["At 5 a.m. on Monday it rained.", "It was cold."],
        ["J. R. R. Tolkien wrote it.", "C. S. Lewis read it."],
        ["J.R.R. Tolkien wrote it.", "George W. Bush did not."],
        ["So do I.", "She knows."],
        ["Take vitamin C.", "The best is fresh."],
        ["The U.S. Senate met.", "Then it left."],
        ["He lives in the U.S.", "He likes it."],
        ["In Washington, D.C. it rains."],
        ["A.k.a. Bob, e.g. Apples, i.e. Fruit.", "Done."],
        ["It costs 3.14 dollars.", "Really."],
        ["Version 2.0.1 of example.com is out.", "Get it."],
        ["See No. 5 and p. 12 in vol. 3.", "End."],
        ["No.", "I won't."],
        ["I have no.", "None."],
        ["He was born on Jan. 5.", "He died in Dec.", "The end."],
        ["We live on St. John St.", "The house is blue."],
        ["Apple Inc.", "Then came others, etc.", "More followed."],
        ["They bought apples, pears, etc. and left."],
        ["Wait... what?", "No...", "Stop."],
        ["Well… maybe.", "Fine…", "Go."],
        ['"Stop!" he said.', '"Go."', "She left."],
        ["“Yes.”", "“No.”"],
        ["'Why?' she asked.", "He said 'no.'", "Then he left."],
        ["(He left.)", "She stayed (for now)."],
        ["She came (at last!) and sat down."],
        ["There we sat.", "John left."],
        ["He saw the sun.", "Anna did not."],
        ["On Sat. Fifth Street is closed."],
        ["¿Qué?", "¡Sí!"],
        ["你好。", "再见！", "好吗？"],
        ["مرحبا؟", "नमस्ते।", "ok"],
        ["Really‽", "Yes⁈"],
        ["Yahoo!'s offer and Jeopardy!-like shows."],
        ["Type main.c or a.b.c now."],
        ["It is 5.", "6 is next."],
        ["The temperature is 5. that is low."],
        ["...", "Hm."],
        ["!?"],
        ["Ph.D. students work.", "She has a Ph.D.", "He has none."],
        ["Smith et al.", "Found it."],
        ["Chapter 1.", "The start."],
        ["It weighs 5 lbs.", "Lift it."],
        ["Call Gen. Lee, Sen. Byrd and Lt. Col. North."],
        ["It ended at 10 min.", "We left."],
        ["It was I.", "You knew.", "World War I.", "Never again."],
    ],
    ids=lambda sentences: sentences[0][:30],
)
def test_sentences(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n\t ", []),
        ("no mark at all", ["no mark at all"]),
        ("One\n\nTwo\n \nThree", ["One", "Two", "Three"]),
        ("a line\nthat goes on. And\nanother", ["a line\nthat goes on.", "And\nanother"]),
        ("Buy:\n- milk\n- bread\n* eggs", ["Buy:", "- milk", "- bread", "* eggs"]),
        (
            "1. First thing\n2. Second thing\n10) Last",
            ["1. First thing", "2. Second thing", "10) Last"],
        ),
        ("a) one\nb) two", ["a) one", "b) two"]),
        ("你好。再见！好吗？", ["你好。", "再见！", "好吗？"]),
        ("「你好。」他说。", ["「你好。」", "他说。"]),
        ("What?Yes!No.", ["What?", "Yes!", "No."]),
        ("One.\nTwo.\r\nThree.", ["One.", "Two.", "Three."]),
        ("Hello.   ", ["Hello."]),
    ],
)
def test_white_space_and_what_stands_for_it(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        # the best mark, not the nearest to the limit
        (
            "word, " * 40 + "part; " + "word " * 60,
            ";",
        ),
        ("word " * 50 + "word, " + "word " * 60, ","),
        ("word " * 120, "word"),
        ("x" * 1000, "x"),
        ("word — " * 80, "—"),
    ],
)
def test_long_sentences_are_divided_at_the_best_place(text: str, ends: str) -> None:
    first, *rest = split(text)
    assert rest
    assert first.endswith(ends)
    assert "".join(split(text)).replace(" ", "") == text.replace(" ", "")


def test_no_part_of_a_divided_sentence_is_very_short() -> None:
    parts = split("word, " * 67 + "end.")
    assert len(parts) == 2
    assert min(map(len, parts)) >= 40
