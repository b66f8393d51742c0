"""`<say-as>`: a stretch of text read as what its author says it is, not as what it looks like.

The names of the interpretations are those of the W3C's note (https://www.w3.org/TR/ssml-sayas/) and
of the services that people come from. Readings are the normaliser's own wherever it has one. Each
raises `ValueError` with the end of a sentence that begins with what was written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from vocoder.text.normalise import normalise
from vocoder.text.normalise.cleaning import clean
from vocoder.text.normalise.dates import MONTHS, date_in_words, read_named_date, read_numeric_date
from vocoder.text.normalise.fractions import fraction
from vocoder.text.normalise.money import read_money
from vocoder.text.normalise.numbers import SIGNS
from vocoder.text.normalise.source import Rule, Source
from vocoder.text.normalise.spelled_codes import MARK_NAMES
from vocoder.text.normalise.spelling import cardinal, label, one_by_one, ordinal, year
from vocoder.text.normalise.telephone import read_telephone
from vocoder.text.normalise.times import read_time
from vocoder.text.normalise.units import read_amount

_NUMBER = re.compile(r"([-+±]?)\s?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?")
_ORDINAL = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:st|nd|rd|th)?", re.IGNORECASE)
_FRACTION = re.compile(r"(?:([0-9]{1,6})\s?[ +-]\s?)?([0-9]{1,4}/[1-9][0-9]{0,3})")
_GROUPS = re.compile(
    r"\+?[0-9 ().,/-]*[0-9][0-9 ().,/-]*(?:(?:x|ext\.?)\s?([0-9]{1,6}))?", re.IGNORECASE
)
_HOURS = re.compile(
    r"([0-9]{1,2})(?:[:.]?([0-9]{2})(?:[:.]?([0-9]{2}))?)?\s?([ap])?\.?(?:m\.?)?", re.IGNORECASE
)
_RATIO = re.compile(r"[0-9.]+:[0-9.]+")
_SPAN = re.compile(r"(?:([0-9]{1,4})')?\s?([0-9]{1,4})\"|([0-9]{1,4})'")
_DATE_ORDERS = ("mdy", "dmy", "ymd", "ydm", "md", "dm", "ym", "my", "y", "m", "d")
_WIDTHS = {"y": 4, "m": 2, "d": 2}
_ADDRESS_NUMBER = re.compile(r"[0-9]+(?:-[0-9]+)?(?![0-9]*(?:st|nd|rd|th)\b)", re.IGNORECASE)
_ZIP_DIGITS = 5


def say_as(content: str, interpretation: str, form: str) -> str:
    """What is said, in the normaliser's form: words, and marks behind them.

    Args:
        content: what is written, without white space at its ends.
        interpretation: as the attribute has it.
        form: the attribute `format`; "" where there is none.

    Raises:
        ValueError: there is no such interpretation or format, or the content is nothing of the
            kind.
    """
    reader = _READERS.get(interpretation)
    if reader is None:
        raise ValueError(
            f"there is no interpretation {interpretation!r} (known: {', '.join(_READERS)})"
        )
    spoken = reader(clean(content).strip(), form)
    # Letters are names already: to the normaliser an A by itself may be the article.
    return spoken if reader is _characters else normalise(spoken).text


def _no_format(form: str, interpretation: str) -> None:
    if form:
        raise ValueError(f"{interpretation} has no format {form!r}")


def _characters(content: str, form: str) -> str:
    if form not in ("", "characters", "glyphs"):
        raise ValueError(f"characters have no format {form!r}")
    return " ".join(filter(None, map(_character, content)))


def _character(character: str) -> str:
    if character.isspace():
        return ""
    if character in MARK_NAMES:
        return MARK_NAMES[character]
    plain = unicodedata.normalize("NFKD", character)[:1]
    if plain.isascii() and plain.isalpha():
        return plain.upper()
    return normalise(character).text or normalise(unicodedata.name(character, "").lower()).text


def _cardinal(content: str, form: str) -> str:
    _no_format(form, "a cardinal")
    found = _NUMBER.fullmatch(content)
    if found is None:
        raise ValueError("is no number")
    sign, whole, decimals = found.groups("")
    digits = whole.replace(",", "").lstrip("0") or "0"
    return (
        SIGNS[sign] + cardinal(digits) + (f" point {one_by_one(decimals[1:])}" if decimals else "")
    )


def _number(content: str, form: str) -> str:
    """Any number; `format` may be one of the other interpretations of numbers."""
    if form in ("ordinal", "cardinal", "digits", "telephone", "fraction"):
        return _READERS[form](content, "")
    _no_format(form, "a number")
    if _FRACTION.fullmatch(content):
        return _fraction(content, "")
    return _cardinal(content, "")


def _ordinal(content: str, form: str) -> str:
    _no_format(form, "an ordinal")
    found = _ORDINAL.fullmatch(content)
    if found is None:
        raise ValueError("is no whole number")
    return ordinal(found[1].replace(",", ""))


def _digits(content: str, form: str) -> str:
    _no_format(form, "digits")
    if not re.fullmatch(r"[0-9 .,/()-]*[0-9][0-9 .,/()-]*", content):
        raise ValueError("has other characters than digits, and marks between them")
    return one_by_one("".join(filter(str.isdigit, content)))


def _fraction(content: str, form: str) -> str:
    _no_format(form, "a fraction")
    found = _FRACTION.fullmatch(content)
    if found is None:
        raise ValueError("is no fraction as 3/4 or 1 1/2")
    return fraction(" ".join(filter(None, found.groups())))


def _telephone(content: str, form: str) -> str:
    """`format` is the code of the country, which is said first where the number itself does not
    have it.
    """
    if form and not re.fullmatch(r"\+?[0-9]{1,3}", form):
        raise ValueError(f"telephone has no format {form!r}: it is the code of a country")
    found = _GROUPS.fullmatch(content)
    if found is None:
        raise ValueError("is no telephone number")
    country = (
        "" if not form or content.startswith("+") else f"plus {one_by_one(form.lstrip('+'))}, "
    )
    usual = _whole(read_telephone, content)
    if usual:
        return country + usual
    groups = re.findall("[0-9]+", content if found[1] is None else content[: found.start(1)])
    said = ", ".join(map(one_by_one, groups))
    return (
        country
        + ("plus " if content.startswith("+") else "")
        + said
        + (f", extension {one_by_one(found[1])}" if found[1] else "")
    )


def _date(content: str, form: str) -> str:
    order = re.sub(r"(.)\1+", r"\1", re.sub(r"[^a-z]", "", form.lower()))
    if form and order not in _DATE_ORDERS:
        raise ValueError(f"date has no format {form!r} (known: {', '.join(_DATE_ORDERS)})")
    if order:
        return _date_in(content, order)
    said = _whole(read_named_date, content) or _whole(read_numeric_date, content)
    if said:
        return said
    for usual in ("ymd", "mdy", "dmy"):
        try:
            return _date_in(content, usual)
        except ValueError:
            continue
    raise ValueError("is no date that can be told without a format")


def _date_in(content: str, order: str) -> str:
    parts = re.findall(
        r"[0-9]+|[^\W\d_]+",
        re.sub(r"(?<=[0-9])(?:st|nd|rd|th)\b", "", content, flags=re.IGNORECASE),
    )
    if (
        len(parts) == 1
        and parts[0].isdigit()
        and len(order) > 1
        and len(parts[0]) == sum(_WIDTHS[part] for part in order)
    ):
        at = 0
        digits, parts = parts[0], []
        for part in order:
            parts.append(digits[at : at + _WIDTHS[part]])
            at += _WIDTHS[part]
    if len(parts) != len(order):
        raise ValueError(f"is no date of the format {order}")
    found = dict(zip(order, parts, strict=True))
    month, day, which = found.get("m", ""), found.get("d", ""), found.get("y", "")
    if month and not month.isdigit():
        month = str(
            next(
                (
                    number
                    for number, name in enumerate(MONTHS, 1)
                    if len(month) > 2 and name.startswith(month.lower())
                ),
                0,
            )
        )
    numeric = all(part.isdigit() for part in (month, day, which) if part)
    if (
        not numeric
        or (month and not 1 <= int(month) <= 12)
        or (day and not 1 <= int(day) <= 31)
        or len(which) > 4
    ):
        raise ValueError(f"is no date of the format {order}")
    if month and day:
        return date_in_words(month, day, which)
    if month:
        return MONTHS[int(month) - 1] + (f" {year(which)}" if which else "")
    return year(which) if which else ordinal(day)


def _time(content: str, form: str) -> str:
    if form and not re.fullmatch(r"h?m?s?(?:12|24)?", form):
        raise ValueError(
            f"time has no format {form!r} (known: hms12, hms24, hm, h, ms and the like)"
        )
    if span := _SPAN.fullmatch(content):
        minutes, seconds = span[1] or span[3], span[2]
        return " ".join(
            _count(number, unit)
            for number, unit in ((minutes, "minute"), (seconds, "second"))
            if number
        )
    found = _HOURS.fullmatch(content)
    impossible = (
        _RATIO.fullmatch(content)
        if found is None
        else int(found[1]) > 24 or int(found[2] or 0) > 59 or int(found[3] or 0) > 59
    )
    usual = None if impossible or form.endswith("12") else _whole(read_time, content)
    if usual:
        return usual
    if found is None or impossible:
        raise ValueError("is no time of day")
    hour, minute, second, half = found[1], found[2], found[3], found[4]
    said = cardinal(str(int(hour)))
    if minute and minute != "00":
        said += f" oh {cardinal(minute[1])}" if minute[0] == "0" else f" {cardinal(minute)}"
    elif not half:
        said += " o'clock" if 0 < int(hour) <= 12 else " hundred"
    said += f" and {_count(second, 'second')}" if second and second != "00" else ""
    return said + (f" {half.upper()} M" if half else "")


def _count(number: str, unit: str) -> str:
    plain = number.lstrip("0") or "0"
    return f"{cardinal(plain)} {unit}{'' if plain == '1' else 's'}"


def _currency(content: str, form: str) -> str:
    """`format` is a currency's code ("USD"), for amounts without a symbol."""
    if form and not re.fullmatch(r"[A-Za-z]{3}|[^\w\s]", form):
        raise ValueError(f"currency has no format {form!r}: it is a code as USD")
    for written in (content, content.upper(), f"{form.upper()} {content}" if form else content):
        said = _whole(read_money, written)
        if said:
            return said
    raise ValueError("is no amount of a currency that is known")


def _unit(content: str, form: str) -> str:
    _no_format(form, "a unit")
    said = _whole(read_amount, content)
    if not said:
        raise ValueError("is no amount of a unit that is known")
    return said


def _address(content: str, form: str) -> str:
    _no_format(form, "an address")

    def number(found: re.Match[str]) -> str:
        digits = found.group()
        return " ".join(
            one_by_one(part) if len(digits) >= _ZIP_DIGITS else label(part)
            for part in digits.split("-")
        )

    return _ADDRESS_NUMBER.sub(number, content)


def _whole(rule: Rule, content: str) -> str:
    """What a rule of the normaliser makes of the content, where it reads all of it; else ""."""
    reading = rule(Source.of(content), 0) if content else None
    return reading.spoken if reading is not None and reading.end == len(content) else ""


_READERS: dict[str, Callable[[str, str], str]] = {
    "characters": _characters,
    "spell-out": _characters,
    "cardinal": _cardinal,
    "number": _number,
    "ordinal": _ordinal,
    "digits": _digits,
    "fraction": _fraction,
    "telephone": _telephone,
    "date": _date,
    "time": _time,
    "currency": _currency,
    "unit": _unit,
    "address": _address,
}
INTERPRETATIONS = tuple(_READERS)
