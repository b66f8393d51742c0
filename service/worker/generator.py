"""The worker's generator: asks the scheduler whose turn it is, moves those streams on with one call of the engine, and sends the sound.

An engine that works by itself (`Engine.overlaps`: one on a card) has two turns on their way: while it makes one, the sound of the other is sent. The one that
is there first is sent first: a new stream's short turn need not wait for a long one that was begun before it.

It has a thread of its own. In the gaps it scores recordings (`service.worker.scoring_queue`). Every turn tells how fast speech is made now, and each
pulse the service.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.protocol.capacity import Capacity
from service.protocol.messages import Answered, FromWorker, Pulse, Snapshot, Sound
from service.protocol.saved_stream import SavedStream
from service.settings import ServiceSettings
from service.worker.loaded_voices import LoadedVoices
from service.worker.scheduler import Turn
from service.worker.warm_up import measure
from service.worker.worker_state import Speaking, Table
from vocoder.audio.pcm import Int16Array, to_bytes

if TYPE_CHECKING:  # which needs torch, and is only handed through
    from vocoder.engine import Codes, Pending

log = logging.getLogger(__name__)
_PULSE_SECONDS = 1.0
_TURNS_AT_ONCE = 2  # of an engine that overlaps
_LOOK_SECONDS = 0.001  # between two looks at turns on their way


@dataclass(frozen=True, kw_only=True, eq=False)
class _Begun:
    """A turn on its way."""

    turn: Turn
    working: tuple[tuple[int, Speaking], ...]
    pending: Pending


class Generator:
    """Makes the streams that are on the table.

    Args:
        settings: of the service.
        voices: that speak.
        table: of the worker.
        send: takes what there is to say, from any thread, one at a time.
        failed: told of a defect: no stream goes on.
        clock: seconds that do not go back.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        voices: LoadedVoices,
        table: Table,
        *,
        send: Callable[[FromWorker], None],
        failed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._voices = voices
        self._table = table
        self._send = send
        self._failed = failed
        self._clock = clock
        self._capacity: Capacity | None = None
        self._stopping = False
        self._pulse_due = 0.0
        self._busy_since = 0.0  # when there was last nothing to do, or a turn ended
        self._late_chunks, self._lateness = 0, 0.0  # since the last pulse
        self._begun: list[_Begun] = []  # turns on their way, those of engines that overlap; the first was begun first
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)

    def start(self, capacity: Capacity | None) -> None:
        """Begins. The capacity is what is known of it; None: it is measured first."""
        self._capacity = capacity
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, once the turn in hand is done."""
        with self._table.changed:
            self._stopping = True
            self._table.changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            if self._capacity is None:
                self._capacity = measure(self._voices.find(None), self._settings, self._clock)
            self._busy_since = self._clock()
            while (work := self._wait_for_work()) is not None:
                match work:
                    case Turn():
                        self._begin(work)
                    case _Begun():
                        self._finish(work)
                    case number:
                        self._judge(number)
            while self._begun:
                self._finish(self._begun[0])
        except Exception:
            # A defect in Sonant: another process may do better, this one is not to be trusted.
            log.exception("the generator has died")
            self._failed()

    @property
    def _overlaps(self) -> bool:
        return self._voices.find(None).engine.overlaps

    def _wait_for_work(self) -> Turn | _Begun | int | None:
        """A turn of the streams, one that is there, the number of a recording, or None where it is time to stop."""
        while True:
            self._pulse()
            with self._table.changed:
                if self._stopping:
                    return None
                at_once = _TURNS_AT_ONCE if self._overlaps else 1
                if len(self._begun) < at_once:
                    turn = self._table.scheduler.next_turn(self._capacity, at_once=at_once)
                    recording = self._table.judging.next(idle=turn is None, slack=self._table.scheduler.slack(self._clock()))
                    if recording is not None:
                        return recording
                    if turn is not None:
                        self._table.scheduler.began(turn)
                        return turn
                for begun in self._begun:
                    if begun.pending.ready():
                        return begun
                self._table.changed.wait(_LOOK_SECONDS if self._begun else _PULSE_SECONDS)
                if not self._begun:
                    self._busy_since = self._clock()

    def _pulse(self) -> None:
        now = self._clock()
        if now < self._pulse_due or self._capacity is None:
            return
        self._send(Pulse(capacity=self._capacity, late_chunks=self._late_chunks, lateness_seconds=self._lateness))
        self._pulse_due = now + _PULSE_SECONDS
        self._late_chunks, self._lateness = 0, 0.0

    def _judge(self, number: int) -> None:
        try:
            scored = self._table.judging.advance(number)
        except Exception as error:
            log.exception("recording %d cannot be scored", number)
            self._table.break_off(number, error)
        else:
            if scored is not None:
                self._table.answer(Answered(number=number, answer=scored))
        self._busy_since = self._clock()  # a slice says nothing of how fast speech is made

    def _begin(self, turn: Turn) -> None:
        with self._table.changed:
            chosen = [(number, self._table.speaking[number], size) for number, size in turn.shares if number in self._table.speaking]
        working, jobs = [], []
        for number, speaking, size in chosen:
            if speaking.times is not None:
                speaking.times.note(speaking.utterance)
            try:
                jobs.append(speaking.utterance.job(size))  # at the start of a sentence this computes its conditioning
            except Exception as error:
                log.exception("stream %d broke off", number)
                self._table.break_off(number, error)
            else:
                working.append((number, speaking))
        try:
            pending = self._voices.find(turn.voice).engine.begin(jobs)
        except Exception as error:
            log.exception("streams %s broke off", [number for number, _ in working])
            self._break_off(turn, working, error)
        else:
            self._begun.append(_Begun(turn=turn, working=tuple(working), pending=pending))

    def _break_off(self, turn: Turn, working: Sequence[tuple[int, Speaking]], error: Exception) -> None:
        for number, _ in working:
            self._table.break_off(number, error)
        with self._table.changed:
            self._table.scheduler.ended(turn)

    def _finish(self, begun: _Begun) -> None:
        self._begun.remove(begun)
        try:
            made = begun.pending.finish()
        except Exception as error:
            log.exception("streams %s broke off", [number for number, _ in begun.working])
            self._break_off(begun.turn, begun.working, error)
            return
        for (number, speaking), codes in zip(begun.working, made, strict=True):  # nearest deadline first: each is sent before the next is decoded
            samples = self._accept(number, speaking, codes)
            if samples is not None:
                self._deliver(number, speaking, samples)
        with self._table.changed:
            self._table.scheduler.ended(begun.turn)
        assert self._capacity is not None
        now = self._clock()
        # From the end of the turn before: what lies between two turns is time that streams have to wait, too.
        self._capacity = self._capacity.after(len(begun.working), sum(map(len, made)), now - self._busy_since)
        self._busy_since = now

    def _accept(self, number: int, speaking: Speaking, codes: Codes) -> Int16Array | None:
        """The sound of a stream's codes; None where it breaks off."""
        try:
            return speaking.utterance.accept(codes)  # at the end of a sentence this may plan the next one
        except Exception as error:
            log.exception("stream %d broke off", number)
            self._table.break_off(number, error)
            return None

    def _deliver(self, number: int, speaking: Speaking, samples: Int16Array) -> None:
        """Sends what is wanted of the samples that an utterance has given out: none while a correction waits for what follows."""
        wanted = samples[max(0, speaking.first_sample - speaking.emitted) :]
        speaking.emitted += len(samples)
        finished = speaking.utterance.finished
        if len(wanted) == 0 and not finished:
            return
        with self._table.changed:
            if number not in self._table.speaking:
                return  # the reader left while this chunk was made
            late = self._table.scheduler.lateness(number, self._clock())
            self._table.scheduler.made(number, len(wanted), self._clock())
            if finished:
                self._table.forget(number)
        if late > 0:
            self._late_chunks, self._lateness = self._late_chunks + 1, max(self._lateness, late)
            if late > self._settings.strained_seconds:
                self._pulse_due = 0.0  # the service must know at once
        sentences = () if speaking.times is None else speaking.times.before(speaking.emitted)
        self._send(Sound(number=number, pcm=to_bytes(wanted), last=finished, sentences=sentences))
        if not finished and speaking.emitted - speaking.saved_at >= self._settings.snapshot_seconds * speaking.sample_rate:
            speaking.saved_at = speaking.emitted
            self._send(Snapshot(number=number, saved=SavedStream(emitted=speaking.emitted, state=speaking.utterance.to_bytes())))
