"""Turns texts into plans (phonemes and durations), on a thread of its own; on several with a GPU,
which batches their requests.

It also computes the first sentence's conditioning, so that no stream waits for another's start. A
long text takes seconds, so it is planned in time slices. If its length need not be known first,
the stream starts after the first sentence, and the generator plans the others when it reaches them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from service.protocol.messages import FromWorker, StartStream, StreamPlanned
from service.settings import ServiceSettings
from service.worker.loaded_voices import LoadedVoices
from service.worker.phonemize import skipped_texts
from service.worker.sentence_times import SentenceTimes
from service.worker.time_slices import TimeSlicedExecutor, time_slice_is_over
from service.worker.worker_state import ActiveStream, WorkerState
from vocoder.errors import InputError
from vocoder.synthesis.planning import Plan, Planning
from vocoder.synthesis.utterance import Utterance
from vocoder.synthesis.voice import Voice
from vocoder.text import source_text

log = logging.getLogger(__name__)
# streams planned at once with a GPU, which batches their sentences
_TOGETHER = 16


@dataclass(frozen=True, kw_only=True)
class _PlanningTask:
    """A stream that is being planned; `whole`: its length must be known before it starts."""

    wanted: StartStream
    voice: Voice
    planning: Planning
    whole: bool


class Planner:
    """Plans streams, and adds them to the active ones.

    Args:
        settings: of the service.
        voices: all that are loaded.
        state: of the worker.
        send: sends a message to the frontend; called from any thread.
        failed: called after a defect, when no stream can start any more.
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
        self._executor = TimeSlicedExecutor("planner", _TOGETHER if settings.on_gpu else 1)

    def submit(self, wanted: StartStream) -> None:
        """Adds a stream; returns at once."""
        with self._state.changed:
            self._state.to_plan[wanted.number] = 0
        self._executor.add(lambda: self._plan_slice(wanted))

    def stop(self) -> None:
        """Ends the thread after the current slice."""
        self._executor.stop()

    def _plan_slice(self, wanted: StartStream, beginning: _PlanningTask | None = None) -> None:
        try:
            if wanted.number not in self._state.to_plan:
                return  # the reader left while others were planned
            try:
                beginning = beginning or self._start_planning(wanted)
                plan = self._plan(beginning)
                utterance = None if plan is None else self._make_utterance(beginning, plan)
            except Exception as error:
                if not isinstance(error, InputError):
                    log.exception("stream %d cannot begin", wanted.number)
                self._state.fail(wanted.number, error)
                return
            if plan is None or utterance is None:
                self._executor.add(lambda: self._plan_slice(wanted, beginning))
            else:
                self._admit(beginning, plan, utterance)
        except Exception:
            log.exception("the planner has failed")
            self._failed()

    def _start_planning(self, wanted: StartStream) -> _PlanningTask:
        voice = self._voices.find(wanted.order.voice)
        # One that goes on from a snapshot has told its length already, where it has one.
        whole = len(source_text(wanted.order.text)) <= self._settings.planned_characters or (
            wanted.order.exact_length and wanted.saved is None
        )
        return _PlanningTask(
            wanted=wanted,
            voice=voice,
            planning=self._voices.planning(voice, wanted.order),
            whole=whole,
        )

    def _plan(self, beginning: _PlanningTask) -> Plan | Planning | None:
        """Plans for one time slice; None if more slices are needed."""
        planning, begun = beginning.planning, time.monotonic()
        while beginning.whole or (beginning.wanted.saved is None and not planning.sentences):
            if not planning.advance():
                return planning.plan()
            if time_slice_is_over(begun):
                return None
        return planning

    def _make_utterance(self, beginning: _PlanningTask, plan: Plan | Planning) -> Utterance:
        wanted = beginning.wanted
        utterance = beginning.voice.utterance(
            plan, seed=wanted.order.seed, saved=None if wanted.saved is None else wanted.saved.state
        )
        if utterance.num_samples is not None and wanted.first_sample >= utterance.num_samples:
            raise InputError(
                (
                    f"there are {utterance.num_samples} samples, and none from "
                    f"{wanted.first_sample} on"
                ),
                field="range",
            )
        utterance.job(1)  # the first sentence's conditioning is computed here, and kept
        return utterance

    def _admit(self, beginning: _PlanningTask, plan: Plan | Planning, utterance: Utterance) -> None:
        wanted, voice, num_samples = beginning.wanted, beginning.voice, utterance.num_samples
        self._send(
            StreamPlanned(
                number=wanted.number,
                seed=utterance.seed,
                sample_rate=voice.sample_rate,
                num_samples=num_samples,
                skipped=skipped_texts(plan.skipped),
                ignored=skipped_texts(plan.ignored),
            )
        )
        emitted = 0 if wanted.saved is None else wanted.saved.emitted
        times = (
            SentenceTimes(
                hop_length=voice.manifest.audio.hop_length, first_sample=wanted.first_sample
            )
            if wanted.order.timestamps
            else None
        )
        with self._state.changed:
            taken = self._state.to_plan.pop(wanted.number, None)
            if taken is None:
                return
            self._state.active_streams[wanted.number] = ActiveStream(
                utterance=utterance,
                sample_rate=voice.sample_rate,
                emitted=emitted,
                first_sample=wanted.first_sample,
                saved_at=emitted,
                times=times,
            )
            self._state.scheduler.add(
                wanted.number,
                voice=voice.manifest.name,
                sample_rate=voice.sample_rate,
                num_samples=None if num_samples is None else num_samples - wanted.first_sample,
                now=self._clock(),
                patience=self._settings.whole_seconds
                if wanted.order.whole
                else self._settings.first_sound_seconds,
                waiting=wanted.waiting - taken,
                background=wanted.order.background,
            )
            self._state.changed.notify()
