"""Telephone numbers, digit by digit with a pause between groups; and other numbers written in
groups (ISBN, social security).
"""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, label, one_by_one, plural
from vocoder.text.normalise.word_lists import listed

_END = r"(?![^\W_]|[-.][0-9])"
_AMERICAN = re.compile(
    rf"(?P<country>\+?1[-. ]?)?(?:\((?P<area>[0-9]{{3}})\)[-. ]?|(?P<plain>[0-9]{{3}})[-. "
    rf"])(?P<exchange>[0-9]{{3}})[-. ](?P<line>[0-9]{{4}}){_END}"
)
_NAMED = re.compile(
    r"(?P<country>1)[-. ](?P<area>[0-9]{3})[-. ](?P<name>[A-Z]{3,10}(?:-[A-Z]{2,10})?)(?![^\W_])"
)
_LOCAL = re.compile(rf"([2-9][0-9]{{2}})-([0-9]{{4}}){_END}")
_INTERNATIONAL = re.compile(
    rf"\+(?P<groups>[0-9]{{1,3}}(?:[-. ]?\([0-9]{{1,4}}\)[-. ]?[0-9]{{1,5}})?(?:[-. "
    rf"][0-9]{{1,9}}){{1,6}}|[0-9]{{8,15}}){_END}"
)
# With the zero in front that is dialled inside a country: "020 7946 0958", "(0161) 496 0000",
# "07911 123456".
_NATIONAL = re.compile(
    rf"(?:\((?P<area>0[1-9][0-9]{{1,4}})\)|(?P<plain>0[1-9][0-9]{{1,4}}))[- "
    rf"](?P<rest>[0-9]{{3,7}}(?:[- ][0-9]{{3,4}})?){_END}"
)
_ABROAD = re.compile(rf"00[1-9][0-9]{{0,2}}(?:[- ][0-9]{{2,5}}){{2,5}}{_END}")
_EXTENSION = re.compile(r",?\s?(?:[Ee]xt\.?|x)\s?([0-9]{1,6})(?![^\W_])")
_FEWEST, _MOST = 7, 15  # digits of a telephone number
_SHORT = re.compile(r"[2-9]11(?![^\W_]|[,.][0-9]|[-–:/%])")
_DIALLED_LOCAL = re.compile(rf"[2-9][0-9]{{2}} [0-9]{{4}}{_END}")
_DIALLED_SHORT = re.compile(
    r"[0-9]{3,6}(?![^\W_]|[-–.,:/%][0-9]|\s(?:[a-z]{2,20}s|people|men|women)\b)"
)
_DIALLED_BEFORE = re.compile(
    (
        r"\b(?:dial|dials|dialed|dialing|ring|(?:call|calls|called|phone)(?: the police on| "
        r"emergency on)?|(?:text|sms|message) [A-Z\"']{2,20} to)\s\Z"
    ),
    re.IGNORECASE,
)
_GROUPS = re.compile(r"[0-9]{1,12}(?:-[0-9]{1,12}){2,8}(?:-?[Xx])?(?![^\W_])")
_RECORD = 3  # numbers in a team's record
_DIALLED = listed("call calls called calling dial dials dialed dialing phone phoned text")


def read_telephone(source: Source, at: int) -> Reading | None:
    """A telephone number in one of the ways in which Americans write them, or any other with a plus
    in front.
    """
    text = source.text
    if not source.starts_token(at):
        return None
    reading = _number(source, at)
    extension = _EXTENSION.match(text, reading.end) if reading else None
    if reading is None or extension is None:
        return reading
    return Reading(
        spoken=f"{reading.spoken}, extension {label(extension.group(1))}", end=extension.end()
    )


def _number(source: Source, at: int) -> Reading | None:
    text = source.text
    if found := _AMERICAN.match(text, at):
        country = f"{'plus ' if text[at] == '+' else ''}one, " if found.group("country") else ""
        area = found.group("area") or found.group("plain")
        groups = [
            _area(area) if country else one_by_one(area),
            one_by_one(found.group("exchange")),
            one_by_one(found.group("line")),
        ]
        return Reading(spoken=country + ", ".join(groups), end=found.end())
    if found := _NAMED.match(text, at):
        name = ", ".join(found.group("name").lower().split("-"))
        return Reading(spoken=f"one, {_area(found.group('area'))}, {name}", end=found.end())
    if (found := _INTERNATIONAL.match(text, at)) and _FEWEST <= sum(
        map(str.isdigit, found.group())
    ) <= _MOST:
        return Reading(
            spoken="plus " + _one_by_one_in_groups(found.group("groups")), end=found.end()
        )
    if (found := _ABROAD.match(text, at)) or (found := _NATIONAL.match(text, at)):
        if not _FEWEST <= sum(map(str.isdigit, found.group())) <= _MOST + 2:
            return None
        return Reading(spoken=_one_by_one_in_groups(found.group()), end=found.end())
    found = _LOCAL.match(text, at)
    # 200-1000 is a range: numbers of four digits that people measure out are round.
    if found and not found.group(2).endswith("00"):
        return Reading(spoken=_one_by_one_in_groups(found.group()), end=found.end())
    if (found := _DIALLED_LOCAL.match(text, at)) and source.word_before(at).lower() in (
        *_DIALLED,
        "on",
        "at",
    ):
        return Reading(spoken=_one_by_one_in_groups(found.group()), end=found.end())
    if (found := _DIALLED_SHORT.match(text, at)) and _DIALLED_BEFORE.search(
        text[max(0, at - 40) : at]
    ):
        return Reading(spoken=one_by_one(found.group()), end=found.end())
    found = _SHORT.match(text, at)
    if found and (
        source.word_before(at).lower() in _DIALLED
        or (found.group() == "911" and _is_emergency(source, at, found.end()))
    ):
        return Reading(spoken=one_by_one(found.group()), end=found.end())
    return None


def read_digit_groups(source: Source, at: int) -> Reading | None:
    """Three or more groups of digits with hyphens: "978-0-306" digit by digit, a pause between
    groups.
    """
    found = _GROUPS.match(source.text, at)
    if found is None:
        return None
    groups = found.group().split("-")
    if (
        all(len(group) <= 2 and not (len(group) == 2 and group[0] == "0") for group in groups)
        and len(groups) == _RECORD
    ):
        # wins, losses and draws: "10-6-1"
        return Reading(spoken=" ".join(map(cardinal, groups)), end=found.end())
    check = ", X" if found.group()[-1] in "Xx" else ""
    return Reading(
        spoken=_one_by_one_in_groups(found.group().rstrip("Xx-")) + check, end=found.end()
    )


def _one_by_one_in_groups(written: str) -> str:
    return ", ".join(one_by_one(group) for group in re.findall("[0-9]+", written))


def _area(digits: str) -> str:
    return cardinal(digits) if digits.endswith("00") and digits[0] != "0" else one_by_one(digits)


def _is_emergency(source: Source, at: int, end: int) -> bool:
    """Whether 911 is the number to call: neither a car nor the count of something."""
    after = source.word_after(end)
    counts = (
        source.character_after(end) == " "
        and after.islower()
        and after.endswith("s")
        and after not in ("is", "was", "has", plural("operator"), plural("call"))
    )
    return source.word_before(at) != "Porsche" and not counts
