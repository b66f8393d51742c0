"""A number and words with hyphens between them: "a 5-year-old", "the 21st-century"."""

from __future__ import annotations

import re

from vocoder.text.normalise.numbers import NUMBER, read_ordinal
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import quantity
from vocoder.text.normalise.words import read_word

_COUNT = re.compile(rf"({NUMBER})(?=-[^\W\d_])")


def read_compound(source: Source, at: int) -> Reading | None:
    """A number, a hyphen, and the word that is tied to it; what is spelled ("2-D") stands by
    itself.
    """
    found = _COUNT.match(source.text, at)
    number = (
        Reading(spoken=quantity(found.group(1)), end=found.end())
        if found
        else read_ordinal(source, at)
    )
    if number is None or source.character_after(number.end) != "-" or not source.starts_token(at):
        return None
    word = read_word(source, number.end + 1)
    if word is None:
        return None
    first = word.spoken.partition(" ")[0]
    joint = "-" if len(first) > 1 and first.islower() else " "
    return Reading(
        spoken=f"{number.spoken}{joint}{word.spoken}", end=word.end, skipped=word.skipped
    )
