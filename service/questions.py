"""What is asked of the worker beside sound, and what it answers: plain data.

Times       a text, and how it is spoken      when each word will be heard
Phonemes    a text                            how it is read: sentences, words, phonemes
Judgement   a recording                       how surprised a voice is by it
"""

from __future__ import annotations

from dataclasses import dataclass

from service.orders import SpeechOrder
from service.stream import SkippedText
from vocoder.timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class TimesWanted:
    """When the words of an order will be heard."""

    order: SpeechOrder


@dataclass(frozen=True, kw_only=True)
class PhonemesWanted:
    """How a text is read.

    Attributes:
        text: any Unicode.
        voice: whose language it is read in; None: the default voice.
    """

    text: str
    voice: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReadWord:
    """A word, as it is spoken.

    Attributes:
        text: in lower case; a single capital is a letter's name.
        phonemes: in IPA; empty where it has no pronunciation.
        start, end: where it was written, in characters of the text; None where that is not known exactly.
    """

    text: str
    phonemes: tuple[str, ...]
    start: int | None
    end: int | None


@dataclass(frozen=True, kw_only=True)
class ReadSentence:
    """A sentence.

    Attributes:
        text: as it was written, but clean.
        start, end: characters of the text.
        words: in order.
        phonemes: all of them in order, with "sil" where the speaker pauses.
    """

    text: str
    start: int
    end: int
    words: tuple[ReadWord, ...]
    phonemes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A text, as it is read.

    Attributes:
        voice: in whose language.
        language: espeak-ng's name of it.
        sentences: in order; none where nothing can be spoken.
        skipped: what cannot.
    """

    voice: str
    language: str
    sentences: tuple[ReadSentence, ...]
    skipped: tuple[SkippedText, ...]


Question = TimesWanted | PhonemesWanted
Answer = Timeline | Reading
