"""Amounts of something: units of measure, percent, degrees, feet and inches."""

from __future__ import annotations

import re

from vocoder.text.normalise.amounts import Amount, amounts, number
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal
from vocoder.text.normalise.unit_names import PER, POWERS, UNITS
from vocoder.text.normalise.word_lists import listed

_UNIT = re.compile(
    r"[ -]?(?:(?P<power_word>sq|cu|square|cubic)\.?[ "
    r"-])?(?P<unit>fl\.?\s?oz|y/o|y\.o|[A-Za-zμΩ]{1,5})(?P<power>\^?[23](?![0-9]))?"
    r"(?:/(?P<per_number>[0-9]{1,4}\s?)?(?P<per>[A-Za-zμ]{1,9})(?P<per_power>\^?[23](?![0-9]))?)?(?P<stop>\.?)(?![^\W_]|'[a-z])"
)
_SCALE = re.compile(r" (?P<scale>hundred|thousand|million|billion|trillion)(?= )")
_ANGLE = re.compile(
    r"([0-9]{1,3})\s?°\s?([0-9]{1,2}(?:\.[0-9]{1,4})?)\s?'(?:\s?([0-9]{1,2}(?:\.[0-9]{1,4})?)\s?(?:\"|''))?\s?([NSEW](?![^\W_]))?"
)
_TEMPERATURE = re.compile(r"\s?([CF])(?![\w'/&+-])")
_BEFORE_TEMPERATURES = listed("""
    to at of is was about around below above under over minus from between and reached reaches hit
    hits near until by than nearly almost only exactly approximately
""")
_AMPERES = re.compile(
    r"\s?A(?=\s(?:fuse|fuses|breaker|breakers|circuit|supply|current|charger|outlet|socket|battery|max|maximum|at)\b)"
)
_FEET_INCHES = re.compile(
    r"([0-9]{1,3})\s?(?:ft\.?|feet|foot)\s([0-9]{1,2})\s?(?:in\b\.?|inch(?:es)?\b)"
)
_WARMTH = re.compile(r"[FC](?=\s(?:outside|today|tonight|inside|tomorrow|this|in the|at night)\b)")
_SINGULAR_NEXT = re.compile(
    r"\s(?:angle|angles|turn|turns|rotation|bend|bulb|bulbs|motor|charger|battery|resistor|capacitor|adapter|engine|lens|display|monitor|bag|drive|run|race|walk|swim|ride|hike|film|camera|bullet|cable|screen|tire|pole)\b"
)
# "10 W 5th St"
_STREET_NEXT = re.compile(
    r"\s(?:[0-9]{1,3}(?:st|nd|rd|th)\b|[A-Z][a-z]+\s(?:St|Ave|Rd|Blvd|Dr|Ln)\b)"
)
_BARE = re.compile(
    r"(?P<unit>km|mi|m|ft|mg|g|kg|mcg|μg|mmol|mol|gal|kWh|kcal|lb|L|ml|mL|MB|GB|KB|Mb|Gb)(?P<power>\^?[23])?/(?P<per>h|hr|s|sec|min|L|dL|ml|mL|kg|g|m|cm|day|year|yr|mi)"
    r"(?P<per_power>\^?[23])?(?![\w/'-]|\.\w)"
)
_INCHES = re.compile(
    r"in(?![^\W_])|[ -]in(?:\.|(?=[,;)]|\s*\Z| "
    r"(?:tall|wide|long|high|deep|thick|by|x|×)\b))(?![^\W_])"
)
_PERCENT = re.compile(r"[ -]?%")
_DEGREES = re.compile(r"\s?°(?:\s?(?P<scale>[CFK])(?![^\W_])|\s?(?P<direction>[NSEW])(?![^\W_]))?")
_SCALES = {"C": "celsius", "F": "fahrenheit", "K": "kelvin"}
_DIRECTIONS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_HEIGHT = re.compile(r"([0-9]{1,3})'\s?([0-9]{1,2}(?:\.[0-9])?)(?:\"|'')")
_HEIGHT_SHORT = re.compile(r"([3-7])'([0-9]|1[01])(?![\w'\"])")
_FEET = re.compile(r"'(?![^\W_])")
_NOUN_NEXT = re.compile(
    r" (?!(?:tall|wide|long|high|deep|thick|by|x|and|or|of|in|on|at|to|for|from|is|was)\b)[a-z]"
)
_WINDOW = 200  # characters in which the opening of a quotation is looked for
_OPENING_QUOTE = re.compile(r"(?:^|[\s(])'(?=\w)")
_SQUARED = {"2": "squared", "3": "cubed"}


