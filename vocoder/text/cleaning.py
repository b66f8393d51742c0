"""Any Unicode to text without anything that cannot be a part of speech, remembering where each
character came from.

- Control characters, lone surrogates, private and unassigned code points become a space and are
reported.
- What has no sound by nature goes without a word: byte order marks, bidirectional controls,
zero-width characters, soft hyphens, and combining marks past the
  second on one letter ("zalgo"). The joiner of emoji stays: it makes several of them one.
- Blocks of code (Markdown's) go, and are reported; so do the marks before the lines of a quotation.
- Every kind of space becomes a space; line ends become line feeds.

How the rest is read (other forms of letters and digits, quotes, symbols) is the normaliser's
affair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

_MOST_MARKS = 2  # combining marks on one letter; Vietnamese and a keycap emoji need two
_LONGEST_REPORT = 8  # characters of a run that are shown
_ZERO_WIDTH_JOINER = "\u200d"
_LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_LOST = "\ufffd\ufffc"
_FENCES = ("```", "~~~")
# What Markdown writes for the eye alone: blocks of code, and the marks before the lines of a
# quotation.
_HIDDEN = re.compile(
    r"^[^\S\n]{0,3}```[^`\n]{0,60}\n(?:[^`]|`(?!``)){0,20000}```[^\S\n]*$|^[^\S\n]{0,3}~~~[^~\n]{0,60}\n(?:[^~]|~(?!~~)){0,20000}~~~[^\S\n]*$"
    r"|^[^\S\n]{0,3}(?:>[^\S\n]?){0,4}>[^\S\n](?=[^\W\d]|[\"'*_(\[“‘#-])",
    re.MULTILINE,
)
_REASONS = {
    "Cc": "is a control character",
    "Cs": "is half of a surrogate pair",
    "Co": "is a private character without a meaning of its own",
    "Cn": "is not an assigned character",
}


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
        text: encodable in UTF-8, without control characters but line feeds.
        origins: for each character of `text` the index in the original of the character it came
            from; increasing.
        removed: what could not be kept, in order.
    """

    text: str
    origins: tuple[int, ...]
    removed: tuple[Removed, ...]


def clean(text: str) -> Cleaned:
    """Cleans any string; "" and strings of nothing but dirt give empty or blank text."""
    if text.isascii() and text.isprintable() and not text.startswith((">", " ")):
        return Cleaned(text=text, origins=tuple(range(len(text))), removed=())
    if hidden := [found.span() for found in _HIDDEN.finditer(text)]:
        return _without(text, hidden)
    kept: list[str] = []
    origins: list[int] = []
    removed: list[Removed] = []
    at = marks = 0
    for reason, run in groupby(text, key=_reason):
        characters = list(run)
        if reason:
            removed.append(Removed(text=_show(characters), start=at, reason=reason))
        for place, character in enumerate(" " if reason else characters, at):
            plain = _plain(character)
            marks = marks + 1 if _is_mark(character) else 0
            first_of_two = character == "\r" and text[place + 1 : place + 2] == "\n"
            if plain and marks <= _MOST_MARKS and not first_of_two:
                kept.append(plain)
                origins.append(place)
        at += len(characters)
    return Cleaned(text="".join(kept), origins=tuple(origins), removed=tuple(removed))


def _without(text: str, hidden: Sequence[tuple[int, int]]) -> Cleaned:
    """Cleans what is left of a text without some stretches; of each block of code a line end stays,
    and a report.
    """
    pieces: list[str] = []
    places: list[int] = []
    removed: list[Removed] = []
    at = 0
    for start, end in [*hidden, (len(text), len(text))]:
        pieces.append(text[at:start])
        places.extend(range(at, start))
        if text.startswith(_FENCES, start):
            pieces.append("\n\n")
            places.extend((start, start))
            removed.append(
                Removed(
                    text=_show(list(text[start : start + 3])),
                    start=start,
                    reason="begins a block of code",
                )
            )
        at = end
    cleaned = clean("".join(pieces)) if hidden else Cleaned(text="", origins=(), removed=())
    removed += [
        Removed(text=one.text, start=places[one.start], reason=one.reason)
        for one in cleaned.removed
    ]
    origins = tuple(places[place] for place in cleaned.origins)
    return Cleaned(
        text=cleaned.text,
        origins=origins,
        removed=tuple(sorted(removed, key=lambda one: one.start)),
    )


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
    return (
        ""
        if unicodedata.category(character) == "Cf" and character != _ZERO_WIDTH_JOINER
        else character
    )


@lru_cache(maxsize=20_000)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me")


def _show(characters: list[str]) -> str:
    shown = " ".join(f"U+{ord(character):04X}" for character in characters[:_LONGEST_REPORT])
    return f"{shown} ..." if len(characters) > _LONGEST_REPORT else shown
