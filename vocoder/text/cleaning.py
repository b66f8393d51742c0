"""Any Unicode to text that the rest can read, remembering where each character came from.

- Control characters, lone surrogates, private and unassigned code points become a space and are reported.
- What has no sound by nature goes without a word: byte order marks, bidirectional controls, zero-width characters, soft hyphens, combining marks past the
  second on one letter, and on Latin letters all that make no letter of Unicode with it ("zalgo"). The joiner of emoji stays: it makes several of them one.
- Letters and digits that are plain ones in another dress (full width, mathematical bold, ligatures, circled letters) become the plain ones.
- Every kind of space becomes a space; line ends become line feeds.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

_MOST_MARKS = 2  # combining marks on one letter; Vietnamese and a keycap emoji need two
_LONGEST_REPORT = 8  # characters of a run that are shown
_ZERO_WIDTH_JOINER = "\u200d"
_LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_REASONS = {
    "Cc": "is a control character",
    "Cs": "is half of a surrogate pair",
    "Co": "is a private character without a meaning of its own",
    "Cn": "is not an assigned character",
}
_LOST = "\ufffd\ufffc"  # what other programs put in the place of something they could not keep
_DRESSES = ("<font>", "<wide>", "<circle>")
_LIGATURES = "ﬀﬁﬂﬃﬄﬅﬆ"


@dataclass(frozen=True, kw_only=True)
class Removed:
    """A run of characters that cannot be spoken, for one reason."""

    text: str  # printable: the characters as "U+0000 U+0001", and "..." where there are many more
    start: int  # index of its first character in the original text
    reason: str


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """Text without anything that the later stages could stumble over.

    Attributes:
        text: encodable in UTF-8, in normal form C as far as letters go.
        origins: for each character of `text` the index in the original of the character it came from; never decreasing.
        removed: what could not be kept, in order.
    """

    text: str
    origins: tuple[int, ...]
    removed: tuple[Removed, ...]


def clean(text: str) -> Cleaned:
    """Cleans any string; "" and strings of nothing but dirt give empty or blank text."""
    if text.isascii() and text.isprintable():
        return Cleaned(text=text, origins=tuple(range(len(text))), removed=())
    kept: list[str] = []
    origins: list[int] = []
    removed: list[Removed] = []
    at = 0
    for reason, run in groupby(text, key=_reason):
        characters = list(run)
        if reason:
            removed.append(Removed(text=_show(characters), start=at, reason=reason))
            kept.append(" ")
            origins.append(at)
        else:
            _keep(characters, at, kept, origins)
        at += len(characters)
    return Cleaned(text="".join(kept), origins=tuple(origins), removed=tuple(removed))


def _keep(characters: list[str], start: int, kept: list[str], origins: list[int]) -> None:
    """Adds the cleaned form of a run without anything to report."""
    at = 0
    while at < len(characters):
        first = at
        at += 1
        while at < len(characters) and _is_mark(characters[at]):
            at += 1
        letter = characters[first]
        if letter == "\r" and at < len(characters) and characters[at] == "\n":
            continue
        marks = characters[first + 1 : min(at, first + 1 + _MOST_MARKS)]
        plain = unicodedata.normalize("NFC", "".join([_plain(letter), *marks]))
        if letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN"):
            plain = "".join(character for character in plain if not _is_mark(character))
        kept.append(plain)
        origins.extend([start + first] * len(plain))


@lru_cache(maxsize=20_000)
def _reason(character: str) -> str:
    """Why a character cannot be spoken; "" where it may be, or is not meant to be heard."""
    if character in _LINE_ENDS or character.isspace():
        return ""
    if character in _LOST:
        return "stands for something that another program lost"
    return _REASONS.get(unicodedata.category(character), "")


@lru_cache(maxsize=20_000)
def _plain(character: str) -> str:
    """What stands for a character in clean text; "" for what is not heard."""
    if character in _LINE_ENDS:
        return "\n"
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Cf":
        return character if character == _ZERO_WIDTH_JOINER else ""
    dressed = unicodedata.decomposition(character).startswith(_DRESSES) and unicodedata.normalize("NFKC", character).isalnum()
    return unicodedata.normalize("NFKC", character) if dressed or character in _LIGATURES else character


@lru_cache(maxsize=20_000)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me")


def _show(characters: list[str]) -> str:
    shown = " ".join(f"U+{ord(character):04X}" for character in characters[:_LONGEST_REPORT])
    return f"{shown} ..." if len(characters) > _LONGEST_REPORT else shown
