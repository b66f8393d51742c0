"""How a text is read, in lines that a person can read, and quote to report a wrong reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from vocoder.text.analysis import Sentence
from vocoder.text.inventory import PRIMARY, SECONDARY
from vocoder.text.phonemes import PRIMARY_STRESS, SECONDARY_STRESS

_STRESS_MARKS = {SECONDARY_STRESS: SECONDARY, PRIMARY_STRESS: PRIMARY}
_COLUMNS = ("written", "spoken", "phonemes", "rule", "told by")


def explained(sentences: Iterable[Sentence]) -> str:
    """Lines with columns between tabs: what was written, the words it is spoken as, their phonemes,
    and which rules said so.

    A blank line stands behind each sentence.
    """
    lines = ["\t".join(_COLUMNS)]
    for sentence in sentences:
        lines.extend(_rows(sentence))
        lines.append("")
    return "\n".join(lines) + "\n"


def _rows(sentence: Sentence) -> Iterator[str]:
    """A line for each stretch of the text that one rule read."""
    spoken = _phonemes(sentence)
    numbers = range(len(sentence.words))
    for (place, rule), group in groupby(
        numbers, key=lambda number: (sentence.places[number], sentence.rules[number])
    ):
        members = list(group)
        written = "" if place is None else " ".join(sentence.text[slice(*place)].split())
        words = " ".join(sentence.words[number] for number in members)
        told = ", ".join(dict.fromkeys(sentence.told[number] or "espeak-ng" for number in members))
        yield "\t".join(
            (written, words, " ".join(spoken[number] for number in members), rule, told)
        )


def _phonemes(sentence: Sentence) -> list[str]:
    """Of each word its phonemes with stress marks; "" where it has no pronunciation."""
    spoken = ["" for _ in sentence.words]
    features = sentence.features
    stresses = features.categories[:, 1].tolist()
    for symbol, stress, owner in zip(
        features.phonemes, stresses, features.word_index.tolist(), strict=True
    ):
        if owner >= 0:
            spoken[owner] += _STRESS_MARKS.get(stress, "") + symbol
    return spoken
