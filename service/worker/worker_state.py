"""The worker's shared state: all streams and queries, and how far each is.

One lock guards all of it. It is never held while something is computed or sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.protocol.messages import Failed, Failure, FromWorker, QueryAnswered
from service.settings import ServiceSettings
from service.worker.scheduler import Scheduler
from service.worker.scoring_queue import ScoringQueue
from service.worker.sentence_times import SentenceTimes

if TYPE_CHECKING:  # which is only handed through
    from vocoder.synthesis.utterance import Utterance


@dataclass(kw_only=True)
class ActiveStream:
    """A stream whose audio is being generated.

    Attributes:
        utterance: its text, planned.
        sample_rate: Hz.
        emitted: samples that the utterance has produced.
        first_sample: the first sample that is wanted.
        saved_at: `emitted` at the last snapshot.
        times: of its sentences; None if they are not wanted.
    """

    utterance: Utterance
    sample_rate: int
    emitted: int
    first_sample: int
    saved_at: int
    times: SentenceTimes | None


class WorkerState:
    """All streams and queries of a worker.

    Args:
        settings: of the service.
        send: sends a message to the frontend; called from any thread.
        clock: monotonic seconds.

    Attributes:
        changed: the lock; notified when there may be something to do.
        scheduler: chooses the next batch step.
        scoring_queue: the recordings that are being scored.
        open_queries: numbers of unanswered queries.
        to_plan: streams to be planned, with the samples that their readers have taken meanwhile
            from an earlier worker.
        active_streams: planned streams; the scheduler has the same.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        send: Callable[[FromWorker], None],
        clock: Callable[[], float],
    ) -> None:
        self.changed = threading.Condition()
        self.scheduler = Scheduler(settings)
        self.scoring_queue = ScoringQueue(settings, clock)
        self.open_queries: set[int] = set()
        self.to_plan: dict[int, int] = {}
        self.active_streams: dict[int, ActiveStream] = {}
        self._send = send
        self._clock = clock

    def taken(self, number: int, num_samples: int) -> None:
        """A stream's reader has taken this many more samples."""
        with self.changed:
            if number in self.to_plan:
                self.to_plan[number] += num_samples
            else:
                self.scheduler.taken(number, num_samples, self._clock())
            self.changed.notify()

    def leave(self, number: int) -> None:
        """The client of a stream or query has left."""
        with self.changed:
            self.forget(number)

    def forget(self, number: int) -> None:
        """Removes a stream or query; the lock must be held."""
        self.open_queries.discard(number)
        self.scoring_queue.remove(number)
        self.to_plan.pop(number, None)
        self.scheduler.remove(number)
        self.active_streams.pop(number, None)

    def answer(self, message: QueryAnswered) -> None:
        """Removes a query and sends its answer."""
        self.leave(message.number)
        self._send(message)

    def fail(self, number: int, error: Exception) -> None:
        """Removes a stream or query and reports its failure."""
        self.leave(number)
        self._send(Failed(number=number, failure=Failure.of(error)))
