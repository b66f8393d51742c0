"""Symbols with a reading of their own, and what has none."""

from __future__ import annotations

import re
import unicodedata

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal

_SPOKEN = {
    "&": "and", "@": "at", "#": "hash", "%": "percent", "+": "plus", "=": "equals", "§": "section",
    "¶": "paragraph", "©": "copyright",
    "®": "registered trademark", "°": "degrees", "×": "times", "÷": "divided by",
    "±": "plus or minus", "∓": "minus or plus", "≤": "less than or equal to",
    "≥": "greater than or equal to", "≈": "approximately equals", "≠": "does not equal",
    "≡": "is equivalent to", "<": "less than", ">": "greater than",
    "→": "to", "←": "from", "⇒": "implies", "⇔": "if and only if", "↔": "to and from", "↑": "up",
    "↓": "down", "∞": "infinity", "√": "the square root of",
    "∑": "the sum of", "∏": "the product of", "∫": "the integral of", "∂": "partial", "∇": "nabla",
    "∆": "delta", "∈": "in", "∉": "not in",
    "∩": "intersection", "∪": "union", "⊂": "is a subset of", "∀": "for all", "∃": "there exists",
    "∅": "the empty set", "∝": "is proportional to",
    "∴": "therefore", "‰": "per mille", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen",
    "¢": "cent", "₹": "rupee", "₽": "ruble", "₩": "won",
    "₿": "bitcoin", "✓": "check", "✔": "check", "♯": "sharp", "♭": "flat", "†": "dagger",
    "‡": "double dagger", "⋅": "times", "∙": "times", "⟶": "to",
    "⟹": "implies", "⟵": "from",
}  # fmt: skip
_JOINED = {
    "->": "to",
    "-->": "to",
    "=>": "implies",
    "<-": "from",
    "<=": "less than or equal to",
    ">=": "greater than or equal to",
    "!=": "does not equal",
    "==": "equals",
    "&&": "and",
    "||": "or",
    "+/-": "plus or minus",
    "**": "to the power of",
}
_JOINED_PATTERN = re.compile(r"--?>|=>|<-|<=|>=|!=|==|&&|\|\||\+/-|(?<=[0-9a-z)])\*\*(?=[0-9a-z(])")
# The minus of a mark: "a B- in math".
_MARK = re.compile(r"(?<![\w'-])[A-DF]-(?=[\s.,;:!?)\"']|\Z)(?!\s(?:and|or|to)\b)")
_BETWEEN_NUMBERS = {"*": "times", "-": "minus", "/": "divided by", "^": "to the power of"}
_DIGIT_BEFORE = re.compile(r"[0-9)]\s?\Z")
_DIGIT_AFTER = re.compile(r"\s?[-+(]?[0-9]")
_QUOTIENT = re.compile(r"(?:[a-zπ]/[0-9]{1,4}|[0-9]/[a-z])(?![\w/])")
_STARS = re.compile(r"([★⭐✭✮✯]{1,10})([☆]{0,10})")
_TIGHT_HYPHEN = re.compile(r"-(?=\S)")
_VARIABLE_BEFORE = re.compile(r"(?<![^\W\d_'-])[b-hj-z]\s\Z")
_LETTER_AFTER = re.compile(r"\s[b-hj-z](?![^\W_])")
_ALTERNATIVES = frozenset(
    (
        ("he", "she"),
        ("she", "he"),
        ("his", "her"),
        ("his", "hers"),
        ("him", "her"),
        ("s", "he"),
        ("yes", "no"),
        ("true", "false"),
        ("on", "off"),
    )
)


