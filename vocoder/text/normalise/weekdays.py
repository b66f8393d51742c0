"""Weekdays cut short ("Mon-Fri", "Mon, 5 Feb", "Sat and Sun"), and months from one to another
("Jan-Mar").
"""

from __future__ import annotations

import re

from vocoder.text.normalise.abbreviation_names import DAYS
from vocoder.text.normalise.dates import MONTHS, NEED_CAPITALS, SHORT_MONTHS, full_month
from vocoder.text.normalise.source import Reading, Source

_CAPITALISED = "|".join(sorted((day.capitalize() for day in DAYS), key=len, reverse=True))
_DAY = rf"(?:{_CAPITALISED}|{_CAPITALISED.upper()})"
_MONTH = "|".join(sorted((*SHORT_MONTHS, *MONTHS), key=len, reverse=True))
_SPAN = re.compile(
    rf"(?P<first>{_DAY})\.?\s?(?:[-–—]|\b(?:to|thru|through)\b)\s?(?P<last>{_DAY})\b\.?"
)
_MONTH_SPAN = re.compile(
    r"(?P<first>[A-Z][a-z]{2,8})\.?\s?[-–—]\s?(?P<last>[A-Z][a-z]{2,8})(?!\w)(?!\s?[0-9]{1,2}\b)\.?"
)
# What stands behind them: a date, a time, or another one.
_TIMED = rf"[0-9]{{1,2}}(?:st|nd|rd|th|:|/|\s?[ap]\.?m|\s(?:of\s)?(?i:{_MONTH})\b)"
_FOLLOWED = re.compile(
    rf"(?P<day>{_DAY}|Th|Tu)(?=\.?(?:,?\s\(?(?:the\s)?(?:{_TIMED}|(?i:{_MONTH})\b\.?\s[0-9])|,?(?:\s(?:and|or|&))?[\s/]{_DAY}\b))\.?"
)
_PLAIN_MONTH = "|".join((*SHORT_MONTHS, *(name for name in MONTHS if name not in NEED_CAPITALS)))
_SMALL = re.compile(rf"(?P<day>{'|'.join(DAYS)})\.?(?=,?\s(?:{_PLAIN_MONTH})\b\.?\s[0-9])")
_LISTED = re.compile(rf"{_DAY}\.?(?:,|/|,?\s(?:and|or|&))\s?\Z")
_ALONE = re.compile(rf"(?P<day>{_DAY})(?!\w)")
_TWO_LETTERS = {"Th": "thursday", "Tu": "tuesday"}
_NEAR = 16  # characters in which the one before is looked for


def read_weekday(source: Source, at: int) -> Reading | None:
    """A weekday where a date, a time or another of them is near, or two with a dash between them;
    so two months.
    """
    text = source.text
    if not source.starts_token(at):
        return None
    if span := _SPAN.match(text, at):
        return _span(
            source, DAYS[span.group("first").lower()], DAYS[span.group("last").lower()], span.end()
        )
    if (span := _MONTH_SPAN.match(text, at)) and all(
        span.group(name).lower() in (*SHORT_MONTHS, *MONTHS) for name in ("first", "last")
    ):
        return _span(
            source, full_month(span.group("first")), full_month(span.group("last")), span.end()
        )
    found = _FOLLOWED.match(text, at) or _SMALL.match(text, at)
    if found is None and _LISTED.search(text[max(0, at - _NEAR) : at]):
        found = _ALONE.match(text, at)
    return (
        Reading(
            spoken=_TWO_LETTERS.get(found.group("day")) or DAYS[found.group("day").lower()],
            end=found.end(),
        )
        if found
        else None
    )


def _span(source: Source, first: str, last: str, end: int) -> Reading:
    stop = "." if source.text[end - 1] == "." and source.ends_at(end) else ""
    return Reading(spoken=f"{first} to {last}{stop}", end=end)
