"""Any Unicode to the characters that the rules know.

Compatibility forms become plain ones (NFKC: full width, ligatures, circled numbers), digits of
every script ASCII digits, the many quotes, dashes, primes and full stops one of each kind. What
means something by its form is spelled out before NFKC would flatten it: "²" is "^2", "½" is " 1/2",
"™" a word.
Control and format characters (zero width, soft hyphens, byte order marks, variation selectors)
vanish: they have no sound by nature, so they are not reported.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

from vocoder.text.normalise.assembly import plain_marks

# combining marks in a row: more are no writing, and normalising them takes time that grows with the
# square of their number
_MOST_MARKS = 8
_SPELLED = {
    "'": "‘’‚‛ʼʻ´′＇",
    '"': "“”„‟«»‹›″〝〞〟「」『』",
    "-": "‐‑−⁃﹣－",
    "–": "‒",
    "—": "―⸺⸻﹘",
    ".": "。．։۔।॥",
    ",": "、،﹐",
    ";": "؛",
    "?": "؟⁇",
    "%": "٪",
    "/": "⁄∕",
    "...": "…⋯",
    " trademark ": "™",
    " service mark ": "℠",
    "No. ": "№",
    "°": "º˚",
    "(": "【〈《〔",
    ")": "】〉》〕",
    " ": "`¨¯¸\t\n\r\v\f",
}
_TABLE = str.maketrans(
    {character: plain for plain, characters in _SPELLED.items() for character in characters}
)
_FRACTION = re.compile(r"(?<=\S)(?=[¼-¾⅐-⅞↉])")
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
_SUPERSCRIPT_RUN = re.compile(f"[{_SUPERSCRIPTS}]+")
_SUPERSCRIPT_TABLE = str.maketrans(_SUPERSCRIPTS, "0123456789-+")
_SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"
_SUBSCRIPT_TABLE = str.maketrans(_SUBSCRIPTS, "0123456789")
_LOGARITHM = re.compile(rf"\b(log)([{_SUBSCRIPTS}]{{1,3}})\s?")
# Between a Greek letter and a Latin one a word ends: "Δx".
_GREEK_BEFORE = re.compile(r"(?<![^\W\d_])[Α-Ωα-λν-ω∆](?=[A-Za-z](?![^\W\d_]))")
_TICK = re.compile(r"(?<=[A-Za-z])`(?=[a-z])")
_ENTITY = re.compile(
    r"&(?:amp;){0,3}(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
)
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Cn", "Co"))


def clean(text: str) -> str:
    """Cleans any string; ASCII text comes back as it is, but for control characters, backticks and
    HTML's names of characters.
    """
    if "&" in text:
        text = _entities(text)
    if "`" in text:
        text = _TICK.sub("'", text)
    text = text.translate(_TABLE)
    if not text.isascii():
        text = _LOGARITHM.sub(
            lambda found: f"{found.group(1)} base {found.group(2).translate(_SUBSCRIPT_TABLE)} of ",
            text,
        )
        text = _FRACTION.sub(" ", text)
        text = _SUPERSCRIPT_RUN.sub(
            lambda run: "^" + run.group().translate(_SUPERSCRIPT_TABLE), text
        )
        text = unicodedata.normalize("NFKC", "".join(_known(text))).translate(_TABLE)
        text = _GREEK_BEFORE.sub(r"\g<0> ", text)
        text = plain_marks("".join(map(_digit, text)))
    elif not text.isprintable():
        text = "".join(_known(text))
    return text


def _entities(text: str) -> str:
    """Characters that HTML names, however often they were escaped: "&amp;lt;" -> "<"; what names
    nothing stays.
    """

    def plain(found: re.Match[str]) -> str:
        escaped = found.group()
        while (
            (character := html.unescape(escaped)) != escaped
            and "&" in character
            and len(character) > 1
        ):
            escaped = character
        return character

    return _ENTITY.sub(plain, text)


def _known(text: str) -> list[str]:
    """The characters that may have a sound; runs of combining marks are cut short."""
    kept: list[str] = []
    marks = 0
    for character in text:
        if _is_silent(character):
            continue
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return kept


@lru_cache(maxsize=16_384)
def _is_silent(character: str) -> bool:
    # U+FE00 to U+FE0F choose between forms of the character before them; U+20E3 is the frame of a
    # keycap.
    return (
        unicodedata.category(character) in _DROPPED
        or "\ufe00" <= character <= "\ufe0f"
        or character == "\u20e3"
    )


@lru_cache(maxsize=16_384)
def _digit(character: str) -> str:
    """A decimal digit of any script in ASCII; other numerals stand by themselves, so that no word
    contains one; every other character as it is.
    """
    value = unicodedata.decimal(character, None)
    if value is not None:
        return str(value)
    # white on black, and other enclosed numbers that NFKC leaves
    if "\u2776" <= character <= "\u2793" or "\u24eb" <= character <= "\u24ff":
        return f" {int(unicodedata.numeric(character))} "
    return f" {character} " if character.isalnum() and not character.isalpha() else character