def read_amount(source: Source, at: int) -> Reading | None:
    """An amount with what it is an amount of; nothing if no unit follows."""
    if height := _HEIGHT.match(source.text, at) or _HEIGHT_SHORT.match(source.text, at):
        inches = height.group(2).removesuffix(".0")
        return Reading(
            spoken=f"{cardinal(height.group(1))} foot {_decimal(inches)}", end=height.end()
        )
    if source.character_before(at) == "-" and source.text[max(0, at - 2) : at - 1].isalpha():
        return None  # "omega-3s" are no seconds
    if (found := _FEET_INCHES.match(source.text, at)) and source.starts_token(at):
        feet = "foot" if found.group(1) == "1" else "feet"
        return Reading(
            spoken=(
                f"{cardinal(found.group(1))} {feet} {cardinal(found.group(2))} "
                f"{'inch' if found.group(2) == '1' else 'inches'}"
            ),
            end=found.end(),
        )
    if angle := _ANGLE.match(source.text, at):
        return _angle(angle)
    for amount in amounts(source, at):
        reading = (
            _percent(source, amount)
            or _degrees(source, amount)
            or _marks(source, amount)
            or read_unit(source, at, amount)
            or _letter(source, at, amount)
        )
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
    singular = amount.is_one or _SINGULAR_NEXT.match(source.text, found.end())
    return Reading(
        spoken=f"{amount.spoken} {'degree' if singular else 'degrees'} {named}".strip(),
        end=found.end(),
    )


def _marks(source: Source, amount: Amount) -> Reading | None:
    """Feet and inches written with marks, unless the mark closes a quotation."""
    text, end = source.text, amount.end
    before = text[max(0, end - _WINDOW) : end]
    if _FEET.match(text, end) and not _OPENING_QUOTE.search(before):
        return Reading(spoken=f"{amount.spoken} {'foot' if amount.is_one else 'feet'}", end=end + 1)
    if source.character_after(end) == '"' and before.count('"') % 2 == 0:
        describes = _NOUN_NEXT.match(text, end + 1) is not None  # "a 12-inch pizza"
        return Reading(
            spoken=f"{amount.spoken} {'inch' if amount.is_one or describes else 'inches'}",
            end=end + 1,
        )
    return read_inches(source, amount)


def read_inches(source: Source, amount: Amount) -> Reading | None:
    """Inches written as a word behind an amount."""
    found = _INCHES.match(source.text, amount.end)
    if found is None:
        return None
    stop = "." if source.text[found.end() - 1] == "." and source.ends_at(found.end()) else ""
    return Reading(
        spoken=f"{amount.spoken} {'inch' if amount.is_one else 'inches'}{stop}", end=found.end()
    )


def _angle(found: re.Match[str]) -> Reading:
    r"""Degrees, minutes and seconds of an arc: "40°26'46\"N"."""
    degrees, minutes, seconds, direction = found.groups()
    spoken = (
        f"{cardinal(degrees)} degree{'' if degrees == '1' else 's'} {number(minutes)} "
        f"minute{'' if minutes == '1' else 's'}"
    )
    if seconds:
        spoken += f" {number(seconds)} second{'' if seconds == '1' else 's'}"
    return Reading(
        spoken=f"{spoken} {_DIRECTIONS[direction]}" if direction else spoken, end=found.end()
    )


