"""Marks: pauses are kept, quotes vanish, brackets become the pauses that a reader makes around them."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source

_ELLIPSIS = re.compile(r"\.(?:\s?\.)+")
_RUN = re.compile(r"[.,;:?!]+")
_DASH = re.compile(r"--+|—+|(?<=\s)-(?=\s)|(?<=\s)–(?=\s)|–(?=\s|\Z)|(?<=[^\W_])-(?=\s|\Z)")
_SILENT = frozenset("\"'¿¡_`*\\~^-–|{}<>")
_OPENING, _CLOSING = "([{", ")]}"


def read_mark(source: Source, at: int) -> Reading | None:
    """A mark or a run of marks; the strongest of a run is chosen where readings are put together."""
    text = source.text
    if ellipsis := _ELLIPSIS.match(text, at):
        # Trailing off pauses like a comma, unless nothing follows.
        return Reading(spoken="." if source.ends_at(ellipsis.end()) else ",", end=ellipsis.end())
    if run := _RUN.match(text, at):
        return Reading(spoken=" ".join(run.group()), end=run.end())
    if dash := _DASH.match(text, at):
        return Reading(spoken="—", end=dash.end())
    character = text[at]
    if character in _OPENING or character in _CLOSING:
        return Reading(spoken=",", end=at + 1)
    if character in "|•·‧∙▪◦●‣":
        return Reading(spoken=",", end=at + 1)
    if character in "\"'¿¡_-–":
        return Reading(spoken="", end=at + 1)
    return None
