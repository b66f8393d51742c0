"""English text to plain words, as an American reads it aloud.

    clean      any Unicode to the characters that the rules know                                  cleaning
    read       at each position the first rule that knows what stands there says it               pipeline, and one module for each kind of thing
    assemble   words and marks to one string                                                      assembly

Rules see what was written, never what another rule made of it; so each can be understood by itself, and their order (in `pipeline`) is all that joins them.
Three laws hold: the output has only letters, apostrophes, inner hyphens and the marks , ; : . ? ! — behind words; normalising it again changes nothing; and any
text is read in time proportional to its length.
"""

from __future__ import annotations

from dataclasses import dataclass

from vocoder.text.normalise.assembly import assemble
from vocoder.text.normalise.cleaning import clean
from vocoder.text.normalise.pipeline import Known, read
from vocoder.text.normalise.source import Source

__all__ = ["Normalised", "normalise"]


@dataclass(frozen=True, kw_only=True)
class Normalised:
    """Text as it is spoken.

    Attributes:
        text: words in lower case, spelled letters as single upper-case letters, separated by single spaces, with one of the marks , ; : . ? ! — behind a word
            where the reader pauses. Words in other scripts are left as they are.
        skipped: what cannot be spoken, in order, each with the reason.
    """

    text: str
    skipped: tuple[tuple[str, str], ...]


def normalise(sentence: str, known: Known | None = None) -> Normalised:
    """Reads a sentence.

    Args:
        sentence: any string; one sentence is meant, but a longer text is read too.
        known: given the cleaned text and the place where a word begins, a word in lower case that no rule touches and where it ends, or None.

    Returns:
        its words; `text` is empty where there is nothing to say. Never raises on any string.
    """
    readings = read(Source.of(clean(sentence)), known)
    skipped = tuple(item for reading in readings for item in reading.skipped)
    listed = frozenset(reading.spoken for reading in readings if reading.listed)
    return Normalised(text=assemble((reading.spoken for reading in readings), listed), skipped=skipped)
