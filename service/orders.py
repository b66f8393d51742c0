"""What the routes ask of the worker and what they get: plain data, no tensors.

The routes know the worker only by `SpeechWorker`, so that they import neither torch nor an engine, and the worker may move to a process of
its own without their noticing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from service.stream import LiveStream


@dataclass(frozen=True, kw_only=True)
class SpeechOrder:
    """A text to be spoken; None leaves the choice to the voice.

    Attributes:
        text: any Unicode.
        voice: name of a loaded voice.
        speaker: name or index.
        length_scale: how much longer everything lasts than the voice would make it.
        pitch: semitones above the voice's own.
        volume: times the amplitude.
        temperature: how freely samples are drawn.
        seed: 0..2**64-1; random when None.
    """

    text: str
    voice: str | None = None
    speaker: str | int | None = None
    length_scale: float = 1.0
    pitch: float = 0.0
    volume: float = 1.0
    temperature: float | None = None
    seed: int | None = None


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
        is_default: whether it speaks where a request names no voice.
    """

    name: str
    release: str
    language: str
    licence: str
    speakers: tuple[str, ...]
    sample_rate: int
    temperature: float
    is_default: bool


class SpeechWorker(Protocol):
    """Makes speech, away from the event loop."""

    @property
    def ready(self) -> bool:
        """Whether new streams are taken on, room permitting."""

    @property
    def live_streams(self) -> int:
        """How many streams live."""

    @property
    def voices(self) -> tuple[VoiceDescription, ...]:
        """The loaded voices, the default first."""

    def start(self) -> None:
        """Loads the voices and begins. Blocks for seconds.

        Raises:
            SonantError: a voice or the engine cannot be loaded.
        """

    async def open(self, order: SpeechOrder) -> LiveStream:
        """Plans a text and begins to speak it. Whoever opens a stream must close it.

        Raises:
            InputError: naming the field at fault.
            CapacityError: as many streams live as may, or the service is stopping.
        """

    def refuse_new(self) -> None:
        """From now on every order is refused; open streams go on."""

    def break_off(self) -> None:
        """Fails every open stream."""

    def stop(self) -> None:
        """Fails what is open, and ends. Blocks until the chunk in hand is done."""
