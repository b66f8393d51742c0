from __future__ import annotations

import pytest

from vocoder.text import analyse


@pytest.mark.parametrize(
    ("text", "rising"),
    [
        ("Is it true?", True),
        ("And do you like it?", True),
        ("You are coming?", True),
        ("What is it?", False),
        ("Who\u2019s there?", False),
        ("In which year was that?", False),
        ("So, how was it?", False),
        ("Is it true.", False),
        ("Come here!", False),
        ("Really?!", True),
        ("To?", True),
    ],
)
def test_questions_that_are_answered_with_yes_or_no_rise(text: str, rising: bool) -> None:
    (sentence,) = analyse(text).sentences
    assert sentence.rises is rising
