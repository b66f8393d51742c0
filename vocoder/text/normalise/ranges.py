"""From one number to another, and scores: "5-7", "10–20", "3-2"."""

from __future__ import annotations

import re

from vocoder.text.normalise.numbers import NUMBER
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import quantity

# A hyphen between spaces is a minus or a dash, an en dash between spaces is not.
_RANGE = re.compile(rf"({NUMBER})(?:[-–]|\s–\s)({NUMBER})(?![\w:/]|[-–][0-9])")


def read_range(source: Source, at: int) -> Reading | None:
    """Two numbers with a dash between them, read with "to" whether they are a range or a score."""
    found = _RANGE.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    return Reading(spoken=f"{quantity(found.group(1))} to {quantity(found.group(2))}", end=found.end())
