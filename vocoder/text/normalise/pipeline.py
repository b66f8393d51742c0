"""The order in which rules are asked.

At each position the rules for what stands there (a letter, a digit, anything else) are asked one after the other, and the first that answers is believed. So
the order says which reading wins where several are possible: the more special before the more general.
"""

from __future__ import annotations

from vocoder.text.normalise.abbreviations import read_abbreviation
from vocoder.text.normalise.numbers import read_number, read_ordinal
from vocoder.text.normalise.punctuation import read_mark
from vocoder.text.normalise.source import Reading, Rule, Source
from vocoder.text.normalise.symbols import read_symbol, read_unspeakable
from vocoder.text.normalise.words import read_word

AT_LETTER: tuple[Rule, ...] = (read_abbreviation, read_word)
AT_DIGIT: tuple[Rule, ...] = (read_ordinal, read_number)
AT_OTHER: tuple[Rule, ...] = (read_number, read_word, read_mark, read_symbol)


def read(source: Source) -> list[Reading]:
    """Readings of the whole text, in order, without gaps but for spaces."""
    readings: list[Reading] = []
    text = source.text
    at = 0
    while at < len(text):
        if text[at] == " " or text[at].isspace():
            at += 1
            continue
        reading = _first(source, at)
        assert reading.end > at, "a rule reads at least one character"
        readings.append(reading)
        at = reading.end
    return readings


def _first(source: Source, at: int) -> Reading:
    character = source.text[at]
    rules = AT_LETTER if character.isalpha() else AT_DIGIT if "0" <= character <= "9" else AT_OTHER
    for rule in rules:
        reading = rule(source, at)
        if reading is not None:
            return reading
    return read_unspeakable(source, at)
