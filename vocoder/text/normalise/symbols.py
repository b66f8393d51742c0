"""Symbols with a reading of their own, and what has none."""

from __future__ import annotations

import re
import unicodedata

from vocoder.text.normalise.source import Reading, Source

_SPOKEN = {
    "&": "and", "@": "at", "#": "hash", "%": "percent", "+": "plus", "=": "equals", "§": "section", "¶": "paragraph", "©": "copyright", "®": "registered trademark",
    "°": "degrees", "×": "times", "÷": "divided by", "±": "plus or minus", "∓": "minus or plus", "≤": "less than or equal to", "≥": "greater than or equal to",
    "≈": "approximately equals", "≠": "does not equal", "≡": "is equivalent to", "<": "less than", ">": "greater than", "→": "to", "←": "from", "⇒": "implies",
    "⇔": "if and only if", "↔": "to and from", "↑": "up", "↓": "down", "∞": "infinity", "√": "square root of", "∑": "sum of", "∏": "product of", "∫": "integral of",
    "∂": "partial", "∇": "nabla", "∆": "delta", "∈": "in", "∉": "not in", "∩": "intersection", "∪": "union", "⊂": "is a subset of", "∀": "for all",
    "∃": "there exists", "∅": "the empty set", "∝": "is proportional to", "∴": "therefore", "‰": "per mille", "$": "dollar", "€": "euro", "£": "pound", "¥": "yen",
    "¢": "cent", "₹": "rupee", "₽": "ruble", "₩": "won", "₿": "bitcoin", "✓": "check", "✔": "check", "♯": "sharp", "♭": "flat", "†": "dagger",
}  # fmt: skip
_REPEATED = re.compile(r"(?P<one>[^\w\s])(?P=one){2,}")
_BETWEEN_NUMBERS = {"*": "times", "-": "minus", "–": "minus", "/": "divided by", "^": "to the power of"}
_DIGIT_BEFORE = re.compile(r"[0-9]\s?\Z")
_DIGIT_AFTER = re.compile(r"\s?[-+]?[0-9]")


def read_symbol(source: Source, at: int) -> Reading | None:
    """A symbol's name; between numbers, the operation."""
    text = source.text
    character = text[at]
    if repeated := _REPEATED.match(text, at):
        if repeated.group()[0] not in _SPOKEN:
            return None
        return Reading(spoken="", end=repeated.end(), skipped=((_shown(repeated.group()), "is a line of symbols"),))
    if character in _BETWEEN_NUMBERS and _DIGIT_BEFORE.search(text[max(0, at - 2) : at]) and _DIGIT_AFTER.match(text, at + 1):
        return Reading(spoken=_BETWEEN_NUMBERS[character], end=at + 1)
    if character == "/" and source.word_before(at) and source.word_after(at + 1):
        return Reading(spoken="slash", end=at + 1)
    if character in _SPOKEN:
        return Reading(spoken=_SPOKEN[character], end=at + 1)
    return None


def read_unspeakable(source: Source, at: int) -> Reading:
    """Whatever no other rule has read: skipped and reported, a run of the same kind at once."""
    text = source.text
    reason = _reason(text[at])
    end = at + 1
    while end < len(text) and not text[end].isspace() and not text[end].isascii() and not text[end].isalnum() and _reason(text[end]) == reason:
        end += 1
    return Reading(spoken="", end=end, skipped=((_shown(text[at:end]), reason),))


def _reason(character: str) -> str:
    category = unicodedata.category(character)
    if category == "So" or character > "\U0001f000" and category.startswith("S"):
        return "is a picture or a sign without a reading"
    if category.startswith("N"):
        return "is a number in a script that is not read"
    return "is a symbol without a reading"


def _shown(what: str) -> str:
    return what if len(what) <= 8 else f"{what[:8]}..."
