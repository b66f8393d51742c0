"""English text to plain words, as an American reads it aloud.

    clean      any Unicode to the characters that the rules know
               cleaning, grouping
    read       at each position the first rule that knows what stands there says it
               pipeline, and one module for each kind of thing
    assemble   words and marks to one string
               assembly

Rules see what was written, never what another rule made of it; so each can be understood by itself,
and their order (in `pipeline`) is all that joins them.
Three laws hold: the output has only letters, apostrophes, inner hyphens and the marks , ; : . ? ! —
behind words; normalising it again changes nothing; and any text is read in time proportional to its
length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vocoder.text.normalise.assembly import MARKS, assemble
from vocoder.text.normalise.cleaning import clean
from vocoder.text.normalise.grouping import regroup
from vocoder.text.normalise.pipeline import Known, read
from vocoder.text.normalise.source import Source

__all__ = ["Normalised", "normalise"]

Place = tuple[int, int]  # index of the first character, and of the one behind the last
_PIECE = re.compile(r"\s+|\S+")


@dataclass(frozen=True, kw_only=True)
class Normalised:
    """Text as it is spoken.

    Attributes:
        text: words in lower case, spelled letters as single upper-case letters, separated by single
            spaces, with one of the marks , ; : . ? ! — behind a word where the reader pauses. Words
            in other scripts are left as they are.
        skipped: what cannot be spoken, in order, each with the reason.
        places: for each word of `text` where in the sentence that stands which it was read from:
            several words of "$5" have one place. None where Unicode's forms do not let it be told
            exactly. Not compared: where something was written is no part of what is said.
        rules: for each word of `text` which rule read it: "money", "telephone", "word"; "lexicon"
            for what `known` read. Not compared either.
    """

    text: str
    skipped: tuple[tuple[str, str], ...]
    places: tuple[Place | None, ...] = field(default=(), compare=False)
    rules: tuple[str, ...] = field(default=(), compare=False)


def normalise(sentence: str, known: Known | None = None) -> Normalised:
    """Reads a sentence.

    Args:
        sentence: any string; one sentence is meant, but a longer text is read too.
        known: given the cleaned text and the place where a word begins, how a word is read that no
            rule touches, or None.

    Returns:
        its words; `text` is empty where there is nothing to say. Never raises on any string.
    """
    cleaned = clean(sentence)
    readings = read(Source.of(regroup(cleaned)), known)
    listed = frozenset(
        word.rstrip(MARKS)
        for _, reading, _ in readings
        if reading.listed
        for word in reading.spoken.split()
    )
    words = assemble((reading.spoken for _, reading, _ in readings), listed)
    origins = _origins(sentence, cleaned)
    places: list[Place | None] = []
    for word in words:
        start, end = readings[word.source[0]][0], readings[word.source[1]][1].end
        places.append(None if origins is None else (origins[start][0], origins[end - 1][1]))
    return Normalised(
        text=" ".join(word.text + word.mark for word in words),
        skipped=tuple(item for _, reading, _ in readings for item in reading.skipped),
        places=tuple(places),
        rules=tuple(readings[word.source[0]][2] for word in words),
    )


def _origins(sentence: str, cleaned: str) -> list[Place] | None:
    """For each character of the cleaned sentence the place that it came from: of one character, or
    where its neighbours have a say in its form, of all between two spaces. None where even those
    are not what they are by themselves.
    """
    if sentence == cleaned:
        return [(at, at + 1) for at in range(len(sentence))]
    origins: list[Place] = []
    joined: list[str] = []
    for found in _PIECE.finditer(sentence):
        piece, at = clean(found.group()), found.start()
        single = [clean(character) for character in found.group()]
        if "".join(single) == piece:
            origins.extend(
                (place, place + 1) for place, plain in enumerate(single, at) for _ in plain
            )
        else:
            origins.extend([(at, found.end())] * len(piece))
        joined.append(piece)
    return origins if "".join(joined) == cleaned else None
