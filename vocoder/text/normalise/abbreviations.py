"""Abbreviations of words: titles, streets, Latin, business; dotted ones (e.g., U.S.A.); initials of names.

Two kinds. `PLAIN` ones are no words themselves, so they are expanded wherever they stand, with or without a full stop. The others need a number or a name next
to them, or a capital and a full stop. So whether an abbreviation is expanded never hangs on a lower-case word with a full stop alone, which is what a text
that has been read consists of: reading it again changes nothing.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.abbreviation_names import AFTER_NAME, BEFORE_NAME, BEFORE_NUMBER, CAPITAL_AND_STOP, DOTTED, PLAIN, SLASHED
from vocoder.text.normalise.source import Reading, Source

_WORD = re.compile(r"([A-Za-z]{1,8})(\.?)(?![^\W_]|'[^\W\d_])")
_NUMBER_NEXT = re.compile(r"\s?(?:[0-9#]|[IVXLC]{2,6}\b)")
_NAME_NEXT = re.compile(r"\s(?:[A-Z][a-z]|[A-Z]\.)")
_FULL_NAME_NEXT = re.compile(r"\s[A-Z][a-z]")
_DOTTED_WORD = re.compile(r"((?:[A-Za-z]|[Pp]h)(?:\.[A-Za-z]){1,8}(?:[Ss]c|[Pp]hil|s|l)?)(\.?)(?!\w)")
_SLASHED_WORD = re.compile(rf"(?:{'|'.join(sorted(SLASHED, key=len, reverse=True))})(?![^\W\d_]|[0-9])|w/(?=[^\W\d_])", re.IGNORECASE)
_INITIALS = re.compile(r"((?:[A-Z]\.[ -]?){1,6})(?=[A-Z][a-z])")
_ET_AL = re.compile(r"et al(\.?)(?!\w)", re.IGNORECASE)
_STREET_NUMBER = re.compile(r"[0-9]+(?:st|nd|rd|th)?(?:\s[A-Z][a-z]{1,20}){0,2}\s\Z")


def read_abbreviation(source: Source, at: int) -> Reading | None:
    """An abbreviated word, dotted letters, or initials before a name."""
    text = source.text
    if slashed := _SLASHED_WORD.match(text, at):
        return Reading(spoken=SLASHED[slashed.group().lower()], end=slashed.end())
    if et_al := _ET_AL.match(text, at):
        return _closed(source, "and others", et_al.end(), et_al.group(1))
    if initials := _INITIALS.match(text, at):
        return Reading(spoken=" ".join(re.findall("[A-Z]", initials.group(1))), end=initials.end())
    if dotted := _DOTTED_WORD.match(text, at):
        low = dotted.group(1).lower()
        return _closed(source, DOTTED.get(low) or " ".join(dotted.group(1).upper().split(".")), dotted.end(), dotted.group(2))
    word = _WORD.match(text, at)
    if word is None:
        return None
    expanded = _expand(source, word)
    return _closed(source, expanded, word.end(), word.group(2)) if expanded else None


def _expand(source: Source, word: re.Match[str]) -> str:
    """What an abbreviation stands for, "" if it is none here."""
    written, stop = word.group(1), word.group(2)
    low = written.lower()
    text, end = source.text, word.end()
    capital = written[0].isupper()
    if stop and low in BEFORE_NUMBER and _NUMBER_NEXT.match(text, end):
        return BEFORE_NUMBER[low]
    if capital and low in ("st", "dr") and _is_street(source, word.start(), end):
        return "street" if low == "st" else "drive"
    if capital and low in BEFORE_NAME and (stop or low in ("st", "mt", "ft")) and _NAME_NEXT.match(text, end):
        return BEFORE_NAME[low]
    if written == "v" and stop and source.word_before(word.start())[:1].isupper() and _FULL_NAME_NEXT.match(text, end):
        return "versus"
    if (
        capital
        and stop
        and low in AFTER_NAME
        and low != "dr"
        and (source.word_before(word.start())[:1].isupper() or text[word.start() - 2 : word.start()] == "& ")
    ):
        return AFTER_NAME[low]
    if capital and stop and low in CAPITAL_AND_STOP:
        return CAPITAL_AND_STOP[low]
    if written.isupper() and len(written) > 1 and not stop:
        return ""  # MS, DR, MT: letters, or a word in a text of capitals
    return PLAIN.get(low, "")


def _is_street(source: Source, start: int, end: int) -> bool:
    """Whether "St." or "Dr." stands behind the name of a street."""
    text = source.text
    if _STREET_NUMBER.search(text[max(0, start - 60) : start]):
        return True
    if _NAME_NEXT.match(text, end):
        return False
    before = source.word_before(start)
    return before[:1].isupper() and text[start - 1 : start] == " " and text[start - 2 : start - 1].isalnum()


def _closed(source: Source, spoken: str, end: int, stop: str) -> Reading:
    """A reading whose own full stop also ends the text, if it is the last."""
    return Reading(spoken=spoken + "." if stop and source.ends_at(end) else spoken, end=end)
