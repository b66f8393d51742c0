"""What is to be spoken, and who can speak it: plain data, no tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from vocoder.text import SpeechInput
from vocoder.text.lexicon import Lexicon

if TYPE_CHECKING:  # a voice needs an engine
    from vocoder.synthesis.voice import Voice


@dataclass(frozen=True, kw_only=True)
class SpeechOrder:
    """A request for speech; None leaves a value to the voice.

    Attributes:
        text: any Unicode; or an SSML document, or phonemes.
        voice: name of a loaded voice.
        speaker: name or index.
        length_scale: how much longer everything lasts than the voice would make it.
        pitch: semitones above the voice's own.
        volume: times the amplitude.
        temperature: how freely samples are drawn.
        seed: 0..2**64-1; random when None.
        lexicon: entries that override the voice's own: the request's, later also the stored
            ones that the text uses (`service.frontend.lexicon_store`); or None.
        timestamps: whether the stream has times of words.
        exact_length: whether its length must be known before its first audio; else a long text is
            spoken while it is planned.
        whole: whether the response is sent when complete; live streams go first then.
        background: whether it is a line of a job: generated while no live stream needs an
            engine call, outside the limit on streams.
    """

    text: SpeechInput
    voice: str | None = None
    speaker: str | int | None = None
    length_scale: float = 1.0
    pitch: float = 0.0
    volume: float = 1.0
    temperature: float | None = None
    seed: int | None = None
    lexicon: Lexicon | None = None
    timestamps: bool = False
    exact_length: bool = False
    whole: bool = False
    background: bool = False


@dataclass(frozen=True, kw_only=True)
class VoiceDescription:
    """A voice that is loaded.

    Attributes:
        name: what requests call it.
        release: same text, settings and seed in the same release are the same sound.
        language: espeak-ng's name of it.
        licence: SPDX identifier.
        speakers: names, in the order of their indices.
        sample_rate: Hz.
        temperature: what is used where a request names none.
        engine: that makes its sound.
        precision: of the engine's arithmetic: another one is another sound.
        is_default: whether it speaks where a request names no voice.
    """

    name: str
    release: str
    language: str
    licence: str
    speakers: tuple[str, ...]
    sample_rate: int
    temperature: float
    engine: str
    precision: str
    is_default: bool

    @classmethod
    def of(cls, voice: Voice, *, is_default: bool) -> Self:
        """What there is to say of a voice."""
        return cls(
            name=voice.manifest.name,
            release=voice.manifest.release,
            language=voice.manifest.language,
            licence=voice.manifest.licence,
            speakers=voice.manifest.speakers,
            sample_rate=voice.sample_rate,
            temperature=voice.manifest.temperature,
            engine=voice.engine.name,
            precision=voice.engine.precision,
            is_default=is_default,
        )


@dataclass(frozen=True, kw_only=True)
class SkippedText:
    """A piece of a request's text that could not be spoken.

    Attributes:
        text: the piece, cut short where it is long.
        start: where it begins, in characters of the request's text.
        reason: why, as the end of the sentence "it ...".
    """

    text: str
    start: int
    reason: str


def voice_of(order: SpeechOrder, voices: Sequence[VoiceDescription]) -> VoiceDescription:
    """Who speaks an order whose voice is loaded, among the loaded voices, the default first."""
    return next(one for one in voices if order.voice in (None, one.name))