def read_symbol(source: Source, at: int) -> Reading | None:
    """A symbol's name; between numbers, the operation."""
    text = source.text
    character = text[at]
    if joined := _JOINED_PATTERN.match(text, at):
        return Reading(spoken=_JOINED[joined.group()], end=joined.end())
    if character == "-" and at and _MARK.match(text, at - 1):
        return Reading(spoken="minus", end=at + 1)
    if stars := _STARS.match(text, at):
        return _stars(source, stars)
    if character in _BETWEEN_NUMBERS and _is_operation(text, at):
        return Reading(spoken=_BETWEEN_NUMBERS[character], end=at + 1)
    if character == "/":
        return Reading(spoken=_slash(source, at), end=at + 1)
    if character == "\\" and source.character_after(at + 1).isalnum():
        return Reading(spoken="backslash", end=at + 1)
    if character == "#":
        return Reading(spoken=_number_sign(source, at), end=at + 1)
    if character in _SPOKEN:
        return Reading(spoken=_SPOKEN[character], end=at + 1)
    return None


def _stars(source: Source, found: re.Match[str]) -> Reading:
    """Stars behind a number, or as many as a thing has earned: "4.5★", "★★★☆☆"."""
    full, empty = len(found.group(1)), len(found.group(2))
    before = source.text[: found.start()].rstrip()[-1:]
    if full == 1 and not empty:
        describes = re.match(
            r"\s(?:hotel|restaurant|resort|review|rating|general|service)",
            source.text[found.end() : found.end() + 12],
        )
        return Reading(
            spoken="stars" if before.isdigit() and not describes else "star", end=found.end()
        )
    of_all = f" out of {cardinal(str(full + empty))}" if empty else ""
    return Reading(
        spoken=f"{cardinal(str(full))}{of_all} {'star' if full == 1 and not empty else 'stars'}",
        end=found.end(),
    )


def _is_operation(text: str, at: int) -> bool:
    if text[at] == "-" and _TIGHT_HYPHEN.match(text, at):
        return False
    digit_before, digit_after = (
        _DIGIT_BEFORE.search(text[max(0, at - 2) : at]),
        _DIGIT_AFTER.match(text, at + 1),
    )
    if digit_before and digit_after:
        return True
    # "2x - 1", "3 * y": a letter is a variable where a number is on the other side.
    return bool(
        (digit_before and _LETTER_AFTER.match(text, at + 1))
        or (digit_after and _VARIABLE_BEFORE.search(text[max(0, at - 4) : at]))
    )


def _slash(source: Source, at: int) -> str:
    """What a slash between words is read as: nothing in "and/or", "or" between alternatives;
    nothing where it joins nothing.
    """
    before, after = source.word_before(at).lower(), source.word_after(at + 1).lower()
    if (before, after) == ("either", "or"):
        return ""
    if (
        _QUOTIENT.match(source.text, max(0, at - 1))
        and not source.text[max(0, at - 2) : max(0, at - 1)].isalnum()
    ):
        return "over"
    if (before, after) in _ALTERNATIVES:
        return "or"
    joins = source.character_before(at).strip() and source.character_after(at + 1).strip()
    return "" if before == "and" or not (joins or (before and after)) else "slash"


def _number_sign(source: Source, at: int) -> str:
    after = source.character_after(at + 1)
    if after and after in "0123456789:":
        return "number"
    before = source.character_before(at)
    return "sharp" if before and before in "ABCDEFG" else "hash"


def read_unspeakable(source: Source, at: int) -> Reading:
    """Whatever no other rule has read: skipped and reported, a run of the same kind at once."""
    text = source.text
    reason = _reason(text[at])
    end = at + 1
    while (
        end < len(text)
        and not text[end].isspace()
        and not text[end].isascii()
        and not text[end].isalpha()
        and _reason(text[end]) == reason
    ):
        end += 1
    return Reading(spoken="", end=end, skipped=((shown(text[at:end]), reason),))


def _reason(character: str) -> str:
    category = unicodedata.category(character)
    if character in _SPOKEN:
        return "is a symbol in a place where it is not read"
    if category == "So" or (character > "\U0001f000" and category.startswith("S")):
        return "is a picture or a sign without a reading"
    if category.startswith("N"):
        return "is a number in a script that is not read"
    return "is a symbol without a reading"


def shown(what: str) -> str:
    """What is skipped, short enough for a report."""
    return what if len(what) <= 8 else f"{what[:8]}..."
