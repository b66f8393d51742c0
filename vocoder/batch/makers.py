"""From orders to files: who makes them is one thing, which of them are wanted
(`vocoder.batch.render`) is another.

    make()      plans, and hands sessions on; never more than can be spoken soon
    studio      speaks (vocoder.batch.render_pool), a thread a core
    finisher    brings files to the disk, gives them their names, tells what has been made

All of these run beside each other. What is in memory is what is being spoken.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Protocol

from vocoder.batch.audio_file_task import AudioFileTask
from vocoder.batch.destinations import Destination
from vocoder.batch.record import Record
from vocoder.batch.render_orders import Defaults, OrderFactory, RenderOrder
from vocoder.batch.render_pool import RenderPool, RenderTask
from vocoder.batch.reporting import failed_record, now, task_record
from vocoder.batch.subtitle_files import SubtitleFile
from vocoder.errors import SonantError

_AHEAD = 2  # sessions a thread that are planned and wait
_TICK_SECONDS = 0.1

Made = Callable[[RenderOrder, Record], None]  # told by some thread what has become of an order
Heard = Callable[[float], None]  # told by some thread how many seconds of sound have been made
# told by some thread of what is no order's fault (a full disk, a defect)
Broken = Callable[[BaseException], None]


class Maker(Protocol):
    """Makes files of orders."""

    def start(self) -> None:
        """Begins."""

    def make(self, order: RenderOrder, name: str) -> None:
        """One more, into a file of this name. May return long before it is made, and may wait until
        there is room.

        Raises:
            SonantError: nothing can be made of it.
        """

    def finish(self) -> None:
        """No more come: returns when everything has been made, or `stop` is called."""

    def stop(self) -> None:
        """Ends now, and clears away what is not finished; nothing more is told."""


class LocalMaker:
    """Makes them here.

    Args:
        orders: who plans.
        files: where they go.
        defaults: of the run.
        threads, streams: as `render`.
        made, heard, broken: told how it goes.
    """

    def __init__(
        self,
        orders: OrderFactory,
        files: Destination,
        defaults: Defaults,
        *,
        threads: int,
        streams: int,
        made: Made,
        heard: Heard,
        broken: Broken,
    ) -> None:
        self._orders = orders
        self._files = files
        self._loudness = defaults.loudness
        self._form = defaults.subtitles
        self._made = made
        self._broken = broken
        self._lock = threading.Lock()
        self._takes: dict[str, AudioFileTask] = {}  # by their work
        self._room = threading.Semaphore(streams + _AHEAD * threads)
        self._finished: queue.SimpleQueue[
            tuple[RenderTask, AudioFileTask, SonantError | None] | None
        ] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._pool = RenderPool(
            threads=threads, streams=streams, deliver=self._deliver, heard=heard, broken=broken
        )
        self._finisher = threading.Thread(target=self._finish_each, name="finisher", daemon=True)

    def start(self) -> None:
        """As `Maker.start`."""
        self._pool.start()
        self._finisher.start()

    def make(self, order: RenderOrder, name: str) -> None:
        """As `Maker.make`."""
        while not self._room.acquire(timeout=_TICK_SECONDS):
            if self._stopping.is_set():
                return
        begun = now()
        try:
            plan = self._orders.plan(order)
            chapters = self._orders.chapters(order, plan)
            subtitles = (
                None if self._form is None else SubtitleFile.of(plan, sound=name, form=self._form)
            )
            take = AudioFileTask(
                self._files,
                name,
                sample_rate=plan.sample_rate,
                format_name=order.format,
                num_samples=plan.num_samples,
                loudness=self._loudness,
                chapters=chapters,
                subtitles=subtitles,
                serial=int(order.work[:8], 16),
                name="the sound",
            )
        except SonantError:
            self._room.release()
            raise
        with self._lock:
            if self._stopping.is_set():  # `stop` has seen to what was there before
                take.abandon()
                return
            self._takes[order.work] = take
        self._pool.admit(
            RenderTask(
                order=order,
                plan=plan,
                name=name,
                utterance=order.voice.utterance(plan, seed=order.seed),
                take=take,
                begun=begun,
            )
        )

    def finish(self) -> None:
        """As `Maker.finish`."""
        self._pool.close()
        self._pool.join()
        self._finished.put(None)
        self._finisher.join()

    def stop(self) -> None:
        """As `Maker.stop`."""
        with self._lock:
            self._stopping.set()
        self._pool.stop()
        self._finished.put(None)
        if self._finisher.ident is not None:
            self._finisher.join()
        for take in self._takes.values():
            take.abandon()

    def _deliver(self, task: RenderTask, error: SonantError | None) -> None:
        with self._lock:
            take = self._takes[task.order.work]
        self._finished.put((task, take, error))

    def _finish_each(self) -> None:
        try:
            while (delivered := self._finished.get()) is not None:
                if not self._stopping.is_set():
                    self._finish_one(*delivered)
        except BaseException as error:  # noqa: BLE001  (whoever waits for the run raises it)
            self._broken(error)

    def _finish_one(self, task: RenderTask, take: AudioFileTask, error: SonantError | None) -> None:
        order = task.order
        if error is None:
            record = task_record(task, take.finish(), finished=now())
        else:
            take.abandon()
            record = failed_record(order.entry.line, order.entry.id, error, text=order.entry.text)
        with self._lock:
            del self._takes[order.work]
        self._room.release()
        self._made(order, record)
