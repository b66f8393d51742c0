"""What is asked of the worker beside sound, and what it answers: plain data.

Subtitles   a text, and how it is spoken      when each word will be heard, as a file
Phonemes    a text                            how it is read: sentences, words, phonemes
Judgement   a recording                       how surprised a voice is by it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from service.protocol.speech_order import SkippedText, SpeechOrder
from vocoder.text import SpeechInput
from vocoder.text.lexicon import Lexicon


@dataclass(frozen=True, kw_only=True)
class SubtitlesQuery:
    """When the words of an order will be heard, as a file of WebVTT or SubRip."""

    order: SpeechOrder
    form: Literal["vtt", "srt"]


@dataclass(frozen=True, kw_only=True)
class PhonemesQuery:
    """How a text is read.

    Attributes:
        text: any Unicode; or an SSML document, or phonemes.
        voice: whose language it is read in; None: the default voice.
        lexicon: entries that go over the voice's own; None for none.
    """

    text: SpeechInput
    voice: str | None = None
    lexicon: Lexicon | None = None


@dataclass(frozen=True, kw_only=True)
class PhonemizedWord:
    """A word, as it is spoken.

    Attributes:
        text: in lower case; a single capital is a letter's name.
        phonemes: in IPA; empty where it has no pronunciation.
        start, end: where it was written, in characters of the text; None where that is not known
            exactly.
        rule: which rule of the reader read it, as "money" or "word"; "" where none did.
        told: what told how it is said where espeak-ng did not: "lexicon", "exception", "homograph:
            verb", "given"; "" where it did.
    """

    text: str
    phonemes: tuple[str, ...]
    start: int | None
    end: int | None
    rule: str
    told: str


@dataclass(frozen=True, kw_only=True)
class PhonemizedSentence:
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
    words: tuple[PhonemizedWord, ...]
    phonemes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PhonemizedText:
    """A text, as it is read.

    Attributes:
        voice: in whose language.
        language: espeak-ng's name of it.
        sentences: in order; none where nothing can be spoken.
        skipped: what cannot.
        ignored: markup that was passed over.
    """

    voice: str
    language: str
    sentences: tuple[PhonemizedSentence, ...]
    skipped: tuple[SkippedText, ...]
    ignored: tuple[SkippedText, ...]


@dataclass(frozen=True, kw_only=True)
class ScoreQuery:
    """How probable a recording is under a voice.

    Attributes:
        recording: the contents of a file, in any format that libsndfile reads.
        voice: who judges; None: the default voice.
        speaker: name or index; None: the first.
    """

    recording: bytes
    voice: str | None = None
    speaker: str | int | None = None


@dataclass(frozen=True, kw_only=True)
class ScoreResult:
    """How probable a recording is.

    Attributes:
        voice, release: who judges.
        sample_rate: Hz, of the voice, at which the recording was judged.
        num_samples: of the recording at that rate.
        seconds: how long it is.
        log_likelihood: the natural logarithm of its probability; exact.
        bits: the same to the base 2, without its sign.
        bits_per_sample: on average; lower is better.
        hop_length: samples of a frame.
        bits_per_frame: the bits of each frame's samples together.
    """

    voice: str
    release: str
    sample_rate: int
    num_samples: int
    seconds: float
    log_likelihood: float
    bits: float
    bits_per_sample: float
    hop_length: int
    bits_per_frame: tuple[float, ...]


Query = SubtitlesQuery | PhonemesQuery | ScoreQuery
Answer = str | PhonemizedText | ScoreResult
