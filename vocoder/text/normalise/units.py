"""Amounts of something: units of measure, percent, degrees, feet and inches."""

from __future__ import annotations

import re

from vocoder.text.normalise.amounts import Amount, amounts
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal
from vocoder.text.normalise.unit_names import PER, POWERS, UNITS

_UNIT = re.compile(
    r"[ -]?(?:(?P<power_word>sq|cu|square|cubic)\.?[ -])?(?P<unit>[A-Za-zμΩ]{1,5})(?P<power>\^?[23](?![0-9]))?"
    r"(?:/(?P<per>[A-Za-zμ]{1,9})(?P<per_power>\^?[23](?![0-9]))?)?(?P<stop>\.?)(?![^\W_]|'[a-z])"
)
_INCHES = re.compile(r"in(?![^\W_])|[ -]in(?:\.|(?= (?:tall|wide|long|high|deep|thick|by|x|×)\b))(?![^\W_])")
_PERCENT = re.compile(r"[ -]?%")
_DEGREES = re.compile(r"\s?°(?:\s?(?P<scale>[CFK])(?![^\W_])|\s?(?P<direction>[NSEW])(?![^\W_]))?")
_SCALES = {"C": "celsius", "F": "fahrenheit", "K": "kelvin"}
_DIRECTIONS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_HEIGHT = re.compile(r"([0-9]{1,3})'\s?([0-9]{1,2}(?:\.[0-9])?)(?:\"|'')")
_HEIGHT_SHORT = re.compile(r"([3-7])'([0-9]|1[01])(?![\w'\"])")
_FEET = re.compile(r"'(?![^\W_])")
_NOUN_NEXT = re.compile(r" (?!(?:tall|wide|long|high|deep|thick|by|x|and|or|of|in|on|at|to|for|from|is|was)\b)[a-z]")
_WINDOW = 200  # characters in which the opening of a quotation is looked for
_OPENING_QUOTE = re.compile(r"(?:^|[\s(])'(?=\w)")
_SQUARED = {"2": "squared", "3": "cubed"}


def read_amount(source: Source, at: int) -> Reading | None:
    """An amount with what it is an amount of; nothing if no unit follows."""
    if height := _HEIGHT.match(source.text, at) or _HEIGHT_SHORT.match(source.text, at):
        inches = height.group(2).removesuffix(".0")
        return Reading(spoken=f"{cardinal(height.group(1))} foot {_decimal(inches)}", end=height.end())
    if source.character_before(at) == "-" and source.text[max(0, at - 2) : at - 1].isalpha():
        return None  # "omega-3s" are no seconds
    for amount in amounts(source, at):
        reading = _percent(source, amount) or _degrees(source, amount) or _marks(source, amount) or _unit(source, at, amount)
        if reading is not None:
            return reading
    return None


def _decimal(written: str) -> str:
    whole, _, decimals = written.partition(".")
    return cardinal(whole) + (f" point {cardinal(decimals)}" if decimals else "")


def _percent(source: Source, amount: Amount) -> Reading | None:
    found = _PERCENT.match(source.text, amount.end)
    return Reading(spoken=f"{amount.spoken} percent", end=found.end()) if found else None


def _degrees(source: Source, amount: Amount) -> Reading | None:
    found = _DEGREES.match(source.text, amount.end)
    if found is None:
        return None
    scale, direction = found.group("scale"), found.group("direction")
    named = _SCALES[scale] if scale else _DIRECTIONS[direction] if direction else ""
    return Reading(spoken=f"{amount.spoken} {'degree' if amount.is_one else 'degrees'} {named}".strip(), end=found.end())


def _marks(source: Source, amount: Amount) -> Reading | None:
    """Feet and inches written with marks, unless the mark closes a quotation."""
    text, end = source.text, amount.end
    before = text[max(0, end - _WINDOW) : end]
    if _FEET.match(text, end) and not _OPENING_QUOTE.search(before):
        return Reading(spoken=f"{amount.spoken} {'foot' if amount.is_one else 'feet'}", end=end + 1)
    if source.character_after(end) == '"' and before.count('"') % 2 == 0:
        describes = _NOUN_NEXT.match(text, end + 1) is not None  # "a 12-inch pizza"
        return Reading(spoken=f"{amount.spoken} {'inch' if amount.is_one or describes else 'inches'}", end=end + 1)
    if inches := _INCHES.match(text, end):
        stop = "." if text[inches.end() - 1] == "." and source.ends_at(inches.end()) else ""
        return Reading(spoken=f"{amount.spoken} {'inch' if amount.is_one else 'inches'}{stop}", end=inches.end())
    return None


def _unit(source: Source, at: int, amount: Amount) -> Reading | None:
    found = _UNIT.match(source.text, amount.end)
    if found is None or found.group("unit") not in UNITS:
        return None
    per = found.group("per")
    if per and per not in PER:
        return None
    one, several = UNITS[found.group("unit")]
    # "a 5 km run": an amount that describes a noun takes the singular.
    describes = source.word_before(at).lower() in ("a", "an") or source.text[amount.end] == "-"
    unit = one if amount.is_one or describes else several
    power_word, power = found.group("power_word"), (found.group("power") or "").removeprefix("^")
    if power_word:
        unit = f"{'square' if power_word.startswith('sq') else 'cubic'} {unit}"
    elif power:
        unit = f"{POWERS[power]} {unit}"
    if per:
        per_power = (found.group("per_power") or "").removeprefix("^")
        # Time is squared ("per second squared"), lengths are squares ("per square meter").
        behind = per_power and PER[per] in ("second", "hour", "minute")
        unit += f" per {PER[per]} {_SQUARED[per_power]}" if behind else f" per {POWERS[per_power]} {PER[per]}" if per_power else f" per {PER[per]}"
    stop, end = found.group("stop"), found.end()
    if stop and not source.ends_at(end) and source.text[end : end + 1].isspace() and source.text[end + 1 : end + 2].isupper():
        end -= 1  # the full stop of a sentence, not of the unit
    elif stop and source.ends_at(end):
        unit += "."
    return Reading(spoken=f"{amount.spoken} {unit}", end=end)
