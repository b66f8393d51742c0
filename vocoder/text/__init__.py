"""Text to linguistic features: normalise, split into sentences, pronounce.

    text -> sentences -> normalised words and marks -> phones with stress -> LinguisticFeatures

Any Unicode goes in. What cannot be spoken is skipped and reported; nothing is guessed silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vocoder.text.features import BREAKING, LinguisticFeatures, build_features
from vocoder.text.phonemes import EspeakPhonemiser, Phonemiser
from vocoder.text.sentences import split_sentences

__all__ = ["Analysis", "LinguisticFeatures", "Sentence", "Skipped", "analyse"]


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Something that could not be spoken."""

    text: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence, ready for the acoustic model."""

    text: str  # as it was written
    words: tuple[str, ...]  # as they are spoken, without marks; `features.word_index` counts them
    features: LinguisticFeatures


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A text, taken apart. `sentences` is empty when nothing in it can be spoken."""

    sentences: tuple[Sentence, ...]
    skipped: tuple[Skipped, ...]


@lru_cache(maxsize=8)
def _phonemiser(language: str) -> Phonemiser:
    return EspeakPhonemiser(language)


def analyse(text: str, *, language: str = "en-us") -> Analysis:
    """Takes a text apart.

    Args:
        text: any Unicode.
        language: espeak-ng's name of the language spoken.

    Returns:
        its sentences, and what was skipped with the reason.
    """
    from vocoder.text.normalise import normalise  # being written: until it is there, the features must import without it

    sentences: list[Sentence] = []
    skipped: list[Skipped] = []
    for piece in split_sentences(text):
        normalised = normalise(piece)
        skipped.extend(Skipped(text=what, reason=why) for what, why in normalised.skipped)
        tokens = [_split_mark(token) for token in normalised.text.split()]
        words = tuple(word for word, _ in tokens)
        phones = _phonemiser(language).pronounce(words) if words else []
        skipped.extend(Skipped(text=word, reason="has no pronunciation") for word, said in zip(words, phones, strict=True) if not said)
        if any(phones):
            features = build_features(phones, [mark for _, mark in tokens])
            sentences.append(Sentence(text=piece, words=words, features=features))
    return Analysis(sentences=tuple(sentences), skipped=tuple(skipped))


def _split_mark(token: str) -> tuple[str, str]:
    """A word and the mark behind it, "" for none."""
    if len(token) > 1 and token[-1] in BREAKING:
        return token[:-1], token[-1]
    return token, ""
