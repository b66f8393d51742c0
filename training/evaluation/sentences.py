"""Which sentences a voice is measured on: those that its corpus holds out, and sixty that no corpus
has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.errors import InputError

MEASURED = 20  # held-out sentences, unless asked otherwise
UNSEEN = 60  # in the file
_FILE = Path(__file__).with_name("sentences.txt")


@dataclass(frozen=True, kw_only=True)
class JudgedSentence:
    """What is spoken.

    Attributes:
        id: unique among sentences.
        readings: the text, then other ways to write down what is heard.
    """

    id: str
    readings: tuple[str, ...]

    @property
    def text(self) -> str:
        """What is spoken."""
        return self.readings[0]


def choose(entries: Sequence[DatasetEntry], count: int) -> list[DatasetEntry]:
    """Held-out utterances: one of each text before a second of any, evenly spread, always the
    same.
    """
    first = list({entry.text: entry for entry in entries}.values())
    rest = [entry for entry in entries if entry not in first]
    if count <= len(first):
        return [first[index * len(first) // count] for index in range(count)]
    return [*first, *rest][:count]


def measured(data: PreparedSet, count: int) -> list[DatasetEntry]:
    """The held-out utterances that `evaluate` measures: aligned ones; InputError where there are
    none.
    """
    aligned = [entry for entry in data.entries(validation=True) if entry.phoneme_start >= 0]
    if not aligned:
        raise InputError(f"{data.folder}: no held-out utterance is aligned", field="sentences")
    return choose(aligned, count)


def unmeasured(data: PreparedSet, count: int = MEASURED) -> list[DatasetEntry]:
    """Held-out utterances of sentences that `evaluate` does not measure when it measures so many:
    what a voice's defaults may be chosen on.
    """
    texts = {entry.text for entry in measured(data, count)} if count else set()
    return [entry for entry in data.entries(validation=True) if entry.text not in texts]


def unseen(count: int = UNSEEN) -> list[JudgedSentence]:
    """So many of the sentences of no corpus, evenly spread over their kinds, always the same."""
    lines = [
        line.split("|")
        for line in _FILE.read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    sentences = [
        JudgedSentence(id=identity, readings=tuple(readings)) for identity, *readings in lines
    ]
    return [
        sentences[index * len(sentences) // count] for index in range(min(count, len(sentences)))
    ]
