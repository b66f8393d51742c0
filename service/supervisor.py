"""The service's side of the worker: lets streams in, keeps what is needed to make them again, and sees to it that there is a worker.

A worker may die at any moment. Of every open stream is known here what was asked for, how much of its sound has arrived, and the last
snapshot of its state; so the next worker makes again what came after the snapshot, leaves out what has arrived, and goes on: the reader
gets the bytes it would have got. A second worker waits, loaded, where the settings want one; else the streams wait until one has loaded.

    worker 1   planned, sound, snapshot, sound, sound, killed
    worker 2                   |~~~~~~~~~~~~~~~~~~ made again, not sent |  sound, sound, last

Everything here is guarded by one lock, which is never held while anything blocks. Streams are read on an event loop; workers speak on threads.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.admission import Admission, Load
from service.capacity import Capacity
from service.clients import Client
from service.messages import Answered, Ask, Begin, Broken, FromWorker, Leave, Planned, Pulse, Snapshot, Sound, Speak, Started, Taken, Unable
from service.metrics import Metrics
from service.open_questions import OpenQuestions
from service.open_stream import OpenStream, settle
from service.orders import SpeechOrder, VoiceDescription
from service.process import Launch, WorkerLink, WorkerProcess
from service.questions import Answer, Question
from service.settings import ServiceSettings
from service.status import Status
from service.stream import LiveStream, Saved
from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.errors import CapacityError, ClientLimitError, EngineError, SonantError

log = logging.getLogger(__name__)
_STRAIN_SECONDS = 0.5  # after a stream was late, until others may begin
_MOST_STRIKES = 5  # workers that may die in a row while a stream makes no progress: it may be the stream that kills them
_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 0.5, 8.0  # until the next try after a worker that could not start; doubled each time


class Supervisor:
    """Speaks, by workers: `service.orders.SpeechWorker` says what each method does.

    Args:
        settings: of the service.
        launch: makes a worker; one in a process of its own, unless a test wants another.
        clock: seconds that do not go back.
    """

    def __init__(self, settings: ServiceSettings, *, launch: Launch = WorkerProcess, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._launch_worker = launch
        self._clock = clock
        self._lock = threading.RLock()
        self._active: WorkerLink | None = None
        self._spare: WorkerLink | None = None
        self._loading: WorkerLink | None = None
        self._retry: threading.Timer | None = None
        self._failed_starts = 0
        self._start_failure: SonantError | None = None
        self._settled = threading.Event()  # the first worker works, or cannot
        self._refusing = True
        self._stopped = False
        self._voices: tuple[VoiceDescription, ...] = ()
        self._capacity: Capacity | None = None
        self._strained_until = 0.0
        self._alone_since = 0.0  # where there is no worker: since when
        self._admission = Admission(settings)
        self._open: dict[int, OpenStream] = {}
        self._questions = OpenQuestions()
        self._next_number = 0
        self.metrics = Metrics(lambda: self.status)

    # What the service asks.

    @property
    def status(self) -> Status:
        """What is being done now."""
        with self._lock:
            load = self._load()
            return Status(
                ready=not self._refusing and self._active is not None,
                open_streams=load.open,
                making=len(load.left),
                queued=self._admission.queued,
                places=self._admission.places(load),
                capacity=load.capacity,
            )

    @property
    def voices(self) -> tuple[VoiceDescription, ...]:
        """The loaded voices, the default first."""
        return self._voices

    def start(self) -> None:
        """Starts a worker and waits until it works; then, where one is wanted, another that waits."""
        with self._lock:
            self._launch()
        self._settled.wait()
        if self._start_failure is not None:
            raise self._start_failure
        self._refusing = False

    async def open(self, order: SpeechOrder, client: Client, *, wait_seconds: float = 0.0, first_sample: int = 0, saved: Saved | None = None) -> LiveStream:
        """Plans a text and begins to speak it."""
        loop, now = asyncio.get_running_loop(), self._clock()
        with self._lock:
            number = self._number()
            with self._refusals_counted():
                queued = self._admission.ask(number, client, self._load(), wait_seconds=wait_seconds, now=now) > 0
            entry = OpenStream(
                order=order, first_sample=first_sample, saved=saved, loop=loop, planned=loop.create_future(), asked_at=now, queued=queued, taken_at=now
            )
            self._open[number] = entry
            if not queued:
                self._speak(number, entry)
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
        """Of the next stream or question; the lock must be held."""
        if self._refusing:
            raise CapacityError("the service is starting or stopping", retry_after_seconds=1.0)
        self._next_number += 1
        return self._next_number

    @contextmanager
    def _refusals_counted(self) -> Iterator[None]:
        try:
            yield
        except CapacityError as error:
            self.metrics.refused("client_limit" if isinstance(error, ClientLimitError) else "at_capacity")
            raise

    async def ask(self, question: Question, client: Client) -> Answer:
        """The answer to a question."""
        with self._lock:
            number = self._number()
            with self._refusals_counted():
                self._admission.question(number, client, open_questions=len(self._questions), now=self._clock())
            answer = self._questions.add(number, question)
            self._tell(Ask(number=number, question=question))
        try:
            return await answer
        finally:
            with self._lock:
                self._admission.leave(number)
                if self._questions.remove(number):
                    self._tell(Leave(number=number))

    def refuse_new(self) -> None:
        """From now on every order is refused."""
        self._refusing = True

    def break_off(self) -> None:
        """Fails every open stream; called once no new ones are taken on."""
        with self._lock:
            for number, entry in self._open.items():
                if not entry.over:
                    self._tell(Leave(number=number))
                    entry.fail(CapacityError("the service is stopping", retry_after_seconds=1.0), self.metrics)
            self._questions.all_failed(CapacityError("the service is stopping", retry_after_seconds=1.0))

    def stop(self) -> None:
        """Fails what is open, and ends the workers."""
        self.refuse_new()
        self.break_off()
        with self._lock:
            self._stopped = True
            links = [link for link in (self._active, self._spare, self._loading) if link is not None]
            self._active = self._spare = self._loading = None
            if self._retry is not None:
                self._retry.cancel()
        for link in links:
            link.stop()

    # What readers do.

    def _give_up(self, number: int) -> None:
        with self._lock:
            entry = self._open.get(number)
            if entry is None or not entry.queued:
                return
            entry.fail(CapacityError("there was no room for as long as the request would wait", retry_after_seconds=1.0), self.metrics)

    def _taken(self, number: int, num_samples: int) -> None:
        with self._lock:
            entry = self._open[number]
            entry.taken, entry.taken_at = entry.taken + num_samples, self._clock()
            if not entry.over:
                self._tell(Taken(number=number, num_samples=num_samples))

    def _leave(self, number: int) -> None:
        with self._lock:
            entry = self._open.pop(number, None)
            self._admission.leave(number)
            if entry is not None and not entry.over:
                self.metrics.ended("left")
            if entry is not None and not entry.over and not entry.queued:
                self._tell(Leave(number=number))
            self._let_in()

    # Room.

    def _load(self) -> Load:
        now, capacity = self._clock(), self._settings.capacity
        if capacity is None:
            capacity = 1.0 if self._capacity is None else self._capacity.full / self._voices[0].sample_rate
        begun = [entry for entry in self._open.values() if not entry.queued]
        left = tuple(one.left_seconds for one in begun if not one.over and one.keeps_up(now, self._settings.buffer_seconds))
        return Load(capacity=capacity, open=len(begun), left=left, strained=now < self._strained_until)

    def _let_in(self) -> None:
        while (number := self._admission.admitted(self._load())) is not None:
            entry = self._open[number]
            entry.queued, entry.queued_seconds = False, self._clock() - entry.asked_at
            if not entry.over:
                self._speak(number, entry)

    def _speak(self, number: int, entry: OpenStream) -> None:
        self._tell(
            Speak(
                number=number,
                order=entry.order,
                first_sample=entry.first_sample + entry.delivered,
                saved=entry.saved,
                waiting=entry.waiting,
            )
        )

    def _tell(self, message: Speak | Taken | Ask | Leave) -> None:
        """To the worker that works; where there is none, the next one is told everything when it begins."""
        if self._active is not None:
            self._active.send(message)

    # What workers say; on their threads.

    def _received(self, link: WorkerLink, message: FromWorker) -> None:
        with self._lock:
            if isinstance(message, Started):
                self._has_started(link, message)
            elif isinstance(message, Unable):
                self._start_failure = message.failure.error()
                log.error("a worker cannot start: %s", message.failure.message)
            elif link is self._active:
                self._heard(message)

    def _heard(self, message: Pulse | Planned | Sound | Snapshot | Answered | Broken) -> None:
        if isinstance(message, Pulse):
            self._capacity = message.capacity
            self.metrics.late(message.late_chunks, message.lateness_seconds)
            if message.lateness_seconds > self._settings.strained_seconds:
                self._strained_until = self._clock() + _STRAIN_SECONDS
            self._settled.set()
            self._let_in()
            return
        if isinstance(message, Answered):
            self._questions.answered(message.number, message.answer)
            return
        if isinstance(message, Broken) and message.number in self._questions:
            self._questions.failed(message.number, message.failure.error())
            return
        entry = self._open.get(message.number)
        if entry is None:
            return  # its reader has left
        match message:
            case Planned():
                self._planned(message.number, entry, message)
            case Sound():
                assert entry.stream is not None
                if entry.delivered == 0:
                    self.metrics.first_audio(self._clock() - entry.asked_at - entry.queued_seconds)
                entry.delivered += len(message.pcm) // BYTES_PER_SAMPLE
                entry.stream.put(message.pcm)
                self.metrics.audio(self._voice_name(entry), len(message.pcm) / BYTES_PER_SAMPLE / entry.stream.sample_rate)
                if message.last:
                    entry.over = True
                    self.metrics.ended("finished")
                    entry.stream.finish()
                    self._let_in()
            case Snapshot():
                entry.saved = message.saved
                if entry.stream is not None:
                    entry.stream.snapshots.append(message.saved)
            case Broken():
                entry.fail(message.failure.error(), self.metrics)
                self._let_in()

    def _voice_name(self, entry: OpenStream) -> str:
        return entry.order.voice or self._voices[0].name

    def _planned(self, number: int, entry: OpenStream, message: Planned) -> None:
        if entry.stream is not None:
            assert entry.stream.num_samples == message.num_samples, "another worker plans otherwise"
            return
        entry.order = dataclasses.replace(entry.order, seed=message.seed)  # whoever goes on with it must draw the same
        entry.stream = stream = LiveStream(
            seed=message.seed,
            sample_rate=message.sample_rate,
            num_samples=message.num_samples,
            first_sample=entry.first_sample,
            skipped=message.skipped,
            timeline=message.timeline,
            queued_seconds=entry.queued_seconds,
            loop=entry.loop,
            on_taken=lambda num_samples: self._taken(number, num_samples),
            on_close=lambda: self._leave(number),
        )
        settle(entry, lambda: entry.planned.set_result(stream))

    # The workers' lives.

    def _launch(self) -> None:
        """Loads a worker, where one is missing and none is loading."""
        wanted = self._active is None or (self._settings.standby and self._spare is None)
        if not wanted or self._loading is not None or self._stopped:
            return
        self._loading = self._launch_worker(self._settings, self._received, self._ended)
        self._loading.start()

    def _has_started(self, link: WorkerLink, message: Started) -> None:
        self._voices, self._loading = message.voices, None
        self._failed_starts, self._start_failure = 0, None
        if self._active is None:
            self._take_over(link)
        else:
            self._spare = link
        self._launch()

    def _take_over(self, link: WorkerLink) -> None:
        self._active = link
        link.send(Begin(capacity=self._capacity))
        for number, entry in self._open.items():
            if not entry.over and not entry.queued:
                self._speak(number, entry)
        for question in self._questions.to_ask():
            link.send(question)

    def _ended(self, link: WorkerLink) -> None:
        with self._lock:
            if self._stopped:
                return
            if link is self._active:
                self._active, self._alone_since = None, self._clock()
                self.metrics.worker_died()
                self._strike()
                spare, self._spare = self._spare, None
                if spare is not None:
                    self._take_over(spare)
            elif link is self._spare:
                self._spare = None
            elif link is self._loading:
                self._loading = None
                self._start_failed()
                return
            self._launch()

    def _strike(self) -> None:
        """Whatever was being made when a worker died may be the cause; what gets no further, time and again, probably is."""
        self._questions.strike()
        for entry in self._open.values():
            if entry.over or entry.queued or entry.is_ahead(self._settings.buffer_seconds):
                continue  # nothing was made for it
            entry.strikes = 1 if entry.delivered > entry.delivered_at_strike else entry.strikes + 1
            entry.delivered_at_strike = entry.delivered
            if entry.strikes >= _MOST_STRIKES:
                entry.fail(EngineError("the worker has died again and again while it made this stream"), self.metrics)

    def _start_failed(self) -> None:
        """A worker has ended before it had loaded: because it says that it cannot, or it was killed. Either is tried again."""
        self._failed_starts += 1
        if not self._settled.is_set():  # there has never been a worker: whoever starts the service is told
            self._start_failure = self._start_failure or EngineError("the worker died while it loaded its voices; the log says how")
            self._settled.set()
            return
        if self._active is None and self._clock() - self._alone_since > self._settings.start_seconds:
            for entry in self._open.values():
                if not entry.over:
                    entry.fail(EngineError("no worker can be started"), self.metrics)
            self._questions.all_failed(EngineError("no worker can be started"))
        self._retry = threading.Timer(min(_RETRY_SECONDS * 2 ** (self._failed_starts - 1), _LONGEST_RETRY_SECONDS), self._try_again)
        self._retry.daemon = True
        self._retry.start()

    def _try_again(self) -> None:
        with self._lock:
            self._launch()
