"""Admits streams, keeps what is needed to regenerate them, and keeps a worker running.

A worker may die at any moment. The supervisor knows of every open stream its order, how much of its
audio has arrived, and the last snapshot of its state. So the next worker
(`service.frontend.worker_pool`) regenerates what came after the snapshot, drops what has arrived,
and continues: the reader gets the same bytes. With `standby` a second worker is loaded already;
else the streams wait until one is.

    worker 1   planned, sound, snapshot, sound, sound, killed
    worker 2                   |~~~~~~~~~~~~~~~~~~ made again, not sent |  sound, sound, last

Everything here is guarded by one lock, which is never held while anything blocks. Streams are read
on an event loop; workers speak on threads.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.frontend.admission import Admission, Load
from service.frontend.client_limits import Client
from service.frontend.live_stream import LiveStream
from service.frontend.open_queries import OpenQueries
from service.frontend.open_stream import OpenStream
from service.frontend.open_streams import OpenStreams
from service.frontend.worker_pool import WorkerPool
from service.frontend.worker_process import Launch, WorkerProcess
from service.observability.metrics import Metrics
from service.observability.status import Status
from service.observability.traces import NO_TRACES, Traces
from service.protocol.messages import (
    AskQuery,
    AudioChunk,
    Cancel,
    Failed,
    Heartbeat,
    QueryAnswered,
    SamplesTaken,
    Snapshot,
    StreamPlanned,
)
from service.protocol.queries import Answer, Query
from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SpeechOrder, VoiceDescription
from service.settings import ServiceSettings
from vocoder.errors import CapacityError, ClientLimitError, SonantError

_STRAIN_SECONDS = 0.5  # after a stream was late, until others may begin


class Supervisor:
    """Speaks, by workers: `service.frontend.speech_backend.SpeechBackend` says what each method
    does.

    Args:
        settings: of the service.
        launch: makes a worker; one in a process of its own, unless a test wants another.
        clock: seconds that do not go back.
        traces: are told of every stream.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        launch: Launch = WorkerProcess,
        clock: Callable[[], float] = time.monotonic,
        traces: Traces = NO_TRACES,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.RLock()
        self._traces = traces
        self._refusing = True
        self._strained_until = 0.0
        self.metrics = Metrics(lambda: self.status)
        self._admission = Admission(settings)
        self._streams = OpenStreams(
            settings, self.metrics, clock=clock, on_taken=self._taken, on_close=self._leave
        )
        self._queries = OpenQueries()
        self._next_number = 0
        self._workers = WorkerPool(
            settings,
            launch,
            lock=self._lock,
            clock=clock,
            on_message=self._on_message,
            on_begin=self._resend_all,
            on_death=self._on_worker_death,
            on_none=self._all_failed,
        )

    # What the service asks.

    @property
    def status(self) -> Status:
        """The current load."""
        with self._lock:
            load = self._load()
            return Status(
                ready=not self._refusing and self._workers.active is not None,
                open_streams=load.open,
                making=len(load.left),
                queued=self._admission.queued,
                background=self._streams.background,
                places=self._admission.places(load),
                capacity=load.capacity,
            )

    @property
    def voices(self) -> tuple[VoiceDescription, ...]:
        """The loaded voices, the default first."""
        return self._workers.voices

    def start(self) -> None:
        """Starts a worker and waits until it works; then, where one is wanted, another that
        waits.
        """
        self._workers.start()
        self._refusing = False

    async def open(
        self,
        order: SpeechOrder,
        client: Client,
        *,
        wait_seconds: float = 0.0,
        first_sample: int = 0,
        saved: SavedStream | None = None,
    ) -> LiveStream:
        """Opens a stream: plans its text and starts generation."""
        loop, now = asyncio.get_running_loop(), self._clock()
        with self._lock:
            number = self._number()
            with self._refusals_counted():
                queued = (
                    not order.background
                    and self._admission.ask(
                        number, client, self._load(), wait_seconds=wait_seconds, now=now
                    )
                    > 0
                )
            entry = OpenStream(
                order=order,
                first_sample=first_sample,
                saved=saved,
                loop=loop,
                planned=loop.create_future(),
                asked_at=now,
                queued=queued,
                taken_at=now,
            )
            entry.trace = self._traces.stream(queued=queued)
            self._streams.add(number, entry)
            if not queued:
                self._workers.send(entry.speak(number))
        patience = loop.call_later(wait_seconds, self._give_up, number) if queued else None
        try:
            return await entry.planned
        except BaseException:
            self._leave(number)
            raise
        finally:
            if patience is not None:
                patience.cancel()

    def _number(self) -> int:
        """The number of the next stream or query; the lock must be held."""
        if self._refusing:
            raise CapacityError("the service is starting or stopping", retry_after_seconds=1.0)
        self._next_number += 1
        return self._next_number

    @contextmanager
    def _refusals_counted(self) -> Iterator[None]:
        try:
            yield
        except CapacityError as error:
            self.metrics.refused(
                "client_limit" if isinstance(error, ClientLimitError) else "at_capacity"
            )
            raise

    async def ask(self, query: Query, client: Client) -> Answer:
        """Answers a query."""
        with self._lock:
            number = self._number()
            with self._refusals_counted():
                self._admission.admit_query(number, client, open_queries=len(self._queries))
            answer = self._queries.add(number, query)
            self._workers.send(AskQuery(number=number, query=query))
        try:
            return await answer
        finally:
            with self._lock:
                self._admission.leave(number)
                if self._queries.remove(number):
                    self._workers.send(Cancel(number=number))

    def request(self, client: Client) -> None:
        """As `SpeechBackend`."""
        with self._lock, self._refusals_counted():
            self._admission.request(client, self._clock())

    def refuse_new(self) -> None:
        """Refuses all orders from now on."""
        self._refusing = True

    def fail_open_streams(self) -> None:
        """Fails every open stream; called once no new ones are taken on."""
        with self._lock:
            for number, _ in self._streams.going():
                self._workers.send(Cancel(number=number))
            self._all_failed(CapacityError("the service is stopping", retry_after_seconds=1.0))

    def stop(self) -> None:
        """Fails all open streams and queries, and ends the workers."""
        self.refuse_new()
        self.fail_open_streams()
        self._workers.stop()

    # What readers do.

    def _give_up(self, number: int) -> None:
        with self._lock:
            entry = self._streams.get(number)
            if entry is None or not entry.queued:
                return
            entry.fail(
                CapacityError(
                    "there was no room for as long as the request would wait",
                    retry_after_seconds=1.0,
                ),
                self.metrics,
            )

    def _taken(self, number: int, num_samples: int) -> None:
        with self._lock:
            entry = self._streams[number]
            entry.taken, entry.taken_at = entry.taken + num_samples, self._clock()
            if not entry.over:
                self._workers.send(SamplesTaken(number=number, num_samples=num_samples))

    def _leave(self, number: int) -> None:
        with self._lock:
            entry = self._streams.remove(number)
            self._admission.leave(number)
            if entry is not None and not entry.over:
                self.metrics.ended("left")
                entry.trace.ended("left")
            if entry is not None and not entry.over and not entry.queued:
                self._workers.send(Cancel(number=number))
            self._admit_queued()

    # Room.

    def _load(self) -> Load:
        now, capacity = self._clock(), self._settings.capacity
        if capacity is None:
            measured = self._workers.capacity
            capacity = (
                1.0 if measured is None else measured.full / self._workers.voices[0].sample_rate
            )
        begun = self._streams.begun()
        left = tuple(
            one.left_seconds
            for one in begun
            if not one.over and one.keeps_up(now, self._settings.buffer_seconds)
        )
        return Load(
            capacity=capacity, open=len(begun), left=left, strained=now < self._strained_until
        )

    def _admit_queued(self) -> None:
        while (number := self._admission.admitted(self._load())) is not None:
            entry = self._streams[number]
            entry.queued, entry.queued_seconds = False, self._clock() - entry.asked_at
            if not entry.over:
                entry.trace.admitted()
                self._workers.send(entry.speak(number))

    # What is told by the worker that works, and of it; on its thread, under the lock.

    def _on_message(
        self, message: Heartbeat | StreamPlanned | AudioChunk | Snapshot | QueryAnswered | Failed
    ) -> None:
        if isinstance(message, Heartbeat):
            self.metrics.late(message.late_chunks, message.lateness_seconds)
            if message.lateness_seconds > self._settings.strained_seconds:
                self._strained_until = self._clock() + _STRAIN_SECONDS
            self._admit_queued()
        elif isinstance(message, QueryAnswered):
            self._queries.answered(message.number, message.answer)
        elif isinstance(message, Failed) and message.number in self._queries:
            self._queries.failed(message.number, message.failure.error())
        elif self._streams.on_message(message, default_voice=self._workers.voices[0].name):
            self._admit_queued()

    def _resend_all(self) -> None:
        """All that a new worker has to be told."""
        for stream in self._streams.streams_to_start():
            self._workers.send(stream)
        for query in self._queries.queries_to_resend():
            self._workers.send(query)

    def _on_worker_death(self) -> None:
        """The active worker has died."""
        self.metrics.worker_died()
        self._queries.count_worker_death()
        self._streams.count_worker_death()

    def _all_failed(self, error: SonantError) -> None:
        """Fails all open streams and queries."""
        self._streams.all_failed(error)
        self._queries.all_failed(error)
