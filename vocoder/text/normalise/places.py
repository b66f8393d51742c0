"""Postal codes of the American states behind a town, with their ZIP codes: "Chicago, IL 60614"."""

from __future__ import annotations

import re

from vocoder.text.normalise.initialisms import is_word
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import one_by_one
from vocoder.text.normalise.word_lists import listed

_STATES = {
    "AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california",
    "CO": "colorado", "CT": "connecticut", "DE": "delaware",
    "FL": "florida", "GA": "georgia", "HI": "hawaii", "ID": "idaho", "IL": "illinois",
    "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky",
    "LA": "louisiana", "ME": "maine", "MD": "maryland", "MA": "massachusetts", "MI": "michigan",
    "MN": "minnesota", "MS": "mississippi", "MO": "missouri",
    "MT": "montana", "NE": "nebraska", "NV": "nevada", "NH": "new hampshire", "NJ": "new jersey",
    "NM": "new mexico", "NY": "new york",
    "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma", "OR": "oregon",
    "PA": "pennsylvania", "RI": "rhode island",
    "SC": "south carolina", "SD": "south dakota", "TN": "tennessee", "TX": "texas", "UT": "utah",
    "VT": "vermont", "VA": "virginia", "WA": "washington",
    "WV": "west virginia", "WI": "wisconsin", "WY": "wyoming", "DC": "D C",
}  # fmt: skip
# Words or degrees as well ("Well, OK.", "Jane Doe, MD"): they are states only with a ZIP code
# behind them.
_DOUBTFUL = listed("OK IN OR ME HI OH MA PA ID MD LA AL DE")
_STATE = re.compile(r"([A-Z]{2})(?:,?\s([0-9]{5})(?:-([0-9]{4}))?(?![^\W_]))?(?![^\W_])")
_NEXT = re.compile(r"\s?(?:[,.;:)!?]|$)|\s[a-z]")


def read_state(source: Source, at: int) -> Reading | None:
    """The state behind a town and a comma."""
    text = source.text
    found = _STATE.match(text, at)
    if found is None or found.group(1) not in _STATES or text[max(0, at - 2) : at] != ", ":
        return None
    town = source.word_before(at)
    if not town[:1].isupper() or (
        len(town) > 1 and town.isupper() and not is_word(town.lower(), shouted=True)
    ):
        return None  # "MRI, CT and EKG"
    state, code, extension = found.groups()
    if code is None and (state in _DOUBTFUL or not _NEXT.match(text, found.end())):
        return None
    parts = [_STATES[state], *(one_by_one(digits) for digits in (code, extension) if digits)]
    return Reading(spoken=" ".join(parts), end=found.end())
