"""Documents, read for a voice of two speakers."""

from __future__ import annotations

from vocoder.text import Analysis, Sentence, Ssml, analyser_of, analysis_of
from vocoder.text.lexicon import Lexicon


def read(inside: str, *, root: str = "<speak>", lexicon: Lexicon | None = None) -> Analysis:
    """What is made of a document with this inside its root."""
    return analysis_of(
        analyser_of(
            Ssml(f"{root}{inside}</speak>"),
            language="en-us",
            voice="tiny",
            speakers=("anna", "otto"),
            lexicon=lexicon,
        )
    )


def one(inside: str) -> Sentence:
    """The one sentence of it."""
    (sentence,) = read(inside).sentences
    assert sentence.delivery is not None
    return sentence


def spoken(inside: str) -> str:
    """Words, with a bar between sentences."""
    return " | ".join(" ".join(sentence.words) for sentence in read(inside).sentences)
