"""Marks: pauses are kept, quotes vanish, brackets become the pauses that a reader makes around
them.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source

_ELLIPSIS = re.compile(r"\.(?:\s?\.){1,20}")
_RUN = re.compile(r"[.,;:?!]+")
# A hyphen is a dash between spaces or behind a word, but not where a word is left out ("two- and
# three-day").
_DASH = re.compile(
    r"---?|—{1,9}|(?<=\s)[-–](?=\s)|–(?=\s|\Z)|(?<=[^\W_])-(?=\s(?!and\b|or\b|to\b)|\Z)"
)
_OPENING, _CLOSING = "([{", ")]}"
_BULLETS = "|•·‧∙▪◦●‣■►▶"
_SILENT = "\"'¿¡_-–*~^\\<>"


def read_mark(source: Source, at: int) -> Reading | None:
    """A mark or a run of marks; the strongest of a run is chosen where readings are put
    together.
    """
    text = source.text
    if ellipsis := _ELLIPSIS.match(text, at):
        # Trailing off pauses like a comma, unless nothing follows.
        return Reading(spoken="." if source.ends_at(ellipsis.end()) else ",", end=ellipsis.end())
    if run := _RUN.match(text, at):
        return Reading(spoken=run.group(), end=run.end())
    if dash := _DASH.match(text, at):
        return Reading(spoken="—", end=dash.end())
    character = text[at]
    if character in _OPENING:
        return Reading(spoken=",", end=at + 1)
    if character in _CLOSING:
        return Reading(spoken="" if source.ends_at(at + 1) else ",", end=at + 1)
    if character in _BULLETS:
        return Reading(spoken=",", end=at + 1)
    return None


def read_silent(source: Source, at: int) -> Reading | None:
    """Quotes, and hyphens and other signs in places where they join nothing."""
    return Reading(spoken="", end=at + 1) if source.text[at] in _SILENT else None
