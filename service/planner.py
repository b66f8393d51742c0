"""The worker's planner: turns texts into plans, one at a time (phonemes and durations), on a thread of its own.

It also computes what the first sentence is conditioned on, so that no stream waits for another one's beginning.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from service.loaded_voices import LoadedVoices
from service.messages import FromWorker, Planned, Speak
from service.reading import skipped_texts
from service.settings import ServiceSettings
from service.table import Speaking, Table
from vocoder.errors import InputError
from vocoder.timeline import Timeline
from vocoder.utterance import Utterance
from vocoder.voice import Voice

log = logging.getLogger(__name__)


class Planner:
    """Puts streams onto the table, ready for the generator.

    Args:
        settings: of the service.
        voices: that can speak.
        table: of the worker.
        send: takes what there is to say, from any thread, one at a time.
        failed: told of a defect: no stream can be begun any more.
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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="planner")

    def submit(self, wanted: Speak) -> None:
        """One more stream. Returns at once."""
        with self._table.changed:
            self._table.wanted[wanted.number] = 0
        self._thread.submit(self._take_on, wanted)

    def stop(self) -> None:
        """Ends the thread, once the plan in hand is done."""
        self._thread.shutdown(cancel_futures=True)

    def _take_on(self, wanted: Speak) -> None:
        try:
            self._begin(wanted)
        except Exception:
            log.exception("the planner has failed")
            self._failed()

    def _begin(self, wanted: Speak) -> None:
        if wanted.number not in self._table.wanted:
            return  # the reader left while others were planned
        try:
            voice = self._voices.find(wanted.order.voice)
            plan = self._voices.plan(voice, wanted.order)
            saved = wanted.saved
            utterance = voice.utterance(plan, seed=wanted.order.seed, saved=None if saved is None else saved.state)
            if wanted.first_sample >= utterance.num_samples:
                raise InputError(f"there are {utterance.num_samples} samples, and none from {wanted.first_sample} on", field="range")
            utterance.job(1)  # the first sentence's conditioning is computed here, and kept
        except Exception as error:
            if not isinstance(error, InputError):
                log.exception("stream %d cannot begin", wanted.number)
            self._table.break_off(wanted.number, error)
            return
        self._send(
            Planned(
                number=wanted.number,
                seed=utterance.seed,
                sample_rate=voice.sample_rate,
                num_samples=utterance.num_samples,
                skipped=skipped_texts(plan.skipped),
                timeline=Timeline.of(plan) if wanted.order.timestamps else None,
            )
        )
        self._admit(wanted, voice, utterance)

    def _admit(self, wanted: Speak, voice: Voice, utterance: Utterance) -> None:
        emitted = 0 if wanted.saved is None else wanted.saved.emitted
        with self._table.changed:
            taken = self._table.wanted.pop(wanted.number, None)
            if taken is None:
                return
            self._table.speaking[wanted.number] = Speaking(
                utterance=utterance, sample_rate=voice.sample_rate, emitted=emitted, first_sample=wanted.first_sample, saved_at=emitted
            )
            self._table.scheduler.add(
                wanted.number,
                voice=voice.manifest.name,
                sample_rate=voice.sample_rate,
                num_samples=utterance.num_samples - wanted.first_sample,
                now=self._clock(),
                patience=self._settings.whole_seconds if wanted.order.whole else self._settings.first_sound_seconds,
                waiting=wanted.waiting - taken,
            )
            self._table.changed.notify()
