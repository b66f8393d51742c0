"""The worker's table: which streams and questions there are, and how far each is. All of the
worker's threads share it.

The lock guards all of it, and is never held while anything is computed or sent.
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

if TYPE_CHECKING:  # which needs torch, and is only handed through
    from vocoder.synthesis.utterance import Utterance


@dataclass(kw_only=True)
class ActiveStream:
    """A stream that is being made.

    Attributes:
        utterance: what is said.
        sample_rate: Hz.
        emitted: samples that the utterance has given out.
        first_sample: the first that is wanted.
        saved_at: `emitted` at the last snapshot.
        times: of its sentences; None where they are not told.
    """

    utterance: Utterance
    sample_rate: int
    emitted: int
    first_sample: int
    saved_at: int
    times: SentenceTimes | None


class WorkerState:
    """What the worker has in hand.

    Args:
        settings: of the service.
        send: takes what there is to say, from any thread, one at a time.
        clock: seconds that do not go back.

    Attributes:
        changed: the lock; notified when there may be something to do.
        scheduler: whose turn it is.
        scoring_queue: the recordings that are being scored.
        open_queries: queries that are to be answered.
        to_plan: streams that are to be planned, and what their readers have taken since, of another
            worker's sound.
        active_streams: streams that have been planned, the ones the scheduler knows.
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
        """A stream's reader has taken so many samples more."""
        with self.changed:
            if number in self.to_plan:
                self.to_plan[number] += num_samples
            else:
                self.scheduler.taken(number, num_samples, self._clock())
            self.changed.notify()

    def leave(self, number: int) -> None:
        """Nobody waits for a stream or an answer any more."""
        with self.changed:
            self.forget(number)

    def forget(self, number: int) -> None:
        """Takes a stream or a question off the table; the lock must be held."""
        self.open_queries.discard(number)
        self.scoring_queue.remove(number)
        self.to_plan.pop(number, None)
        self.scheduler.remove(number)
        self.active_streams.pop(number, None)

    def answer(self, message: QueryAnswered) -> None:
        """Sends the answer to a question, which is off the table with it."""
        self.leave(message.number)
        self._send(message)

    def fail(self, number: int, error: Exception) -> None:
        """Tells that a stream or an answer will not come, which is off the table with it."""
        self.leave(number)
        self._send(Failed(number=number, failure=Failure.of(error)))
