"""From one number to another, and scores: "5-7", "10–20", "3-2"."""

from __future__ import annotations

import re

from vocoder.text.normalise.numbers import NUMBER
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import quantity

# A hyphen between spaces is a minus or a dash, an en dash between spaces is not.
_RANGE = re.compile(rf"({NUMBER})(?:[-–]|\s–\s|-to-)({NUMBER})(?![\w:/]|[-–][0-9])")


_EQUALS = re.compile(r"\s?=")
_LINK = re.compile(
    r"–(?=[^\W_])|-(?=(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z.]{0,7}\s?[0-9])"
)
_NOON_BEFORE = re.compile(r"\b(?:[Nn]oon|[Mm]idnight)\Z")
_DIGIT_NEXT = re.compile(r"[-–][0-9]")
_DECADE_NEXT = re.compile(r"[-–]'?[0-9]{1,3}0s\b")


def read_link(source: Source, at: int) -> Reading | None:
    """The dash between the ends of a range that are not both plain numbers: "Jan. 1–Feb. 15",
    "2021–present".
    """
    before = source.text[max(0, at - 2) : at]
    if before.endswith("s") and before[:1].isdigit() and _DECADE_NEXT.match(source.text, at):
        return Reading(spoken="to", end=at + 1)
    if _NOON_BEFORE.search(source.text[max(0, at - 9) : at]) and _DIGIT_NEXT.match(source.text, at):
        return Reading(spoken="to", end=at + 1)
    return (
        Reading(spoken="to", end=at + 1)
        if before[-1:].isdigit() and _LINK.match(source.text, at)
        else None
    )


def read_range(source: Source, at: int) -> Reading | None:
    """Two numbers with a dash between them, read with "to" whether they are a range or a score."""
    found = _RANGE.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    link = "minus" if _EQUALS.match(source.text, found.end()) else "to"  # "10-5=5"
    return Reading(
        spoken=f"{quantity(found.group(1))} {link} {quantity(found.group(2))}", end=found.end()
    )
