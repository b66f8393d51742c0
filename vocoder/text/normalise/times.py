"""Times of day, spans of time with hours and minutes, and ratios, which are written alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, minutes_past, quantity, time_of_24

_MERIDIEM = r"\s?(?P<meridiem>[ap]\.\s?m\b|[ap]m\b|[AP]\.\s?M\b|[AP]M\b)(?P<stop>\.?)"
_HOUR = r"(?P<hour>[01]?[0-9]|2[0-4])"
_CLOCK = re.compile(
    rf"{_HOUR}[:.](?P<minute>[0-5][0-9]){_MERIDIEM}(?!\w)|(?P<hour24>[01]?[0-9]|2[0-4]):(?P<minute24>[0-5][0-9])(?!(?!ish\b)\w|:[0-9])"
)
_HOUR_ONLY = re.compile(rf"{_HOUR}{_MERIDIEM}(?!\w)")
_SPAN = re.compile(rf"([0-9]{{1,3}}):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?(?:{_MERIDIEM})?(?![\w:])")
_RATIO = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?):([0-9]{1,6}(?:\.[0-9]{1,6})?)(?![\w:])")
_TO = re.compile(r"\s?[-–]\s?|\sto\s")
_BARE_HOUR = re.compile(
    r"([1-9]|1[0-2])(?=\s?[-–]\s?[0-9]{1,2}(?::[0-5][0-9])?\s?[ap]\.?m)", re.IGNORECASE
)


_SPANS = (  # units of time that stand right behind their number, the longest first: "3h 20m"
    ("year", "y|yrs?"), ("month", "mos?"), ("week", "w|wks?"), ("day", "d|days?"), ("hour",
    "h|hrs?|hours?"), ("minute", "m|mins?|minutes?"),
    ("second", "s|secs?|seconds?"), ("millisecond", "ms"),
)  # fmt: skip
_PART = re.compile(
    r"([0-9]{1,4}(?:\.[0-9]{1,3})?)\s?(?:"
    + "|".join(f"(?P<{name}>{short})" for name, short in _SPANS)
    + r")(?![^\W\d_])"
)
_RANKS = {name: rank for rank, (name, _) in enumerate(_SPANS)}
_BARE_MINUTES = re.compile(r"([0-5][0-9])(?!\w|[.,:][0-9])")


@dataclass(frozen=True, kw_only=True)
class _Time:
    spoken: str
    end: int
    stop: str  # the full stop behind "a.m.", if that is how it is written


def read_time(source: Source, at: int) -> Reading | None:
    """A time, or two with a dash between them; a span "1:02:03"; a ratio "16:9"."""
    text = source.text
    if not source.starts_token(at):
        return None
    first = _time(text, at)
    if first is None and (bare := _BARE_HOUR.match(text, at)):
        first = _Time(spoken=cardinal(bare.group()), end=bare.end(), stop="")
    if first is None:
        return _span(source, at) or _ratio(source, at)
    link = _TO.match(text, first.end)
    second = _time(text, link.end()) if link else None
    if second is None:
        return _closed(source, first.spoken, first)
    return _closed(source, f"{first.spoken} to {second.spoken}", second)


def _closed(source: Source, spoken: str, last: _Time) -> Reading:
    return Reading(
        spoken=f"{spoken}." if last.stop and source.ends_at(last.end) else spoken, end=last.end
    )


def _time(text: str, at: int) -> _Time | None:
    found = _HOUR_ONLY.match(text, at)
    if found:
        return _Time(
            spoken=f"{cardinal(str(int(found.group('hour'))))} {_half(found.group('meridiem'))}",
            end=found.end(),
            stop=found.group("stop"),
        )
    found = _CLOCK.match(text, at)
    if found is None:
        return None
    meridiem = found.group("meridiem")
    if meridiem:
        hour, minute = int(found.group("hour")), found.group("minute")
        minutes = "" if minute == "00" else " " + minutes_past(minute)
        return _Time(
            spoken=f"{cardinal(str(hour))}{minutes} {_half(meridiem)}",
            end=found.end(),
            stop=found.group("stop"),
        )
    return _Time(
        spoken=time_of_24(int(found.group("hour24")), found.group("minute24")),
        end=found.end(),
        stop="",
    )


def _half(meridiem: str) -> str:
    return f"{meridiem[0].upper()} M"


def _span(source: Source, at: int) -> Reading | None:
    found = _SPAN.match(source.text, at)
    if found is None:
        return None
    hours, minutes, seconds, decimals, meridiem = found.group(1, 2, 3, 4, 5)
    if meridiem:
        if minutes == "00" and not int(seconds):
            spoken = f"{cardinal(str(int(hours)))} {_half(meridiem)}"
            return _closed(
                source, spoken, _Time(spoken=spoken, end=found.end(), stop=found.group("stop"))
            )
        spoken = (
            f"{cardinal(str(int(hours)))} {minutes_past(minutes)} and "
            f"{cardinal(str(int(seconds)))} seconds {_half(meridiem)}"
        )
        return _closed(
            source, spoken, _Time(spoken=spoken, end=found.end(), stop=found.group("stop"))
        )
    parts = [
        _count(str(int(hours)), "hour"),
        _count(str(int(minutes)), "minute"),
        _count(str(int(seconds)) + (decimals or ""), "second"),
    ]
    return Reading(spoken=f"{parts[0]}, {parts[1]} and {parts[2]}", end=found.end())


def _count(number: str, unit: str) -> str:
    return f"{quantity(number)} {unit}{'' if number == '1' else 's'}"


def _ratio(source: Source, at: int) -> Reading | None:
    found = _RATIO.match(source.text, at)
    if found is None:
        return None
    return Reading(
        spoken=f"{quantity(found.group(1))} to {quantity(found.group(2))}", end=found.end()
    )


def read_duration(source: Source, at: int) -> Reading | None:
    """Hours, minutes and the like, one behind the other: "3h 20m", "1hr15min", "2h30"."""
    if not source.starts_token(at):
        return None
    text, end, rank = source.text, at, -1
    parts: list[str] = []
    while (found := _PART.match(text, end)) and found.lastgroup and _RANKS[found.lastgroup] > rank:
        parts.append(_count(found.group(1), found.lastgroup))
        rank, behind = _RANKS[found.lastgroup], found.end()
        joint = 2 if text.startswith(", ", behind) else int(text.startswith(" ", behind))
        end = behind + joint
    if not parts:
        return None
    if len(parts) == 1:
        bare = _BARE_MINUTES.match(text, behind) if rank == _RANKS["hour"] else None
        return (
            Reading(
                spoken=f"{parts[0]} {_count(bare.group(1).lstrip('0') or '0', 'minute')}",
                end=bare.end(),
            )
            if bare
            else None
        )
    return Reading(spoken=" ".join(parts), end=behind)
