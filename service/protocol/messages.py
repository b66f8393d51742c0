"""Messages between frontend and worker: plain data, pickled between processes of one release.

    to the worker     Begin, StartStream, SamplesTaken, AskQuery, Cancel, Stop
    from the worker   Started or StartFailed, Heartbeat
                      of a stream: StreamPlanned, then AudioChunk and Snapshot in turn; or Failed
                      of a query: QueryAnswered or Failed

Streams and queries have numbers, which are never reused, not even for another worker.
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
    """An error that crosses processes.

    Attributes:
        kind: branch of the tree in `vocoder.errors`.
        message: a sentence.
        field: of the request, if the request is at fault.
    """

    kind: Literal["text", "input", "voice", "engine"]
    message: str
    field: str | None = None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """The failure for an error. Foreign errors are defects: only the log has details."""
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
        """The error to raise."""
        if self.kind == "text":
            return TextError(self.message, field=self.field or "text")
        if self.kind == "input":
            return InputError(self.message, field=self.field or "request")
        return VoiceError(self.message) if self.kind == "voice" else EngineError(self.message)


@dataclass(frozen=True, kw_only=True)
class Begin:
    """Start accepting streams.

    Attributes:
        capacity: as the previous worker knew it; None: measure it first.
    """

    capacity: Capacity | None


@dataclass(frozen=True, kw_only=True)
class StartStream:
    """Generate a stream, from its beginning or from where another worker left off.

    Attributes:
        number: the stream's.
        order: what to speak; its seed is set if any of it has been delivered.
        first_sample: first wanted sample.
        saved: state to continue from, at or before `first_sample`; None: the beginning.
        waiting: samples that have been delivered and not been taken.
    """

    number: int
    order: SpeechOrder
    first_sample: int = 0
    saved: SavedStream | None = None
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class SamplesTaken:
    """The reader has taken some audio."""

    number: int
    num_samples: int


@dataclass(frozen=True, kw_only=True)
class AskQuery:
    """Answer a query."""

    number: int
    query: Query


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """Drop a stream or query: its client has left."""

    number: int


@dataclass(frozen=True, kw_only=True)
class Stop:
    """End the worker."""


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
    """The worker lives; sent about once a second.

    Attributes:
        capacity: the current one.
        late_chunks: chunks after their deadline, since the last heartbeat.
        lateness_seconds: the largest delay of these.
    """

    capacity: Capacity
    late_chunks: int = 0
    lateness_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class StreamPlanned:
    """A stream is planned, with its length if known; audio follows."""

    number: int
    seed: int
    sample_rate: int
    num_samples: int | None
    skipped: tuple[SkippedText, ...]
    ignored: tuple[SkippedText, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AudioChunk:
    """A piece of audio.

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
    """A state from which a stream can continue; all audio before it has been sent."""

    number: int
    saved: SavedStream


@dataclass(frozen=True, kw_only=True)
class QueryAnswered:
    """The answer to a query."""

    number: int
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A stream or query that cannot be completed."""

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
