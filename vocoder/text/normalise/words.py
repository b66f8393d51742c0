"""Plain words: contractions, hyphenated compounds, words in capitals, names in mixed case.

Runs of letters are kept; how a word in capitals is read is decided in `initialisms`. A compound
keeps its hyphens unless a part of it is spelled.
"""

from __future__ import annotations

import re
import unicodedata

from vocoder.text.normalise.assembly import UNSURE_A
from vocoder.text.normalise.initialisms import among_capitals, spell_capitals
from vocoder.text.normalise.interjections import is_cry
from vocoder.text.normalise.source import Reading, Source

_LETTERS = re.compile(r"[^\W\d_]+")
_LEADING = re.compile(
    r"'(?:tis|twas|twere|em|til|till|cause|round|bout|cuz|neath|gainst)(?![^\W\d_])", re.IGNORECASE
)
_AND = re.compile(r"'n'?(?![^\W\d_])", re.IGNORECASE)  # rock 'n' roll
_SYMBOL_NEXT = re.compile(r"\s?[^\w\s.,;:!?'\"()\[\]{}…—–-]|[-](?!\w)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST_PARTS = 32  # of a compound: longer ones are no words, and are read piece by piece
_SHORTEST_PART = 3  # letters: "GitHub" is two words, "McDonald" and "WiFi" one


def letters_end(text: str, at: int) -> int:
    """Where the run of letters, with the vowel signs that other scripts write as marks, ends that
    begins at `at`; `at` if there is none.
    """
    # Other scripts' numerals match as well; cleaning has put spaces around them, so a run that
    # begins with a letter has letters alone.
    while text[at : at + 1].isalpha() and (found := _LETTERS.match(text, at)):
        at = found.end()
        while (
            at < len(text)
            and text[at] > "\u02ff"
            and unicodedata.category(text[at]).startswith("M")
        ):
            at += 1
    return at


def read_word(source: Source, at: int) -> Reading | None:
    """A word with its contractions and its hyphens; a leading apostrophe stays where it belongs to
    the word ('tis).
    """
    text = source.text
    start = at
    if leading := _LEADING.match(text, at):
        return Reading(spoken=leading.group().lower(), end=leading.end())
    if shortened := _AND.match(text, at):
        return Reading(spoken="and", end=shortened.end())
    parts: list[str] = []
    joints: list[str] = []
    while True:
        end = letters_end(text, at)
        if end == at:
            break
        parts.append(text[at:end])
        at = end
        if (
            len(parts) < _MOST_PARTS
            and text[at : at + 1] in ("'", "-")
            and letters_end(text, at + 1) > at + 1
        ):
            joints.append(text[at])
            at += 1
        else:
            break
    if not parts:
        return None
    if parts == ["A"]:
        spoken = (
            "A"
            if _SYMBOL_NEXT.match(text, at)
            else "a"
            if _in_title(source, start, at)
            else UNSURE_A
        )
        return Reading(spoken=spoken, end=at)
    if len(parts) == 1 and is_cry(source, start, at):
        return Reading(spoken=parts[0].lower(), end=at)
    shouted = (
        parts[0].isupper()
        and parts[0].isascii()
        and among_capitals(source, start, start + len(parts[0]))
    )
    spoken = _compound(parts, joints, shouted=shouted)
    if text.startswith("(s)", at) and parts[-1].islower():
        return Reading(spoken=spoken + "s", end=at + len("(s)"))
    return Reading(spoken=spoken, end=at)


def _in_title(source: Source, start: int, end: int) -> bool:
    """Whether "A" stands between words in capitals or with a capital, as the article does in
    titles.
    """
    before, after = source.word_before(start), source.word_after(end)
    return len(before) > 1 and before[0].isupper() and len(after) > 1 and after[0].isupper()


def _compound(parts: list[str], joints: list[str], *, shouted: bool) -> str:
    """Parts between hyphens are read one by one, an apostrophe belongs to the part before it."""
    pieces: list[str] = [parts[0]]
    for joint, part in zip(joints, parts[1:], strict=True):
        if joint == "'":
            pieces[-1] += "'" + part
        else:
            pieces.append(part)
    spoken = [_part(piece, shouted=shouted) for piece in pieces]
    spelled = (
        any(" " in piece or piece.isupper() for piece in spoken)
        and len(spoken) > 1
        and not _is_letter_compound(spoken)
    )
    return (" " if spelled else "-").join(spoken)


def _is_letter_compound(spoken: list[str]) -> bool:
    """Whether a single letter in front is all that is spelled, as in "x-ray": the compound is a
    word of its own.
    """
    return len(spoken[0]) == 1 and all(piece.islower() for piece in spoken[1:])


def _part(word: str, *, shouted: bool) -> str:
    """One word without hyphens: capitals, camel case, or as it is."""
    stem, apostrophe, ending = word.partition("'")
    if stem.isascii() and not stem.islower():
        parts = _CAMEL.split(stem)
        if len(parts) > 1 and all(
            len(part) >= _SHORTEST_PART or (part.isupper() and len(part) > 1) for part in parts
        ):
            return " ".join(
                [*map(_capitals, parts[:-1]), _capitals(parts[-1]) + apostrophe + ending]
            )
        return spell_capitals(stem, apostrophe + ending, shouted=shouted)
    return word.lower()


def _capitals(word: str) -> str:
    return spell_capitals(word, "")
