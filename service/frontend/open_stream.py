"""What the supervisor keeps of an open stream: enough to regenerate it, and to judge its reader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from service.frontend.live_stream import LiveStream
from service.observability.metrics import Metrics
from service.observability.traces import NO_TRACE, Outcome, StreamTrace
from service.protocol.messages import StartStream
from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SpeechOrder
from vocoder.errors import InputError, SonantError
from vocoder.text import source_text

_SECONDS_PER_CHARACTER = 0.065  # of a text that has not been planned yet
_LEAST_GUESS_SECONDS = 10.0  # of a stream that has gone on for longer than its text promised


@dataclass(kw_only=True)
class OpenStream:
    """A stream with a reader."""

    order: SpeechOrder
    first_sample: int
    saved: SavedStream | None
    loop: asyncio.AbstractEventLoop
    planned: asyncio.Future[LiveStream]
    asked_at: float
    queued: bool
    queued_seconds: float = 0.0
    stream: LiveStream | None = None
    delivered: int = 0  # samples, from first_sample on
    heard_since: float = 0.0  # where any has been delivered
    taken: int = 0
    taken_at: float = 0.0
    over: bool = False  # all has been delivered, or nothing more will be
    worker_deaths: int = 0
    delivered_at_death: int = -1
    trace: StreamTrace = NO_TRACE

    @property
    def left_seconds(self) -> float:
        """Of sound that has not been delivered; a guess from the text where its length is not
        known.
        """
        if self.stream is None:
            return self._guessed_seconds
        done = (self.first_sample + self.delivered) / self.stream.sample_rate
        if self.stream.num_samples is None:
            return max(self._guessed_seconds - done, _LEAST_GUESS_SECONDS)
        return self.stream.num_samples / self.stream.sample_rate - done

    @property
    def _guessed_seconds(self) -> float:
        return len(source_text(self.order.text)) * _SECONDS_PER_CHARACTER * self.order.length_scale

    @property
    def runs_dry_at(self) -> float:
        """When a reader that plays what it gets, as it gets it, has nothing more; of one that has
        nothing yet, when it asked.
        """
        if self.stream is None or self.delivered == 0:
            return self.asked_at
        return self.heard_since + self.delivered / self.stream.sample_rate

    @property
    def waiting(self) -> int:
        """Samples that were delivered and not yet taken."""
        return self.delivered - self.taken

    def speak(self, number: int) -> StartStream:
        """The message that starts or continues it in a worker."""
        return StartStream(
            number=number,
            order=self.order,
            first_sample=self.first_sample + self.delivered,
            saved=self.saved,
            waiting=self.waiting,
        )

    def keeps_up(self, now: float, buffer_seconds: float) -> bool:
        """Whether the reader takes what is made. One that lets its buffer lie full for longer than
        it lasts is not listening.
        """
        if self.stream is None or now - self.taken_at <= buffer_seconds:
            return True
        return not self.is_ahead(buffer_seconds)

    def is_ahead(self, buffer_seconds: float) -> bool:
        """Whether the reader's buffer is full, so that generation pauses."""
        return (
            self.stream is not None and self.waiting / self.stream.sample_rate >= buffer_seconds / 2
        )

    def fail(self, error: SonantError, metrics: Metrics) -> None:
        """Ends the stream with an error and counts it."""
        self.over = True
        outcome: Outcome = "invalid" if isinstance(error, InputError) else "failed"
        metrics.ended(outcome)
        self.trace.ended(outcome, error)
        if self.stream is not None:
            self.stream.fail(error)
        else:
            settle(self, lambda: self.planned.set_exception(error))


def settle(entry: OpenStream, change: Callable[[], object]) -> None:
    """Gives a waiting reader its answer, from any thread; one that does not wait any more needs
    none.
    """

    def answer() -> None:
        if not entry.planned.done():
            change()

    if not entry.loop.is_closed():
        entry.loop.call_soon_threadsafe(answer)
