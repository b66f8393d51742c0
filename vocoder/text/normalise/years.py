"""Years: alone, as decades, with an era, from one to another; and four digits that might be one."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, one_by_one, plural, year
from vocoder.text.normalise.word_lists import listed

_DECADE = re.compile(r"(1[0-9]|20)([0-9])0'?s(?![^\W_])")
_SHORT_DECADE = re.compile(r"'?([2-9]0)'?s(?![^\W_])")
_SHORT_YEAR = re.compile(r"'([0-9]{2})(?![^\W_]|['\"])")
_ERA = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,6})\s?(BCE|BC|CE|AD|B\.C\.E\b|B\.C\b|A\.D\b|C\.E\b)(\.?)(?!\w)"
)
_RANGE = re.compile(
    r"([12][0-9]{3})(?:\s?[-–]\s?|—)([12][0-9]{3}|[0-9]{2})(?![\w%]|[.,:-][0-9]|[–—/])"
)
_ALONE = re.compile(r"[12][0-9]{3}(?![\w%°$€£¥]|[.,:/][0-9]|[-–—][0-9])")
_FIRST, _LAST = 1100, 2099  # what is read as a year without a word that says so
_IN_TIME = listed("""
    in since by until till before after from year during circa around late early mid of between
    copyright summer winter spring fall autumn to january february march april may june july august
    september october november december
""")
# Words that end in s and yet are nothing that could be counted.
_NOT_COUNTED = listed(
    "is was has does its this as his us less plus versus thus perhaps always unless saw sees marks"
)


def read_year(source: Source, at: int) -> Reading | None:
    """A year with an era, from one to another, or alone."""
    if not source.starts_token(at):
        return None
    return _era(source, at) or _range(source, at) or _alone(source, at)


def read_decade(source: Source, at: int) -> Reading | None:
    """Decades ("the 1990s", "the '90s"), and years without their century ("class of '99")."""
    text = source.text
    if not source.starts_token(at):
        return None
    if found := _DECADE.match(text, at):
        return Reading(spoken=_plural_year(found.group(1) + found.group(2) + "0"), end=found.end())
    found = _SHORT_DECADE.match(text, at)
    # "a 30s timeout" is in seconds
    if found and source.word_before(at).lower() not in (
        "a",
        "an",
        "for",
        "within",
    ):
        return Reading(spoken=plural(cardinal(found.group(1))), end=found.end())
    if (found := _SHORT_YEAR.match(text, at)) and source.word_before(at):
        digits = found.group(1)
        return Reading(
            spoken=one_by_one(digits, zero="oh") if digits[0] == "0" else cardinal(digits),
            end=found.end(),
        )
    return None


def _plural_year(digits: str) -> str:
    if digits.endswith("000"):
        return f"{cardinal(digits[0])} thousands"
    if digits.endswith("00"):
        return f"{cardinal(digits[:2])} hundreds"
    return f"{cardinal(digits[:2])} {plural(cardinal(digits[2:]))}"


def _era(source: Source, at: int) -> Reading | None:
    found = _ERA.match(source.text, at)
    if found is None:
        return None
    digits = found.group(1).replace(",", "")
    spoken = (
        year(digits)
        if int(digits) >= _FIRST and "," not in found.group(1)
        else cardinal(str(int(digits)))
    )
    stop = "." if found.group(3) and source.ends_at(found.end()) else ""
    end = found.end() if stop or "." in found.group(2) else found.end(2)
    return Reading(spoken=f"{spoken} {' '.join(found.group(2).replace('.', ''))}{stop}", end=end)


def _range(source: Source, at: int) -> Reading | None:
    found = _RANGE.match(source.text, at)
    if found is None or not _FIRST <= int(found.group(1)) <= _LAST or _counts(source, found.end()):
        return None
    first, last = found.groups()
    if len(last) == 2 and int(last) <= int(first[2:]):
        return None
    return Reading(
        spoken=f"{year(first)} to {year(last) if len(last) == 4 else cardinal(str(int(last)))}",
        end=found.end(),
    )


def _alone(source: Source, at: int) -> Reading | None:
    found = _ALONE.match(source.text, at)
    if found is None:
        return None
    if source.word_before(at).lower() not in _IN_TIME and not _FIRST <= int(found.group()) <= _LAST:
        return None
    return (
        None
        if _counts(source, found.end())
        else Reading(spoken=year(found.group()), end=found.end())
    )


def _counts(source: Source, end: int) -> bool:
    """Whether a number counts what stands behind it: a noun in the plural."""
    after = source.word_after(end)
    if source.character_after(end) != " " or not after.islower():
        return False
    return after in ("people", "men", "women", "children", "feet") or (
        after.endswith("s") and not after.endswith("'s") and after not in _NOT_COUNTED
    )
