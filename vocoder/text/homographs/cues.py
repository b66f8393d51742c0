"""Senses that words anywhere in the sentence tell."""

from __future__ import annotations

from collections.abc import Callable

from vocoder.text.homographs.clause import Clause
from vocoder.text.homographs.table import CUES


def by_cues(default: str) -> Callable[[Clause], str]:
    """A sense where any of its words is in the sentence, another where none is."""

    def decide(clause: Clause) -> str:
        sense, cues = CUES[clause.words[clause.at]]
        return sense if cues & {word.removesuffix("'s") for word in clause.words} else default

    return decide


def or_cues(rule: Callable[[Clause], str], default: str) -> Callable[[Clause], str]:
    """What a rule says; where it says the default, the words in the sentence."""

    def decide(clause: Clause) -> str:
        said = rule(clause)
        return by_cues(default)(clause) if said == default else said

    return decide
