"""Dates: written with the name of the month, or with numbers in American order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vocoder.text.normalise.abbreviation_names import DAYS
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, ordinal, time_of_24, year
from vocoder.text.normalise.word_lists import listed

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
SHORT_MONTHS = {name[:3]: name for name in MONTHS} | {"sept": "september"}
# "may", "march", "mar" and others are words as well, so these months need a capital; "MARCH" has
# one too.
NEED_CAPITALS = ("may", "march", "mar")


def _written(names: Iterable[str]) -> str:
    return "|".join(
        form
        for name in names
        for form in (name.capitalize(), name.upper(), *(() if name in NEED_CAPITALS else (name,)))
    )


_MONTH = rf"(?P<month>{_written(MONTHS)}|(?:{_written(SHORT_MONTHS)})\b\.?)"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_TH = r"(?:st|nd|rd|th)?"
_DAYS = rf"(?P<day>{_DAY}){_TH}(?:\s?[-–]\s?(?P<last>{_DAY}){_TH})?(?![\w:%°/]|[.,:][0-9])"
_YEAR = r"(?P<year>[12][0-9]{3})(?![\w%]|[.,:][0-9])"
_MONTH_FIRST = re.compile(rf"{_MONTH}\s{_DAYS}(?:,?\s{_YEAR})?")
_MONTH_YEAR = re.compile(rf"{_MONTH},?\s{_YEAR}(?!-)")
_DAY_FIRST = re.compile(
    rf"(?P<day>{_DAY})(?P<th>{_TH})(?:\s?[-–]\s?(?P<last>{_DAY}){_TH})?\s(?:of\s)?{_MONTH}(?!\w)(?:,?\s{_YEAR})?"
)
_ANY_YEAR = r"(?P<year>[12][0-9]{3}|[0-9]{2})(?![\w%]|[.,:][0-9])"
# With a year they are months in small letters, too.
_SMALL_MONTH_FIRST = re.compile(rf"(?P<month>may|march|mar)\s(?P<day>{_DAY}){_TH},?\s{_YEAR}")
_SMALL_AFTER_DAY = re.compile(
    rf"(?P<month>may|march|mar)\s(?P<day>{_DAY}){_TH}(?![\w-]|[.,:/][0-9])"
)
_WEEKDAYS = listed(
    "mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun "
    "sunday"
)
_SMALL_DAY_FIRST = re.compile(
    rf"(?P<day>{_DAY}){_TH}\s(?:of\s)?(?P<month>may|march|mar),?\s{_YEAR}"
)
_DASHED = re.compile(rf"{_MONTH}[-/](?P<day>{_DAY})(?:[-/]{_ANY_YEAR})?(?![\w-]|[.,:/][0-9])")
_DAY_DASHED = re.compile(rf"(?P<day>{_DAY})[-/]{_MONTH}(?:[-/]{_ANY_YEAR})?(?![\w-]|[.,:/][0-9])")
_NUMERIC = re.compile(
    r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([12][0-9]{3}|[0-9]{2})(?![\w/-]|[.][0-9])"
)
_ISO = re.compile(r"([12][0-9]{3})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![\w/-]|[.][0-9])")
_ISO_TIME = re.compile(
    r"([12][0-9]{3})-([0-9]{2})-([0-9]{2})(?:T|\s)([01][0-9]|2[0-3]):?([0-5][0-9])(?::?([0-5][0-9])(?:[.,][0-9]{1,9})?)?"
    r"\s?(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?(?![\w:])"
)
_YEAR_MONTH = re.compile(r"([12][0-9]{3})(?:-|/(?=0))(0[1-9]|1[0-2])(?![\w-]|[.:/][0-9])")
_MONTH_SLASH_YEAR = re.compile(r"(0?[1-9]|1[0-2])/((?:19|20)[0-9]{2})(?![\w/-]|[.:][0-9])")
_EXPIRY = re.compile(r"(0[1-9]|1[0-2])/([0-9]{2})(?![\w/-]|[.:][0-9])")
_EXPIRING = listed("expires expiry exp expiration thru expired date")
_SEASON = re.compile(r"((?:1[5-9]|20)[0-9]{2})/([0-9]{2}|[12][0-9]{3})(?![\w/-]|[.:][0-9])")
_NO_YEAR = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?![\w/%]|[.][0-9])")
_DATED = listed(
    "on by since until till due dated before after monday tuesday wednesday thursday friday "
    "saturday sunday th tu"
) | frozenset(DAYS)
_MONTHLY = listed("month months period statement billing cycle")
_CENTURY_TURN = 50  # years written with two digits: from 50 on they are of the twentieth century


def read_named_date(source: Source, at: int) -> Reading | None:
    """Dates that begin with the month: "March 4, 2021", "Mar. 4-6", "March 2021"."""
    found = _MONTH_FIRST.match(source.text, at)
    if found:
        days = ordinal(found.group("day")) + (
            f" to {ordinal(found.group('last'))}" if found.group("last") else ""
        )
        return Reading(
            spoken=f"{_month(found)} {days}{_year(found.group('year'))}", end=found.end()
        )
    if source.word_before(at).lower() in _WEEKDAYS and (
        found := _SMALL_AFTER_DAY.match(source.text, at)
    ):
        return Reading(
            spoken=f"{full_month(found.group('month'))} {ordinal(found.group('day'))}",
            end=found.end(),
        )
    if found := _SMALL_MONTH_FIRST.match(source.text, at) or _DASHED.match(source.text, at):
        return Reading(
            spoken=f"{_month(found)} {ordinal(found.group('day'))}{_year(found.group('year'))}",
            end=found.end(),
        )
    found = _MONTH_YEAR.match(source.text, at)
    return (
        Reading(spoken=f"{_month(found)} {year(found.group('year'))}", end=found.end())
        if found
        else None
    )


def read_numeric_date(source: Source, at: int) -> Reading | None:
    """Dates that begin with a number: "4 March 2021", "3/4/2021", "2021-03-04"; "3/15" where a word
    before says that it is a date.
    """
    if not source.starts_token(at):
        return None
    text = source.text
    if found := _DAY_FIRST.match(text, at):
        days = ordinal(found.group("day")) + (
            f" to {ordinal(found.group('last'))}" if found.group("last") else ""
        )
        the = "" if source.word_before(at).lower() == "the" else "the "
        return Reading(
            spoken=f"{the}{days} of {_month(found)}{_year(found.group('year'))}", end=found.end()
        )
    if found := _SMALL_DAY_FIRST.match(text, at):
        the = "" if source.word_before(at).lower() == "the" else "the "
        return Reading(
            spoken=(
                f"{the}{ordinal(found.group('day'))} of "
                f"{full_month(found.group('month'))}{_year(found.group('year'))}"
            ),
            end=found.end(),
        )
    if found := _DAY_DASHED.match(text, at):
        return Reading(
            spoken=f"{_month(found)} {ordinal(found.group('day'))}{_year(found.group('year'))}",
            end=found.end(),
        )
    if (found := _ISO_TIME.match(text, at)) and (
        day := date_in_words(found.group(2), found.group(3), found.group(1))
    ):
        return Reading(spoken=f"{day}, {_moment(found)}", end=found.end())
    if found := _ISO.match(text, at):
        spoken = date_in_words(found.group(3), found.group(4), found.group(1))
        return Reading(spoken=spoken, end=found.end()) if spoken else None
    if found := _NUMERIC.match(text, at):
        first, mark, second, which = found.groups()
        if mark != "/" and len(which) == 2:
            return None  # a version, or a range of something
        # with full stops the day comes first wherever it is written so
        month, day = (second, first) if mark == "." else (first, second)
        spoken = date_in_words(month, day, which) or date_in_words(day, month, which)
        return Reading(spoken=spoken, end=found.end()) if spoken else None
    if reading := _without_day(source, at):
        return reading
    found = _NO_YEAR.match(text, at)
    if (
        found
        and source.word_before(at).lower() in _DATED
        and source.word_after(found.end()) != "of"
    ):
        spoken = date_in_words(found.group(1), found.group(2), "")
        return Reading(spoken=spoken, end=found.end()) if spoken else None
    return None


def _without_day(source: Source, at: int) -> Reading | None:
    """A month of a year in numbers, or a season that begins in one year and ends in the next."""
    text = source.text
    if found := _YEAR_MONTH.match(text, at):
        is_range = int(found.group(2)) > int(found.group(1)[2:])  # "2010-11"
        if not is_range or source.word_before(at).lower() in _MONTHLY or found.group(2)[0] == "0":
            return Reading(
                spoken=f"{MONTHS[int(found.group(2)) - 1]} {year(found.group(1))}", end=found.end()
            )
    if (found := _EXPIRY.match(text, at)) and source.word_before(at).lower() in _EXPIRING:
        return Reading(
            spoken=f"{MONTHS[int(found.group(1)) - 1]}{_year(found.group(2))}", end=found.end()
        )
    if found := _MONTH_SLASH_YEAR.match(text, at):
        return Reading(
            spoken=f"{MONTHS[int(found.group(1)) - 1]} {year(found.group(2))}", end=found.end()
        )
    found = _SEASON.match(text, at)
    if found and (int(found.group(1)) + 1) % 100 == int(found.group(2)) % 100:
        last = found.group(2)
        return Reading(
            spoken=f"{year(found.group(1))} {year(last) if len(last) == 4 else _short_year(last)}",
            end=found.end(),
        )
    return None


def _short_year(digits: str) -> str:
    return f"oh {cardinal(digits[1])}" if digits[0] == "0" else cardinal(digits)


def _moment(found: re.Match[str]) -> str:
    """The time of an ISO date, with its zone."""
    hour, minute, second, zone = found.group(4, 5, 6, 7)
    spoken = time_of_24(int(hour), minute)
    if second and int(second):
        spoken += f" and {cardinal(str(int(second)))} second{'' if int(second) == 1 else 's'}"
    if zone in ("Z", "UTC"):
        return f"{spoken} U T C"
    if zone:
        sign, hours = zone[0], str(int(zone[1:3]))
        minutes = f" {zone[-2:]}" if len(zone) > 3 and zone[-2:] != "00" else ""
        spoken += (
            f" U T C {'plus' if sign == '+' else 'minus'} "
            f"{cardinal(hours)}{' ' + cardinal(minutes.strip()) if minutes else ''}"
        )
    return spoken


def _month(found: re.Match[str]) -> str:
    return full_month(found.group("month"))


def full_month(written: str) -> str:
    """The name of a month that may be cut short, in lower case."""
    name = written.rstrip(".").lower()
    return name if name in MONTHS else SHORT_MONTHS[name]


def _year(digits: str | None) -> str:
    return f", {year(_infull_month(digits))}" if digits else ""


def _infull_month(digits: str) -> str:
    """A year of two digits with its century."""
    return ("19" if int(digits) >= _CENTURY_TURN else "20") + digits if len(digits) == 2 else digits


def date_in_words(month: str, day: str, which: str) -> str:
    """A date in words, "" if there is no such day.

    Args:
        month: its number, in ASCII digits.
        day: of the month.
        which: the year, with two digits or four; "" for none.
    """
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return ""
    return f"{MONTHS[int(month) - 1]} {ordinal(day)}{_year(which)}"
