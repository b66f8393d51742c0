"""What the routes ask of the worker and what they get: plain data, no tensors.

The routes know the worker only by `SpeechWorker`, so that they import neither torch nor an engine, and need not know that it lives in a
process of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from service.clients import Client
from service.metrics import Metrics
from service.status import Status
from service.stream import LiveStream, Saved
from vocoder.text import Given
from vocoder.text.lexicon import Lexicon

if TYPE_CHECKING:  # questions are made of orders, and a voice needs torch
    from service.questions import Answer, Question
    from vocoder.voice import Voice


@dataclass(frozen=True, kw_only=True)
class SpeechOrder:
    """Something to be spoken; None leaves the choice to the voice.

    Attributes:
        text: any Unicode; or an SSML document, or phonemes.
        voice: name of a loaded voice.
        speaker: name or index.
        length_scale: how much longer everything lasts than the voice would make it.
        pitch: semitones above the voice's own.
        volume: times the amplitude.
        temperature: how freely samples are drawn.
        seed: 0..2**64-1; random when None.
        lexicon: the entries that go over the voice's own: the request's, until `service.lexicons` has put in all that its text asks for; None for none.
        timestamps: whether the stream tells when each word is heard.
        exact_length: whether its length must be known before its first sound. A long text is else spoken as it is planned.
        whole: whether nothing is sent before everything is there: then nobody listens yet, and others go first for a while.
        background: whether nobody listens at all: it is made while no stream that somebody listens to has anything to do, and takes up no place.
    """

    text: Given
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


def voice_of(order: SpeechOrder, voices: Sequence[VoiceDescription]) -> VoiceDescription:
    """Who speaks an order whose voice is loaded, among the loaded voices, the default first."""
    return next(one for one in voices if order.voice in (None, one.name))


class SpeechWorker(Protocol):
    """Makes speech, away from the event loop."""

    @property
    def status(self) -> Status:
        """What is being done now."""

    @property
    def metrics(self) -> Metrics:
        """What is counted."""

    @property
    def voices(self) -> tuple[VoiceDescription, ...]:
        """The loaded voices, the default first."""

    def start(self) -> None:
        """Loads the voices and begins. Blocks for seconds.

        Raises:
            SonantError: a voice or the engine cannot be loaded.
        """

    async def open(self, order: SpeechOrder, client: Client, *, wait_seconds: float = 0.0, first_sample: int = 0, saved: Saved | None = None) -> LiveStream:
        """Plans a text and begins to speak it. Whoever opens a stream must close it.

        Args:
            order: what is said, and how.
            client: who wants it.
            wait_seconds: how long to wait for room.
            first_sample: the first that is wanted; those before it are made again, and not delivered.
            saved: of the same order, from where it can be gone on: at or before `first_sample`.

        Raises:
            InputError: naming the field at fault.
            CapacityError: no room, or the service is stopping; ClientLimitError: no more for this client. An order in the background always finds room.
        """

    async def ask(self, question: Question, client: Client) -> Answer:
        """The answer to a question.

        Raises:
            InputError: naming the field at fault.
            CapacityError, ClientLimitError: as `open`.
        """

    def request(self, client: Client) -> None:
        """Counts a request for something that is made in the background: a job.

        Raises:
            ClientLimitError: this client has made as many as it may.
        """

    def refuse_new(self) -> None:
        """From now on every order is refused; open streams go on."""

    def break_off(self) -> None:
        """Fails every open stream."""

    def stop(self) -> None:
        """Fails what is open, and ends. Blocks until the turn in hand is done."""
