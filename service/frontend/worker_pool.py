"""Keeps workers running: an active one, a loaded standby if the settings ask for it, and a loading
one where either is missing.

    working   waiting   loading
       A         B         -
       x         B         -        A dies: B takes over at once
       B         -         C        and C loads
       B         C         -

All callbacks are called with the lock held.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from service.frontend.worker_process import Launch, WorkerLink
from service.protocol.capacity import Capacity
from service.protocol.messages import (
    AudioChunk,
    Begin,
    Failed,
    FromWorker,
    Heartbeat,
    QueryAnswered,
    Snapshot,
    Started,
    StartFailed,
    StreamPlanned,
    ToWorker,
)
from service.protocol.speech_order import VoiceDescription
from service.settings import ServiceSettings
from vocoder.errors import EngineError, SonantError

log = logging.getLogger(__name__)
# until the next try after a worker that could not start; doubled each time
_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = (
    0.5,
    8.0,
)


class WorkerPool:
    """The workers.

    Args:
        settings: of the service.
        launch: makes a worker.
        lock: guards everything here, and whatever is told; held by whoever calls `send`.
        clock: seconds that do not go back.
        on_message: told what the worker that works says.
        on_begin: told that another one works now; it must be told everything.
        on_death: told that the one that worked has died.
        on_none: told that for long there has been none, and none can be started.

    Attributes:
        active: the worker that works.
        spare: the one that waits.
        voices: that are loaded, the default first; none before the first worker has.
        capacity: what the last pulse told; None before the first.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        launch: Launch,
        *,
        lock: threading.RLock,
        clock: Callable[[], float],
        on_message: Callable[
            [Heartbeat | StreamPlanned | AudioChunk | Snapshot | QueryAnswered | Failed], None
        ],
        on_begin: Callable[[], None],
        on_death: Callable[[], None],
        on_none: Callable[[SonantError], None],
    ) -> None:
        self.active: WorkerLink | None = None
        self.spare: WorkerLink | None = None
        self.voices: tuple[VoiceDescription, ...] = ()
        self.capacity: Capacity | None = None
        self._settings = settings
        self._launch_worker = launch
        self._lock = lock
        self._clock = clock
        self._on_message = on_message
        self._on_begin = on_begin
        self._on_death = on_death
        self._on_none = on_none
        self._loading: WorkerLink | None = None
        self._retry: threading.Timer | None = None
        self._failed_starts = 0
        self._start_failure: SonantError | None = None
        self._settled = threading.Event()  # the first worker works, or cannot
        self._stopped = False
        self._alone_since = 0.0  # where there is no worker: since when

    def start(self) -> None:
        """Starts a worker and waits until it works; then, where one is wanted, another that waits.

        Raises:
            SonantError: it cannot be started.
        """
        with self._lock:
            self._launch()
        self._settled.wait()
        if self._start_failure is not None:
            raise self._start_failure

    def send(self, message: ToWorker) -> None:
        """To the worker that works; where there is none, the next one is told everything when it
        begins.
        """
        if self.active is not None:
            self.active.send(message)

    def stop(self) -> None:
        """Ends all workers; none is started again."""
        with self._lock:
            self._stopped = True
            links = [link for link in (self.active, self.spare, self._loading) if link is not None]
            self.active = self.spare = self._loading = None
            if self._retry is not None:
                self._retry.cancel()
        for link in links:
            link.stop()

    def _launch(self) -> None:
        """Loads a worker, where one is missing and none is loading. The one that waits comes once
        the capacity is known: its loading would be measured, too.
        """
        wanted = self.active is None or (
            self._settings.standby and self.spare is None and self.capacity is not None
        )
        if not wanted or self._loading is not None or self._stopped:
            return
        self._loading = self._launch_worker(self._settings, self._received, self._ended)
        self._loading.start()

    # What workers say; on their threads.

    def _received(self, link: WorkerLink, message: FromWorker) -> None:
        with self._lock:
            if isinstance(message, Started):
                self._has_started(link, message)
            elif isinstance(message, StartFailed):
                self._start_failure = message.failure.error()
                log.error("a worker cannot start: %s", message.failure.message)
            elif link is self.active:
                if isinstance(message, Heartbeat):
                    self.capacity = message.capacity
                    self._settled.set()
                    self._launch()
                self._on_message(message)

    def _has_started(self, link: WorkerLink, message: Started) -> None:
        self.voices, self._loading = message.voices, None
        self._failed_starts, self._start_failure = 0, None
        if self.active is None:
            self._take_over(link)
        else:
            self.spare = link
        self._launch()

    def _take_over(self, link: WorkerLink) -> None:
        self.active = link
        link.send(Begin(capacity=self.capacity))
        self._on_begin()

    def _ended(self, link: WorkerLink) -> None:
        with self._lock:
            if self._stopped:
                return
            if link is self.active:
                self.active, self._alone_since = None, self._clock()
                self._on_death()
                spare, self.spare = self.spare, None
                if spare is not None:
                    self._take_over(spare)
            elif link is self.spare:
                self.spare = None
            elif link is self._loading:
                self._loading = None
                self._start_failed()
                return
            self._launch()

    def _start_failed(self) -> None:
        """A worker has ended before it had loaded: because it says that it cannot, or it was
        killed. Either is tried again.
        """
        self._failed_starts += 1
        # there has never been a worker: whoever starts the service is told
        if not self._settled.is_set():
            self._start_failure = self._start_failure or EngineError(
                "the worker died while it loaded its voices; the log says how"
            )
            self._settled.set()
            return
        if self.active is None and self._clock() - self._alone_since > self._settings.start_seconds:
            self._on_none(EngineError("no worker can be started"))
        self._retry = threading.Timer(
            min(_RETRY_SECONDS * 2 ** (self._failed_starts - 1), _LONGEST_RETRY_SECONDS),
            self._try_again,
        )
        self._retry.daemon = True
        self._retry.start()

    def _try_again(self) -> None:
        with self._lock:
            self._launch()
