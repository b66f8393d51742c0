"""Admission control. It decides only: callers pass the time, and nothing waits here.

Generating a stream in real time takes a second of the capacity per second, until all of it exists.
So as many streams may be generated at once as the capacity has seconds of audio per second, less
some headroom. One more would make all of them stutter; it is refused at once, with the time at
which room is expected. A client may instead say how long it would wait, first come, first served.

    asks -> limits of the client -> room? -> begins
                                    no    -> would wait, and it is not too long -> queue -> begins
                                             else refused: 503, Retry-After
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from service.frontend.client_limits import Client, ClientLimits
from service.protocol.capacity import seconds_until_finished
from service.settings import ServiceSettings
from vocoder.errors import CapacityError

_SHORTEST_WAIT = 0.5  # seconds that a refused client is told at least


@dataclass(frozen=True, kw_only=True)
class Load:
    """The load of the service.

    Attributes:
        capacity: streams that can be made in real time; above 0.
        open: streams whose readers are there.
        strained: whether a stream that has been let in is about to run dry.
        left: of those that are being made and whose readers keep up, the seconds of sound that each
            still lacks.
    """

    capacity: float
    open: int
    left: tuple[float, ...]
    strained: bool = False


class Admission:
    """Admits streams, by number. Times are monotonic seconds."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._limits = ClientLimits(settings)
        self._queue: OrderedDict[int, None] = OrderedDict()

    @property
    def queued(self) -> int:
        """The length of the queue."""
        return len(self._queue)

    def ask(
        self, number: int, client: Client, load: Load, *, wait_seconds: float, now: float
    ) -> float:
        """Decides whether a stream may start.

        Args:
            number: the stream's; `leave` must be called with it, whatever becomes of the stream,
                unless this raises.
            client: who wants it.
            load: without this stream.
            wait_seconds: how long the client would wait.
            now: seconds.

        Returns:
            0 where it may begin at once; else it has been queued, and this is the expected wait in
            seconds: `admitted` tells when it is over.

        Raises:
            ClientLimitError: this client has as much as it may.
            CapacityError: there is no room, and there will not be within `wait_seconds`.
        """
        self._limits.check(client)
        expected = 0.0
        if self._queue or not self._has_room(load):
            expected = max(_SHORTEST_WAIT, self._expected(load, place=len(self._queue) + 1))
            if expected > wait_seconds:
                raise CapacityError(
                    f"{self._why(load)}; there may be room in {expected:.1f} seconds",
                    retry_after_seconds=expected,
                )
            if len(self._queue) >= self._settings.queue_limit:
                raise CapacityError(
                    f"{len(self._queue)} requests are waiting, which is as many as may",
                    retry_after_seconds=expected,
                )
            self._queue[number] = None
        self._limits.enter(number, client)
        return expected

    def admit_query(self, number: int, client: Client, *, open_queries: int) -> None:
        """Whether a question may be asked: it makes no sound, so the capacity has no say in it.
        `leave` must be called as for a stream.

        Raises:
            ClientLimitError: this client has as much as it may.
            CapacityError: as many as may are open.
        """
        self._limits.check(client)
        if open_queries >= self._settings.question_limit:
            raise CapacityError(
                f"{open_queries} questions are open, which is as many as may be",
                retry_after_seconds=1.0,
            )
        self._limits.enter(number, client)

    def request(self, client: Client, now: float) -> None:
        """Counts a request, before it is read.

        Raises:
            ClientLimitError: this client has made as many requests as it may.
        """
        self._limits.request(client, now)

    def admitted(self, load: Load) -> int | None:
        """The number of the first in the queue where it may begin now; it is no longer queued
        then.
        """
        if not self._queue or not self._has_room(load):
            return None
        return self._queue.popitem(last=False)[0]

    def leave(self, number: int) -> None:
        """A stream has ended or left the queue; repeated calls do nothing."""
        self._queue.pop(number, None)
        self._limits.leave(number)

    def places(self, load: Load) -> int:
        """How many streams may be generated at once."""
        return max(1, int(load.capacity * (1.0 - self._settings.headroom)))

    def _has_room(self, load: Load) -> bool:
        if load.strained and load.left:
            return False  # whatever was measured: more would make it worse
        return len(load.left) < self.places(load) and load.open < self._settings.max_streams

    def _expected(self, load: Load, *, place: int) -> float:
        # negative while readers of finished sound take up what may be open
        over = len(load.left) - self.places(load)
        return seconds_until_finished(load.left, load.capacity, max(1, over + place))

    def _why(self, load: Load) -> str:
        if load.open >= self._settings.max_streams:
            return f"{load.open} streams are open, which is as many as may be"
        return (
            f"{len(load.left)} streams are being spoken, which is as much as this machine can "
            f"do in real time"
        )
