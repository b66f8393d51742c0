"""Numbers that name something rather than count it: flights, rooms, house numbers, aircraft; and a few with a reading of their own."""

from __future__ import annotations

import re

from vocoder.text.normalise.numbers import NUMBER
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import label, plural, quantity
from vocoder.text.normalise.word_lists import listed

_IDIOMS = {
    "24/7": "twenty-four seven",
    "9/11": "nine eleven",
    "50/50": "fifty fifty",
    "20/20": "twenty twenty",
    "20-20": "twenty twenty",
    "50-50": "fifty fifty",
    "401(k)": "four oh one K",
    "401k": "four oh one K",
}
_IDIOM = re.compile(rf"(?:{'|'.join(map(re.escape, _IDIOMS))})(?![\w/%])")
_NUMBER = re.compile(r"([0-9]{3,4})(s?)(?![^\W_]|[,.:][0-9]|[-–/%$€£])")
_NAMED = listed("""
    flight room highway interstate route apartment apt suite channel boeing airbus porsche studio area building extension ext platform hwy locker gate
    psalm ste rm bus peugeot ferrari
""")
_AIRCRAFT = re.compile(r"(7[0-9]7)(?:(s)(?![^\W_])|()(?=\s(?:planes?|jets?|aircraft|airliners?|jumbos?|pilots?)\b))")
_HOUSE = re.compile(
    r"([0-9]{3,5})(?=\s(?:[NSEW]\.?\s)?(?:[A-Z][a-z]{1,20}\s|[0-9]{1,3}(?:st|nd|rd|th)\s){1,3}"
    r"(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Dr|Drive|Ln|Lane|Ct|Court|Pl|Place|Way|Hwy|Highway|Pkwy|Parkway)\b)"
)
_BY = re.compile(r"([0-9]{1,5})\s?x\s?([0-9]{1,5})(?:\s?x\s?([0-9]{1,5}))?(?![^\W_])|([0-9]{3,5})×([0-9]{3,5})(?![^\W_])")
_FACTOR = r"[0-9]{1,4}(?:\.[0-9]{1,3})?"
_TIMES = re.compile(rf"({_FACTOR})x(?=\s[a-z])|({_FACTOR})[-–]({_FACTOR})x(?![^\W_])")
_LARGE = re.compile(rf"({NUMBER})(M|B|bn)(?=\s(?:[a-z]{{2,20}}s|people)\b)")


def read_label(source: Source, at: int) -> Reading | None:
    """A number that names, two digits at a time: "Flight 370" -> "three seventy"."""
    text = source.text
    if not source.starts_token(at):
        return None
    if idiom := _IDIOM.match(text, at):
        return Reading(spoken=_IDIOMS[idiom.group()], end=idiom.end())
    if aircraft := _AIRCRAFT.match(text, at):
        return _named(aircraft)
    if house := _HOUSE.match(text, at):
        return Reading(spoken=label(house.group(1)), end=house.end())
    found = _NUMBER.match(text, at)
    if found is None:
        return None
    before = source.word_before(at)
    is_model = len(before) > 1 and before.isupper() and source.character_before(at) == " " and not source.shouted and text[at - 2].isalpha()  # RTX 3080
    return _named(found) if is_model or before.lower() in _NAMED else None


def read_product(source: Source, at: int) -> Reading | None:
    """Sizes with an x between the sides: "4x4", "1920x1080"; factors: "5x faster"; counts in millions: "2.5M views"."""
    if not source.starts_token(at):
        return None
    if found := _BY.match(source.text, at):
        return Reading(spoken=" by ".join(label(side) for side in found.groups() if side), end=found.end())
    if found := _TIMES.match(source.text, at):
        return Reading(spoken=" to ".join(quantity(factor) for factor in found.groups() if factor) + " times", end=found.end())
    found = _LARGE.match(source.text, at)
    return Reading(spoken=f"{quantity(found.group(1))} {'million' if found.group(2) == 'M' else 'billion'}", end=found.end()) if found else None


def _named(found: re.Match[str]) -> Reading:
    words = label(found.group(1))
    if found.group(2):
        head, _, last = words.rpartition(" ")
        words = f"{head} {plural(last)}".strip()
    return Reading(spoken=words, end=found.end())
