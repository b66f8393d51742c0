"""Numbers in words, as Americans say them: no "and" in cardinals, years in pairs, "point" before
decimals, "oh" in times and labels.

Words come from num2words; what is said otherwise than by its rules (years, digits one by one) is
put together here. All functions take digits as they are written (`str`), because a zero in front,
and the length, decide how a number is read.
"""

from __future__ import annotations

from functools import lru_cache

from num2words import num2words

LONGEST_CARDINAL = (
    36  # digits: up to 999 decillion; what is longer has no name that anyone would follow
)
_LONGEST_PLAIN = (
    9  # digits that are read as one number without thousands commas and without zeros at the end
)
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@lru_cache(maxsize=4096)
def _words(number: int, kind: str) -> str:
    words: str = num2words(number, to=kind)
    return words.replace(",", "").replace(" and ", " ")


def cardinal(digits: str) -> str:
    """A whole number: "1234" -> "one thousand two hundred thirty-four". Digit by digit where it has
    a zero in front, or more than `LONGEST_CARDINAL` digits.

    Args:
        digits: ASCII digits, at least one.
    """
    if len(digits) > LONGEST_CARDINAL or (len(digits) > 1 and digits[0] == "0"):
        return one_by_one(digits)
    return _words(int(digits), "cardinal")


def ordinal(digits: str) -> str:
    """A place in an order: "22" -> "twenty-second". The last digit alone is made ordinal where a
    number is too long for a name.
    """
    significant = digits.lstrip("0") or "0"
    if len(significant) > LONGEST_CARDINAL:
        return f"{one_by_one(significant[:-1])} {_words(int(significant[-1]), 'ordinal')}"
    return _words(int(significant), "ordinal")


def one_by_one(digits: str, *, zero: str = "zero") -> str:
    """Each digit by itself: "407" -> "four zero seven"."""
    return " ".join(zero if digit == "0" else _DIGITS[int(digit)] for digit in digits)


def quantity(written: str) -> str:
    """A number as it counts something, with thousands commas or decimals where it has them.

    A long number without commas is a name rather than a quantity (ISBN, account) unless it is
    round, so it is read digit by digit.

    Args:
        written: "1,234", "1234", "3.14", ".5".
    """
    whole, _, decimals = written.partition(".")
    digits = whole.replace(",", "")
    is_name = len(digits) > _LONGEST_PLAIN and "," not in whole and not digits.endswith("000")
    words = one_by_one(digits) if is_name else cardinal(digits) if digits else ""
    return f"{words} point {one_by_one(decimals)}".strip() if decimals else words


def year(digits: str) -> str:
    """A year: "1999" -> "nineteen ninety-nine", "1905" -> "nineteen oh five", "2005" -> "two
    thousand five", "2010" -> "twenty ten".
    """
    if len(digits) != 4 or digits[0] == "0":
        return cardinal(digits)
    century, rest = digits[:2], digits[2:]
    if rest == "00":
        return cardinal(digits) if century[1] == "0" else f"{cardinal(century)} hundred"
    if rest[0] == "0":
        return (
            cardinal(digits) if century[1] == "0" else f"{cardinal(century)} oh {cardinal(rest[1])}"
        )
    return f"{cardinal(century)} {cardinal(rest)}"


def time_of_24(hour: int, minute: str) -> str:
    """A time of day without its half: (15, "30") -> "fifteen thirty", (9, "00") -> "nine
    o'clock".
    """
    if minute != "00":
        return f"{cardinal(str(hour))} {minutes_past(minute)}"
    if hour == 0:
        return "midnight"
    return f"{cardinal(str(hour))} hundred" if hour > 12 else f"{cardinal(str(hour))} o'clock"


def minutes_past(digits: str) -> str:
    """The two digits of minutes: "05" -> "oh five"."""
    return f"oh {cardinal(digits[1])}" if digits[0] == "0" else cardinal(digits)


def label(digits: str) -> str:
    """A number that names rather than counts (a room, a flight, a model): "320" -> "three twenty",
    "101" -> "one oh one", "5000" -> "five thousand".
    """
    if len(digits) <= 2:
        return cardinal(digits)
    if len(digits) > 4 or digits[0] == "0":
        return one_by_one(digits)
    if digits.endswith("000") or (digits.endswith("00") and len(digits) == 3):
        return cardinal(digits)
    head, rest = digits[:-2], digits[-2:]
    if rest == "00":
        return f"{cardinal(head)} hundred"
    return (
        f"{cardinal(head)} oh {cardinal(rest[1])}"
        if rest[0] == "0"
        else f"{cardinal(head)} {cardinal(rest)}"
    )


def plural(word: str) -> str:
    """The plural of a number word or of a noun: "six" -> "sixes", "ninety" -> "nineties", "euro" ->
    "euros".
    """
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def letters(word: str) -> str:
    """Each letter by itself: "fbi" -> "F B I"."""
    return " ".join(word.upper())
