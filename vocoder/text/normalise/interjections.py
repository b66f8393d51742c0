"""Cries in capitals: "OW, a wild dog" begins with a word, though it is no longer than what is
spelled.

Most of them name nothing else. Some do (HA is high availability, HMM a hidden Markov model): those
are cries where they stand by themselves, as cries
do: at the beginning with a mark behind them, behind a comma with "!" or "?" behind them, or twice
in a row.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Source
from vocoder.text.normalise.word_lists import listed

_CRIES = listed("ow ugh huh ooh yay yep nah duh ew bah eek ick yum")
_ALSO_NAMES = listed("ah aha aw boo eh ha hmm ho meh uh um yo")
_NEAR = 12  # characters that are looked at before and behind a cry
_OPENERS = " \"'(["
_OPENED = re.compile(r"[.!?…—][\s\"'(\[]*\Z")  # the end of a sentence, before the cry
_CONTINUED = re.compile(r",[\s\"'(\[]*\Z")
_CLOSED = re.compile(r"[\"')\]]*(?:[,!?…—]|\.\s?\.|\s?--|\s[-–]\s)")
_EXCLAIMED = re.compile(r"[\"')\]]*[!?]")


def is_cry(source: Source, start: int, end: int) -> bool:
    """Whether the word source.text[start:end] is an interjection in capitals, to be read as a
    word.
    """
    word = source.text[start:end]
    if not word.isupper():
        return False
    low = word.lower()
    return low in _CRIES or (low in _ALSO_NAMES and _stands_apart(source, start, end))


def _stands_apart(source: Source, start: int, end: int) -> bool:
    text, word = source.text, source.text[start:end]
    before, behind = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    opened = _OPENED.search(before) is not None or (start <= _NEAR and not before.strip(_OPENERS))
    if opened and _CLOSED.match(behind):
        return True
    if _CONTINUED.search(before) and _EXCLAIMED.match(behind):
        return True
    return (
        re.search(rf"\b{word}[,!]?\s\Z", before) is not None
        or re.match(rf"[,!]?\s{word}\b", behind) is not None
    )
