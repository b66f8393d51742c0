"""Fractions and mixed numbers: "3/4", "2 1/2"."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, ordinal, plural, quantity

# What is read as a fraction rather than as two numbers with a slash between them.
FRACTION = r"[0-9]{1,4}/[1-9][0-9]{0,3}(?![0-9/]|\.[0-9])"
MIXED = rf"[0-9]{{1,6}}[ -]{FRACTION}"
_NAMES = {"2": "half", "4": "quarter"}
_FRACTION = re.compile(r"(?:([0-9]{1,6})[ -])?([0-9]{1,4})/([0-9]{1,4})")
_RULE = re.compile(
    rf"(-?(?:{MIXED}|{FRACTION}))(?:(?<=[0-9])(?:ths?|rds?|nds?|TH|RD|ND))?(?![A-Za-z])"
)
_METER = re.compile(
    r"([0-9]{1,2})/([248]|16)(?=[ -](?:time|meter|metre|signature|beat|waltz|rhythm|feel)\b)"
)
_CHOICE = re.compile(r"[0-9]{1,4}(?:/[0-9]{1,4}){2,5}(?![\w/%]|\.[0-9])")
_RATING = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)/(5|10|100)(?![\w/%]|\.[0-9])")
_STARS = re.compile(r" (?:stars?|rating|score|points)\b")
_PART_OF = re.compile(r" (?:of|mile|inch|cup|second)\b")
# the greatest numerator of an improper fraction whose denominator is read as an ordinal: "nine
# fifths", but "twenty-two over seven"
_LONGEST_NAMED = 9


def fraction(written: str) -> str:
    """A fraction in words: "3/4" -> "three quarters", "1 1/2" -> "one and a half".

    Args:
        written: what `MIXED` or `FRACTION` matches.
    """
    found = _FRACTION.fullmatch(written)
    assert found is not None, "the pattern that found it is narrower"
    whole, top, bottom = found.groups()
    part = _part(top, bottom)
    if whole is None:
        return part
    return f"{cardinal(whole)} and {'a half' if part == 'one half' else part}"


def is_part(written: str) -> bool:
    """Whether a number is a proper fraction, part of one whole."""
    top, _, bottom = written.partition("/")
    return top.isdigit() and bottom.isdigit() and int(top) < int(bottom)


def read_fraction(source: Source, at: int) -> Reading | None:
    """A fraction by itself; with a unit it is read by the unit's rule."""
    if meter := _METER.match(source.text, at):
        return Reading(
            spoken=f"{cardinal(meter.group(1))} {cardinal(meter.group(2))}", end=meter.end()
        )
    if (choice := _CHOICE.match(source.text, at)) and source.starts_token(at):
        return Reading(
            spoken=" slash ".join(map(cardinal, choice.group().split("/"))), end=choice.end()
        )
    found = _RULE.match(source.text, at)
    if found is None or (source.text[at] == "-" and source.character_before(at).strip()):
        return None
    written = found.group(1)
    return Reading(
        spoken=f"minus {fraction(written[1:])}" if written[0] == "-" else fraction(written),
        end=found.end(),
    )


def read_rating(source: Source, at: int) -> Reading | None:
    """A mark out of a number of points: "8/10", "4.5/5", "4/5 stars"; fifths and hundredths are
    fractions without a sign of that.
    """
    found = _RATING.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    mark, points = found.groups()
    tenths = points == "10" and not _PART_OF.match(source.text, found.end())
    if not (tenths or "." in mark or _STARS.match(source.text, found.end())):
        return None
    return Reading(spoken=f"{quantity(mark)} out of {cardinal(points)}", end=found.end())


def _part(top: str, bottom: str) -> str:
    numerator = cardinal(top)
    if int(bottom) == 1 or (int(top) > int(bottom) and int(top) > _LONGEST_NAMED):
        return f"{numerator} over {cardinal(bottom)}"
    name = _NAMES.get(bottom) or ordinal(bottom)
    if int(top) == 1:
        return f"{numerator} {name}"
    return f"{numerator} {'halves' if name == 'half' else plural(name)}"
