"""Letters and digits in one: models, formats, formulas ("HTML5", "mp3", "B2B", "4K", "H2O"); and
capitals with & or / between them ("AT&T", "AC/DC").
"""

from __future__ import annotations

import re

from vocoder.text.normalise.capital_words import could_be_word
from vocoder.text.normalise.initialisms import spell_capitals
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import label, letters, one_by_one, plural

_MIXED = re.compile(
    r"(?=[A-Za-z]{0,40}[0-9])(?=[0-9]{0,40}[A-Za-z])[A-Za-z0-9]{2,64}(?:'s)?(?![^\W_])"
)
_RUNS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_JOINED = re.compile(r"[A-Z]{1,6}(?:[&/][A-Z]{1,6}){1,4}(?:'s)?(?![^\W_]|[&/])")
_LONGEST_SYMBOL = 2  # capitals in a formula: "H2SO4" has no word in it
_LONGEST_LABEL = 4  # digits that are read two at a time


def read_alphanumeric(source: Source, at: int) -> Reading | None:
    """A run of ASCII letters and digits that has both."""
    found = _MIXED.match(source.text, at)
    if found is None:
        return None
    written, apostrophe, _ = found.group().partition("'")
    runs = _RUNS.findall(written)
    several = len(runs) > 2 and runs[-1] == "s" and runs[-2].isdigit()
    if len(runs) == 2 and runs[-1] == "s":
        several = True
    if len(runs) == 2 and runs[-1] in ("er", "ers") and runs[0].isdigit():  # 49ers
        return Reading(spoken=label(runs[0]).removesuffix("e") + runs[-1], end=found.end())
    if several:
        runs.pop()
    words = " ".join(_run(run) for run in runs).split()
    if several:
        words[-1] = plural(words[-1]) if words[-1].islower() else words[-1] + "'s"
    elif apostrophe:
        words[-1] += "'s"
    return Reading(spoken=" ".join(words), end=found.end())


def read_joined_capitals(source: Source, at: int) -> Reading | None:
    """Capitals that are joined: "R&D" -> "R and D", "TCP/IP" -> "T C P I P": between capitals an
    ampersand is said, a slash is not.
    """
    found = _JOINED.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    written, apostrophe, _ = found.group().partition("'")
    parts = [
        " and ".join(letters(part) for part in group.split("&"))
        if "&" in group
        else spell_capitals(group, "")
        for group in written.split("/")
    ]
    return Reading(spoken=" ".join(parts) + ("'s" if apostrophe else ""), end=found.end())


def _run(run: str) -> str:
    if run.isdigit():
        return label(run) if len(run) <= _LONGEST_LABEL else one_by_one(run)
    if (
        len(run) == 1
        or (len(run) <= _LONGEST_SYMBOL and run.isupper())
        or (run.islower() and not could_be_word(run))
    ):
        return letters(run)
    return spell_capitals(run, "")
