"""What the service and its worker say to each other: plain data, pickled between two processes of
the same release.

    to the worker     Begin, Speak, Taken, Ask, Leave, Stop
    from the worker   Started or Unable, Pulse;  of a stream: Planned, then Sound and Snapshot in
                      turn, or Broken;  of a question: Answered, or Broken

Streams and questions go by numbers, which are never used twice, not even by another worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from service.protocol.capacity import Capacity
from service.protocol.queries import Answer, Query
from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SkippedText, SpeechOrder, VoiceDescription
from vocoder.errors import EngineError, InputError, SonantError, TextError, VoiceError
from vocoder.synthesis.timeline import TimedSentence


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error on its way between processes.

    Attributes:
        kind: which branch of the tree of errors.
        message: a sentence.
        field: of the request, where the request is at fault.
    """

    kind: Literal["text", "input", "voice", "engine"]
    message: str
    field: str | None = None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """What can be told of an error. Errors that are not Sonant's own are a defect, of which
        only the log says more.
        """
        if isinstance(error, TextError):
            return cls(kind="text", message=str(error), field=error.field)
        if isinstance(error, InputError):
            return cls(kind="input", message=str(error), field=error.field)
        if isinstance(error, VoiceError):
            return cls(kind="voice", message=str(error))
        return cls(
            kind="engine",
            message=str(error) if isinstance(error, SonantError) else "generation failed",
        )

    def error(self) -> SonantError:
        """The error, to be raised."""
        if self.kind == "text":
            return TextError(self.message, field=self.field or "text")
        if self.kind == "input":
            return InputError(self.message, field=self.field or "request")
        return VoiceError(self.message) if self.kind == "voice" else EngineError(self.message)


@dataclass(frozen=True, kw_only=True)
class Begin:
    """From now on streams may come.

    Attributes:
        capacity: what the worker before this one knew; None: to be measured first.
    """

    capacity: Capacity | None


@dataclass(frozen=True, kw_only=True)
class StartStream:
    """A stream to be made, from its beginning or from where another worker left off.

    Attributes:
        number: the stream's.
        order: what is said; its seed is set where any of it has been heard.
        first_sample: the first that is still wanted.
        saved: where to go on; at or before `first_sample`. None: from the beginning.
        waiting: samples that have been delivered and not been taken.
    """

    number: int
    order: SpeechOrder
    first_sample: int = 0
    saved: SavedStream | None = None
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class SamplesTaken:
    """The reader has taken some."""

    number: int
    num_samples: int


@dataclass(frozen=True, kw_only=True)
class AskQuery:
    """A question."""

    number: int
    query: Query


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """The reader wants no more, or nobody waits for the answer."""

    number: int


@dataclass(frozen=True, kw_only=True)
class Stop:
    """The worker's work is done."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """The voices are loaded. The worker waits for `Begin`."""

    voices: tuple[VoiceDescription, ...]


@dataclass(frozen=True, kw_only=True)
class StartFailed:
    """The worker cannot load its voices, and ends."""

    failure: Failure


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """The worker lives; said about once a second.

    Attributes:
        capacity: as it is now.
        late_chunks: pieces that came after their deadline, since the last pulse.
        lateness_seconds: of the latest of them.
    """

    capacity: Capacity
    late_chunks: int = 0
    lateness_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class StreamPlanned:
    """How long a stream will be, where that is known. Sound follows."""

    number: int
    seed: int
    sample_rate: int
    num_samples: int | None
    skipped: tuple[SkippedText, ...]
    ignored: tuple[SkippedText, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AudioChunk:
    """A piece of sound.

    Attributes:
        number: the stream's.
        pcm: int16, little-endian.
        last: whether nothing follows.
        sentences: that begin in it, with what is heard when; none where the order does not ask for
            times.
    """

    number: int
    pcm: bytes
    last: bool
    sentences: tuple[TimedSentence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Where a stream can go on from; all sound before it has been sent."""

    number: int
    saved: SavedStream


@dataclass(frozen=True, kw_only=True)
class QueryAnswered:
    """The answer to a question."""

    number: int
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A stream that cannot be made, or not to its end; or a question that cannot be answered."""

    number: int
    failure: Failure


ToWorker = Begin | StartStream | SamplesTaken | AskQuery | Cancel | Stop
FromWorker = (
    Started
    | StartFailed
    | Heartbeat
    | StreamPlanned
    | AudioChunk
    | Snapshot
    | QueryAnswered
    | Failed
)
