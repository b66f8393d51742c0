"""Many utterances at once, on every core.

Each thread has an engine of its own and does everything that a chunk of sound takes: conditioning,
generation, decoding, writing. So all of it runs beside the engines of the other threads, and
nothing waits for anything but the processor.

    ready:  | oldest ............ newest |      threads take streams from the left, and put back
    there what is not finished
              `--- thread 1 --'`-- 2 --'

Which streams share a call changes no byte of any of them: an utterance's state is a value, and
whichever engine is free takes it on.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from vocoder.audio.pcm import Int16Array
from vocoder.batch.render_orders import RenderOrder
from vocoder.engine import Engine, make_engine
from vocoder.errors import SonantError
from vocoder.synthesis.planning import Plan
from vocoder.synthesis.utterance import Utterance
from vocoder.synthesis.voice import Voice

# of each stream in one call: 64 frames, of which the correction takes sixteen side by side
CHUNK_SECONDS = 0.64


class SampleSink(Protocol):
    """Takes samples."""

    def write(self, samples: Int16Array) -> None:
        """More of them: int16 [T]."""


@dataclass(frozen=True, kw_only=True)
class RenderTask:
    """An order that is being spoken.

    Attributes:
        order: what was asked for.
        plan: what is spoken.
        name: of the file in the folder.
        utterance: its samples.
        take: where they go: a `vocoder.batch.audio_file_task.AudioFileTask`, but for who only wants
            to know how long it takes.
        begun: ISO 8601, UTC.
    """

    order: RenderOrder
    plan: Plan
    name: str
    utterance: Utterance
    take: SampleSink
    begun: str


class RenderPool:
    """Speaks sessions until told that no more come.

    Args:
        threads: at least 1.
        streams: at least 1: sessions that are spoken at once, by all threads together.
        deliver: told by some thread when a session's samples have all been written, or why they
            will not be.
        heard: told by some thread how many seconds of sound have been made.
        broken: told by some thread that it has died of what is no session's fault (a full disk, a
            defect).
    """

    def __init__(
        self,
        *,
        threads: int,
        streams: int,
        deliver: Callable[[RenderTask, SonantError | None], None],
        heard: Callable[[float], None],
        broken: Callable[[BaseException], None],
    ) -> None:
        self._streams = streams
        self._deliver = deliver
        self._heard = heard
        self._broken = broken
        self._ready: deque[RenderTask] = deque()
        self._busy = 0
        self._closed = self._stopping = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"studio-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begins to speak."""
        for thread in self._threads:
            thread.start()

    def admit(self, task: RenderTask) -> None:
        """One more session, to be spoken after those that are here."""
        with self._changed:
            self._ready.append(task)
            self._changed.notify()

    def close(self) -> None:
        """No more sessions come: threads end when those that are here are finished."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Ends the threads after the chunk that each is making."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.join()

    def join(self, seconds: float | None = None) -> None:
        """Waits until the threads have ended; for so many seconds at most, where a number is
        given.
        """
        until = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(None if until is None else max(until - time.monotonic(), 0.0))

    def _work(self) -> None:
        engines: dict[int, Engine] = {}
        try:
            while group := self._next_group():
                left = self._advance(group, self._engine_for(group[0].order.voice, engines))
                self._put_back(left, taken=len(group))
        except BaseException as error:  # noqa: BLE001  (whoever waits for the run raises it)
            self._broken(error)

    def _next_group(self) -> list[RenderTask]:
        """Sessions of one voice, the oldest first; none when there is nothing left to do."""
        with self._changed:
            while not self._stopping:
                if self._ready and self._busy < self._streams:
                    alive = min(len(self._ready) + self._busy, self._streams)
                    share = -(-alive // len(self._threads))
                    voice = self._ready[0].order.voice
                    group = [task for task in self._ready if task.order.voice is voice][
                        : min(share, self._streams - self._busy)
                    ]
                    for task in group:
                        self._ready.remove(task)
                    self._busy += len(group)
                    return group
                if self._closed and self._busy == 0:
                    self._changed.notify_all()
                    return []
                self._changed.wait()
            return []

    def _put_back(self, tasks: list[RenderTask], *, taken: int) -> None:
        with self._changed:
            self._ready.extendleft(reversed(tasks))
            self._busy -= taken
            self._changed.notify_all()

    @staticmethod
    def _engine_for(voice: Voice, engines: dict[int, Engine]) -> Engine:
        """This thread's engine for a voice; that of the voice itself where it serves any number of
        threads at once, and keeps their streams.
        """
        if voice.engine.overlaps:
            return voice.engine
        if id(voice) not in engines:
            engines[id(voice)] = make_engine(
                voice.pack.wavenet, voice.engine.name, precision=voice.engine.precision
            )
        return engines[id(voice)]

    def _advance(self, group: list[RenderTask], engine: Engine) -> list[RenderTask]:
        """Moves sessions on by a chunk; returns those that are not finished."""
        chunk = max(round(CHUNK_SECONDS * group[0].order.voice.sample_rate), 1)
        try:
            made = engine.advance([task.utterance.job(chunk) for task in group])
        except SonantError as error:
            return self._failed(group, engine, error)
        left, samples_made = [], 0
        for task, codes in zip(group, made, strict=True):
            task.take.write(task.utterance.accept(codes))
            samples_made += len(codes)
            if task.utterance.finished:
                self._deliver(task, None)
            else:
                left.append(task)
        self._heard(samples_made / group[0].order.voice.sample_rate)
        return left

    def _failed(
        self, group: list[RenderTask], engine: Engine, error: SonantError
    ) -> list[RenderTask]:
        """A call fails as a whole, and no state has moved: each alone shows whose fault it was."""
        if len(group) > 1:
            return [task for one in group for task in self._advance([one], engine)]
        self._deliver(group[0], error)
        return []
