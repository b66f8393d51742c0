"""Text that arrives word by word, and what of it can be spoken when."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.incremental_text import SentenceBuffer
from vocoder.text.sentences import split_sentences

TEXT = st.text(st.sampled_from("abcAB12 .,;:!?\n'\"-\u2014\u3002Dr"), max_size=300)


def pieces(chunks: list[str]) -> list[str]:
    all_of_it = SentenceBuffer()
    return [piece for chunk in chunks for piece in all_of_it.feed(chunk)] + all_of_it.flush()


@given(TEXT, st.lists(st.integers(0, 300)))
def test_how_the_text_was_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    cut = [text[start:end] for start, end in itertools.pairwise(places)]
    assert pieces(cut) == pieces([text]) == pieces(list(text))


@given(TEXT)
def test_nothing_is_lost_and_nothing_said_twice(text: str) -> None:
    assert "".join("".join(pieces([text])).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("fed", "ready"),
    [
        ("Hello there. ", []),
        ("Hello there. How", []),
        ("Hello there. How ", ["Hello there."]),
        ("I met Dr. Smith ", []),
        ("It costs 3.50 dollars ", []),
        ("Really?! Yes ", ["Really?!"]),
        ("One. Two. Three ", ["One.", "Two."]),
        ("A short clause, and more ", []),
        ("The first thing that is ever said, ", ["The first thing that is ever said,"]),
        ("Yes. And the second thing that is said, unlike ", ["Yes."]),
        (
            (
                "Yes. But this sentence has become so long by now that nobody should wait for its "
                "end, which may be far away "
            ),
            [
                "Yes.",
                "But this sentence has become so long by now that nobody should wait for its end,",
            ],
        ),
        (
            (
                "This sentence has become so long by now that nobody should have to wait for its "
                "end, which may be far away "
            ),
            [
                (
                    "This sentence has become so long by now that nobody should have to wait for "
                    "its end,"
                )
            ],
        ),
    ],
)
def test_what_is_complete(fed: str, ready: list[str]) -> None:
    assert SentenceBuffer().feed(fed) == ready


def test_after_a_flush_the_first_clause_is_spoken_again() -> None:
    text = SentenceBuffer()
    assert text.feed("Good morning to all of you here, and welcome to the show ") == [
        "Good morning to all of you here,"
    ]
    assert text.flush() == ["and welcome to the show"]
    assert text.feed("And so we come to the second half, which ") == [
        "And so we come to the second half,"
    ]


def test_a_whole_text_gives_its_sentences() -> None:
    text = "Dr. Smith came at 3 p.m. on Monday. He left early! Why? Nobody knows."
    assert pieces(list(text)) == [text[start:end] for start, end in split_sentences(text)]


def test_much_text_holds_up_no_event_loop() -> None:
    begun = time.process_time()
    pieces(["the quick brown fox, who jumps over lazy dogs and cats " * 180])
    # a tenth of it here; what must not be is time that grows with the square of the length
    assert time.process_time() - begun < 2.0
