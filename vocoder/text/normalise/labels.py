"""Numbers that name something rather than count it: flights, rooms, house numbers, aircraft; and a
few with a reading of their own.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.amounts import Amount
from vocoder.text.normalise.numbers import NUMBER
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, label, letters, plural, quantity
from vocoder.text.normalise.unit_names import PER
from vocoder.text.normalise.units import read_inches, read_unit
from vocoder.text.normalise.word_lists import listed

_IDIOMS = {
    "24/7": "twenty-four seven",
    "9/11": "nine eleven",
    "50/50": "fifty fifty",
    "20/20": "twenty twenty",
    "20-20": "twenty twenty",
    "50-50": "fifty fifty",
    "24/7/365": "twenty-four seven three sixty-five",
    "401k": "four oh one K",
    "1099-K": "ten ninety-nine K",
}
# Paragraphs of a law: "501(c)(3)", "12(b)(6)".
_PARAGRAPHS = re.compile(r"([0-9]{1,4})((?:\((?:[a-zA-Z]|[0-9]{1,2}|[ivx]{1,4})\)){1,5})(?![\w(])")
_IDIOM = re.compile(rf"(?:{'|'.join(map(re.escape, _IDIOMS))})(?![\w/%])")
_NUMBER = re.compile(r"([0-9]{3,4})(s?)(?![^\W_]|[,.:][0-9]|[-–/%$€£])")
_NAMED = listed("""
    flight room highway interstate route apartment apt suite channel boeing airbus porsche studio
    area building extension ext platform hwy locker gate psalm ste rm bus peugeot ferrari form forms
    fahrenheit section sections proposition prop unit asteroid apollo formula statute schedule agent
    area windows penthouse flat car train trains bus buses tram line squadron regiment battalion
    locomotive bay ward pier cabin seat mission district
""")
_TIED = re.compile(r"(?<![A-Za-z0-9-])[A-Z][A-Za-z]{0,20}-\Z")  # "Blink-182"
_AIRCRAFT = re.compile(
    r"(7[0-9]7)(?:(s)(?![^\W_])|()(?=\s(?:planes?|jets?|aircraft|airliners?|jumbos?|pilots?|MAX|Max)\b))"
)
_VARIANT = re.compile(r"(7[0-9]7)-([0-9]{1,4})(?=[A-Z]{0,3}(?![\w-]))")
_JET = re.compile(r"7[0-8]7(?![\w]|[-–.,:/%][0-9]|\s[a-z]{2,20}s\b)")
_PLAN = re.compile(r"(529|457|403)(?=\s(?:plan|plans|account|accounts)\b)")
_HOUSE = re.compile(
    r"([0-9]{3,5})(?=\s(?:[NSEW]\.?\s)?(?:(?:St|Mt|Ft|Dr)\.\s)?(?:[A-Z][a-z]{1,20}\s|[0-9]{1,3}(?:st|nd|rd|th)\s){1,3}"
    r"(?:Expy|Expressway|Ter|Terrace|Cir|Circle|Sq|Square|St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Dr|Drive|Ln|Lane|Ct|Court|Pl|Place|Way|Hwy|Highway|Pkwy|Parkway)\b)"
)
_SIDE = r"[0-9]{1,5}(?:\.[0-9]{1,2})?"
_BY = re.compile(
    rf"({_SIDE})\s?x\s?({_SIDE})(?:\s?x\s?({_SIDE}))?(?![0-9])|([0-9]{{3,5}})×([0-9]{{3,5}})(?![0-9])"
)
_EQUALS = re.compile(r"\s?=")
_PER_TIME = re.compile(rf"({NUMBER})x\s?/\s?(day|d|wk|week|mo|month|yr|year|hr|hour|h)(?![\w])")
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
    if plan := _PLAN.match(text, at):
        return Reading(spoken=label(plan.group(1)), end=plan.end())
    if variant := _VARIANT.match(text, at):
        return Reading(
            spoken=f"{label(variant.group(1))} {label(variant.group(2))}", end=variant.end()
        )
    if (jet := _JET.match(text, at)) and source.word_before(at).lower() in (
        "the",
        "a",
        "an",
        "our",
        "their",
    ):
        return Reading(spoken=label(jet.group()), end=jet.end())
    if house := _HOUSE.match(text, at):
        return Reading(spoken=label(house.group(1)), end=house.end())
    if paragraphs := _PARAGRAPHS.match(text, at):
        parts = re.findall(r"\((\w+)\)", paragraphs.group(2))
        spoken = [
            label(paragraphs.group(1)),
            *(cardinal(part) if part.isdigit() else letters(part) for part in parts),
        ]
        return Reading(spoken=" ".join(spoken), end=paragraphs.end())
    found = _NUMBER.match(text, at)
    if found is None:
        return None
    if len(found.group(1)) == 3 and not found.group(2) and _TIED.search(text[max(0, at - 24) : at]):
        return _named(found)
    before = source.word_before(at)
    # RTX 3080
    is_model = (
        len(before) > 1
        and before.isupper()
        and source.character_before(at) == " "
        and not source.shouted
        and text[at - 2].isalpha()
    )
    law = source.text[max(0, at - 2) : at].strip() == "§"
    return _named(found) if is_model or law or before.lower() in _NAMED else None


def read_product(source: Source, at: int) -> Reading | None:
    """Sizes with an x between the sides: "4x4", "1920x1080"; factors: "5x faster"; counts in
    millions: "2.5M views".
    """
    if not source.starts_token(at):
        return None
    if found := _PER_TIME.match(source.text, at):
        return Reading(
            spoken=f"{quantity(found.group(1))} times a {PER[found.group(2)]}", end=found.end()
        )
    if (found := _BY.match(source.text, at)) and (reading := _sides(source, at, found)):
        return reading
    if found := _TIMES.match(source.text, at):
        return Reading(
            spoken=" to ".join(quantity(factor) for factor in found.groups() if factor) + " times",
            end=found.end(),
        )
    found = _LARGE.match(source.text, at)
    return (
        Reading(
            spoken=(
                f"{quantity(found.group(1))} {'million' if found.group(2) == 'M' else 'billion'}"
            ),
            end=found.end(),
        )
        if found
        else None
    )


def _sides(source: Source, at: int, found: re.Match[str]) -> Reading | None:
    """Lengths of sides, with their unit if one follows: "a 3x7 m plot", "4x100m"; a product where
    it equals something.
    """
    sides = [label(side) if side.isdigit() else quantity(side) for side in found.groups() if side]
    if _EQUALS.match(source.text, found.end()):
        return Reading(spoken=" times ".join(sides), end=found.end())
    spoken = " by ".join(sides)
    amount = Amount(spoken=spoken, end=found.end(), is_one=False)
    measured = read_unit(source, at, amount) or read_inches(source, amount)
    if measured is not None:
        return measured
    follows = source.character_after(found.end())
    return None if follows.isalpha() else Reading(spoken=spoken, end=found.end())


def _named(found: re.Match[str]) -> Reading:
    words = label(found.group(1))
    if found.group(2):
        head, _, last = words.rpartition(" ")
        words = f"{head} {plural(last)}".strip()
    return Reading(spoken=words, end=found.end())