def _letter(source: Source, at: int, amount: Amount) -> Reading | None:
    """A temperature without its sign, or amperes, where the words around say so: "set it to 22
    C".
    """
    if amperes := _AMPERES.match(source.text, amount.end):
        return Reading(spoken=f"{amount.spoken} amp", end=amperes.end())
    if warmth := _WARMTH.match(source.text, amount.end):
        return Reading(
            spoken=f"{amount.spoken} degrees {_SCALES[warmth.group()]}", end=warmth.end()
        )
    found = _TEMPERATURE.match(source.text, amount.end)
    if found is None or (
        source.word_before(at).lower() not in _BEFORE_TEMPERATURES and source.text[at] != "-"
    ):
        return None
    return Reading(
        spoken=(
            f"{amount.spoken} {'degree' if amount.is_one else 'degrees'} {_SCALES[found.group(1)]}"
        ),
        end=found.end(),
    )


def read_bare_unit(source: Source, at: int) -> Reading | None:
    """A unit without a number: "in km/h"."""
    found = _BARE.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    return Reading(
        spoken=f"{_powered(found, UNITS[found.group('unit')][1])}{_per(found, found.group('per'))}",
        end=found.end(),
    )


def read_unit(source: Source, at: int, amount: Amount) -> Reading | None:
    """The unit behind an amount that begins at `at`; nothing if none follows."""
    scaled = _SCALE.match(source.text, amount.end)
    start = scaled.end() if scaled else amount.end
    found = _UNIT.match(source.text, start)
    written = "" if found is None else re.sub(r"fl\.?\s?oz", "fl oz", found.group("unit"))
    if found is None or written not in UNITS or (scaled and len(written) < 2):
        return None
    if written == "W" and _STREET_NEXT.match(source.text, found.end()):
        return None
    per = found.group("per")
    if per and per not in PER:
        return None
    one, several = UNITS[written]
    # "a 5 km run": an amount that describes a noun takes the singular.
    describes = (
        source.word_before(at).lower() in ("a", "an")
        or source.text[start] == "-"
        or _SINGULAR_NEXT.match(source.text, found.end()) is not None
    )
    unit = one if (amount.is_one and not scaled) or describes else several
    unit = (
        f"{'square' if found.group('power_word').startswith('sq') else 'cubic'} {unit}"
        if found.group("power_word")
        else _powered(found, unit)
    )
    if per:
        unit += _per(found, per)
    stop, end = found.group("stop"), found.end()
    if (
        stop
        and not source.ends_at(end)
        and source.text[end : end + 1].isspace()
        and source.text[end + 1 : end + 2].isupper()
    ):
        end -= 1  # the full stop of a sentence, not of the unit
    elif stop and source.ends_at(end):
        unit += "."
    return Reading(
        spoken=f"{amount.spoken}{' ' + scaled.group('scale') if scaled else ''} {unit}", end=end
    )


def _powered(found: re.Match[str], unit: str) -> str:
    power = (found.group("power") or "").removeprefix("^")
    return f"{POWERS[power]} {unit}" if power else unit


def _per(found: re.Match[str], per: str) -> str:
    """What stands behind the slash: " per second squared", " per one hundred grams"."""
    groups = found.groupdict()
    if groups.get("per_number"):
        count = groups["per_number"].strip()
        return (
            f" per {cardinal(count)} "
            f"{PER[per] if count == '1' else UNITS[per][1] if per in UNITS else PER[per] + 's'}"
        )
    power = (groups["per_power"] or "").removeprefix("^")
    # Time is squared ("per second squared"), lengths are squares ("per square meter").
    behind = power and PER[per] in ("second", "hour", "minute")
    return (
        f" per {PER[per]} {_SQUARED[power]}"
        if behind
        else f" per {POWERS[power]} {PER[per]}"
        if power
        else f" per {PER[per]}"
    )
