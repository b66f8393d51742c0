"""The worker's generator: takes the next batch step from the scheduler, advances its streams with
one call of the engine, and sends the audio.

An engine that works by itself (`Engine.overlaps`: one on a GPU) has two batch steps under way.
While it computes one, the audio of the other is sent. The one that is ready first is sent first, so
a new stream's short step need not wait for a long one that began before it.

It has a thread of its own. In the gaps it scores recordings (`service.worker.scoring_queue`). Every
batch step updates the measured speed, and each pulse tells the service.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.protocol.capacity import Capacity
from service.protocol.messages import AudioChunk, FromWorker, Heartbeat, QueryAnswered, Snapshot
from service.protocol.saved_stream import SavedStream
from service.settings import ServiceSettings
from service.worker.loaded_voices import LoadedVoices
from service.worker.scheduler import BatchStep
from service.worker.warm_up import measure_capacity
from service.worker.worker_state import ActiveStream, WorkerState
from vocoder.audio.pcm import Int16Array, to_bytes

if TYPE_CHECKING:  # which is only handed through
    from vocoder.engine import Codes, PendingCodes

log = logging.getLogger(__name__)
_PULSE_SECONDS = 1.0
_STEPS_AT_ONCE = 2  # of an engine that overlaps
_POLL_SECONDS = 0.001  # between two looks at batch steps under way


@dataclass(frozen=True, kw_only=True, eq=False)
class _PendingStep:
    """A batch step under way."""

    step: BatchStep
    working: tuple[tuple[int, ActiveStream], ...]
    pending: PendingCodes


class Generator:
    """Generates the audio of the active streams.

    Args:
        settings: of the service.
        voices: that speak.
        state: of the worker; holds the active streams.
        send: sends a message to the frontend; called from one thread at a time.
        failed: called after a defect, when no stream goes on.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        voices: LoadedVoices,
        state: WorkerState,
        *,
        send: Callable[[FromWorker], None],
        failed: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._voices = voices
        self._state = state
        self._send = send
        self._failed = failed
        self._clock = clock
        self._capacity: Capacity | None = None
        self._stopping = False
        self._pulse_due = 0.0
        self._busy_since = 0.0  # when there was last nothing to do, or a batch step ended
        self._late_chunks, self._lateness = 0, 0.0  # since the last pulse
        self._pending_steps: list[
            _PendingStep
        ] = []  # batch steps under way, oldest first; only for engines that overlap
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)

    def start(self, capacity: Capacity | None) -> None:
        """Starts the thread. Without a capacity it is measured first."""
        self._capacity = capacity
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the current batch step."""
        with self._state.changed:
            self._stopping = True
            self._state.changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            if self._capacity is None:
                self._capacity = measure_capacity(
                    self._voices.find(None), self._settings, self._clock
                )
            self._busy_since = self._clock()
            while (work := self._wait_for_work()) is not None:
                match work:
                    case BatchStep():
                        self._begin(work)
                    case _PendingStep():
                        self._finish(work)
                    case number:
                        self._score_slice(number)
            while self._pending_steps:
                self._finish(self._pending_steps[0])
        except Exception:
            # A defect in Sonant: another process may do better, this one is not to be trusted.
            log.exception("the generator has died")
            self._failed()

    @property
    def _overlaps(self) -> bool:
        return self._voices.find(None).engine.overlaps

    def _wait_for_work(self) -> BatchStep | _PendingStep | int | None:
        """The next batch step, one that is ready, the number of a recording, or None at the end."""
        while True:
            self._pulse()
            with self._state.changed:
                if self._stopping:
                    return None
                at_once = _STEPS_AT_ONCE if self._overlaps else 1
                if len(self._pending_steps) < at_once:
                    step = self._state.scheduler.next_step(self._capacity, at_once=at_once)
                    recording = self._state.scoring_queue.next(
                        idle=step is None, slack=self._state.scheduler.slack(self._clock())
                    )
                    if recording is not None:
                        return recording
                    if step is not None:
                        self._state.scheduler.began(step)
                        return step
                for pending_step in self._pending_steps:
                    if pending_step.pending.ready():
                        return pending_step
                self._state.changed.wait(_POLL_SECONDS if self._pending_steps else _PULSE_SECONDS)
                if not self._pending_steps:
                    self._busy_since = self._clock()

    def _pulse(self) -> None:
        now = self._clock()
        if now < self._pulse_due or self._capacity is None:
            return
        self._send(
            Heartbeat(
                capacity=self._capacity,
                late_chunks=self._late_chunks,
                lateness_seconds=self._lateness,
            )
        )
        self._pulse_due = now + _PULSE_SECONDS
        self._late_chunks, self._lateness = 0, 0.0

    def _score_slice(self, number: int) -> None:
        try:
            scored = self._state.scoring_queue.advance(number)
        except Exception as error:
            log.exception("recording %d cannot be scored", number)
            self._state.fail(number, error)
        else:
            if scored is not None:
                self._state.answer(QueryAnswered(number=number, answer=scored))
        self._busy_since = self._clock()  # a slice says nothing of how fast speech is made

    def _begin(self, step: BatchStep) -> None:
        with self._state.changed:
            chosen = [
                (number, self._state.active_streams[number], size)
                for number, size in step.shares
                if number in self._state.active_streams
            ]
        working, jobs = [], []
        for number, stream, size in chosen:
            if stream.times is not None:
                stream.times.note(stream.utterance)
            try:
                # at the start of a sentence this computes its conditioning
                jobs.append(stream.utterance.job(size))
            except Exception as error:
                log.exception("stream %d broke off", number)
                self._state.fail(number, error)
            else:
                working.append((number, stream))
        try:
            pending = self._voices.find(step.voice).engine.begin(jobs)
        except Exception as error:
            log.exception("streams %s broke off", [number for number, _ in working])
            self._fail_step(step, working, error)
        else:
            self._pending_steps.append(
                _PendingStep(step=step, working=tuple(working), pending=pending)
            )

    def _fail_step(
        self, step: BatchStep, working: Sequence[tuple[int, ActiveStream]], error: Exception
    ) -> None:
        for number, _ in working:
            self._state.fail(number, error)
        with self._state.changed:
            self._state.scheduler.ended(step)

    def _finish(self, pending_step: _PendingStep) -> None:
        self._pending_steps.remove(pending_step)
        try:
            made = pending_step.pending.finish()
        except Exception as error:
            log.exception("streams %s broke off", [number for number, _ in pending_step.working])
            self._fail_step(pending_step.step, pending_step.working, error)
            return
        # nearest deadline first: each is sent before the next is decoded
        for (number, stream), codes in zip(pending_step.working, made, strict=True):
            samples = self._accept(number, stream, codes)
            if samples is not None:
                self._deliver(number, stream, samples)
        with self._state.changed:
            self._state.scheduler.ended(pending_step.step)
        assert self._capacity is not None
        now = self._clock()
        # From the end of the batch step before: streams wait in between, too.
        self._capacity = self._capacity.after(
            len(pending_step.working), sum(map(len, made)), now - self._busy_since
        )
        self._busy_since = now

    def _accept(self, number: int, stream: ActiveStream, codes: Codes) -> Int16Array | None:
        """The sound of a stream's codes; None where it breaks off."""
        try:
            # at the end of a sentence this may plan the next one
            return stream.utterance.accept(codes)
        except Exception as error:
            log.exception("stream %d broke off", number)
            self._state.fail(number, error)
            return None

    def _deliver(self, number: int, stream: ActiveStream, samples: Int16Array) -> None:
        """Sends what is wanted of the samples that an utterance has given out: none while a
        correction waits for what follows.
        """
        wanted = samples[max(0, stream.first_sample - stream.emitted) :]
        stream.emitted += len(samples)
        finished = stream.utterance.finished
        if len(wanted) == 0 and not finished:
            return
        with self._state.changed:
            if number not in self._state.active_streams:
                return  # the reader left while this chunk was made
            late = self._state.scheduler.lateness(number, self._clock())
            self._state.scheduler.made(number, len(wanted), self._clock())
            if finished:
                self._state.forget(number)
        if late > 0:
            self._late_chunks, self._lateness = self._late_chunks + 1, max(self._lateness, late)
            if late > self._settings.strained_seconds:
                self._pulse_due = 0.0  # the service must know at once
        sentences = () if stream.times is None else stream.times.before(stream.emitted)
        self._send(
            AudioChunk(number=number, pcm=to_bytes(wanted), last=finished, sentences=sentences)
        )
        if (
            not finished
            and stream.emitted - stream.saved_at
            >= self._settings.snapshot_seconds * stream.sample_rate
        ):
            stream.saved_at = stream.emitted
            self._send(
                Snapshot(
                    number=number,
                    saved=SavedStream(emitted=stream.emitted, state=stream.utterance.to_bytes()),
                )
            )
