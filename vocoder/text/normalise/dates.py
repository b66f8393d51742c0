"""Dates: written with the name of the month, or with numbers in American order."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import ordinal, year
from vocoder.text.normalise.word_lists import listed

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_SHORT = {name[:3]: name for name in MONTHS} | {"sept": "september"}
# "may" and "march" are words as well, so months need a capital; "MARCH" has one too.
_MONTH = "(?P<month>" + "|".join([*(name.capitalize() for name in MONTHS), *(name.upper() for name in MONTHS)])
_MONTH += "|(?:" + "|".join([*(short.capitalize() for short in _SHORT), *(short.upper() for short in _SHORT)]) + r")\b\.?)"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_TH = r"(?:st|nd|rd|th)?"
_DAYS = rf"(?P<day>{_DAY}){_TH}(?:\s?[-–]\s?(?P<last>{_DAY}){_TH})?(?![\w:%°/]|[.,:][0-9])"
_YEAR = r"(?P<year>[12][0-9]{3})(?![\w%]|[.,:][0-9])"
_MONTH_FIRST = re.compile(rf"{_MONTH}\s{_DAYS}(?:,?\s{_YEAR})?")
_MONTH_YEAR = re.compile(rf"{_MONTH},?\s{_YEAR}(?!-)")
_DAY_FIRST = re.compile(rf"(?P<day>{_DAY})(?P<th>{_TH})(?:\s?[-–]\s?(?P<last>{_DAY}){_TH})?\s(?:of\s)?{_MONTH}(?!\w)(?:,?\s{_YEAR})?")
_NUMERIC = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([12][0-9]{3}|[0-9]{2})(?![\w/-]|[.][0-9])")
_ISO = re.compile(r"([12][0-9]{3})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![\w/-]|[.][0-9])")
_NO_YEAR = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?![\w/%]|[.][0-9])")
_DATED = listed("on by since until till due dated before after monday tuesday wednesday thursday friday saturday sunday")
_CENTURY_TURN = 50  # years written with two digits: from 50 on they are of the twentieth century


def read_named_date(source: Source, at: int) -> Reading | None:
    """Dates that begin with the month: "March 4, 2021", "Mar. 4-6", "March 2021"."""
    found = _MONTH_FIRST.match(source.text, at)
    if found:
        days = ordinal(found.group("day")) + (f" to {ordinal(found.group('last'))}" if found.group("last") else "")
        return Reading(spoken=f"{_month(found)} {days}{_year(found.group('year'))}", end=found.end())
    found = _MONTH_YEAR.match(source.text, at)
    return Reading(spoken=f"{_month(found)} {year(found.group('year'))}", end=found.end()) if found else None


def read_numeric_date(source: Source, at: int) -> Reading | None:
    """Dates that begin with a number: "4 March 2021", "3/4/2021", "2021-03-04"; "3/15" where a word before says that it is a date."""
    if not source.starts_token(at):
        return None
    text = source.text
    if found := _DAY_FIRST.match(text, at):
        days = ordinal(found.group("day")) + (f" to {ordinal(found.group('last'))}" if found.group("last") else "")
        the = "" if source.word_before(at).lower() == "the" else "the "
        return Reading(spoken=f"{the}{days} of {_month(found)}{_year(found.group('year'))}", end=found.end())
    if found := _ISO.match(text, at):
        spoken = date_in_words(found.group(3), found.group(4), found.group(1))
        return Reading(spoken=spoken, end=found.end()) if spoken else None
    if found := _NUMERIC.match(text, at):
        first, mark, second, which = found.groups()
        if mark != "/" and len(which) == 2:
            return None  # a version, or a range of something
        month, day = (second, first) if mark == "." else (first, second)  # with full stops the day comes first wherever it is written so
        spoken = date_in_words(month, day, which) or date_in_words(day, month, which)
        return Reading(spoken=spoken, end=found.end()) if spoken else None
    found = _NO_YEAR.match(text, at)
    if found and source.word_before(at).lower() in _DATED and source.word_after(found.end()) != "of":
        spoken = date_in_words(found.group(1), found.group(2), "")
        return Reading(spoken=spoken, end=found.end()) if spoken else None
    return None


def _month(found: re.Match[str]) -> str:
    name = found.group("month").rstrip(".").lower()
    return name if name in MONTHS else _SHORT[name]


def _year(digits: str | None) -> str:
    return f", {year(digits)}" if digits else ""


def date_in_words(month: str, day: str, which: str) -> str:
    """A date in words, "" if there is no such day.

    Args:
        month: its number, in ASCII digits.
        day: of the month.
        which: the year, with two digits or four; "" for none.
    """
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return ""
    if len(which) == 2:
        which = ("19" if int(which) >= _CENTURY_TURN else "20") + which
    return f"{MONTHS[int(month) - 1]} {ordinal(day)}{_year(which)}"
