"""The worker: owns voices and engines, and is the only part of the service that does. It runs in a process of its own (`service.process`).

Four threads. Whoever calls `receive` hands it what the service wants. The planner turns texts into plans, one at a time (phonemes and
durations), and computes what the first sentence is conditioned on, so that no stream waits for another one's beginning. The clerk answers
questions, for no stream should wait for them either, and analyses recordings that are to be scored. The generator asks the scheduler whose turn it is, moves
those streams on with one call of the engine, and sends the sound; in the gaps it scores recordings (`service.judging`). The lock guards the
scheduler and the tables of streams and recordings, and is never held while anything is computed or sent.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch

from service.capacity import Capacity
from service.judging import Judging
from service.messages import Answered, Ask, Begin, Broken, Failure, FromWorker, Leave, Planned, Pulse, Snapshot, Sound, Speak, Started, Stop, Taken, ToWorker
from service.orders import SpeechOrder, VoiceDescription
from service.questions import Answer, PhonemesWanted, ScoreWanted, TimesWanted
from service.reading import reading_of, skipped_texts
from service.scheduler import Scheduler, Turn
from service.settings import ServiceSettings
from service.stream import Saved
from vocoder.audio.files import read_audio_bytes
from vocoder.audio.pcm import Int16Array, to_bytes
from vocoder.errors import ConfigError, InputError
from vocoder.library import DEFAULT_VOICE
from vocoder.planning import Plan
from vocoder.speech import TEXT_LIMIT, check_text
from vocoder.timeline import Timeline
from vocoder.utterance import Utterance
from vocoder.voice import Voice, load_voice

log = logging.getLogger(__name__)
_WARM_UP = "Ready to speak as soon as anybody asks for it."
WARM_UP_SEED = 2**63  # and those that follow: of streams that nobody hears
_MEASURED_CHUNKS = 2  # of each number of streams, when the capacity is measured
_PULSE_SECONDS = 1.0


@dataclass(kw_only=True)
class _Speaking:
    utterance: Utterance
    sample_rate: int
    emitted: int  # samples that the utterance has given out
    first_sample: int  # the first that is wanted
    saved_at: int  # `emitted` at the last snapshot


class Worker:
    """Speaks for the service.

    Args:
        settings: of the service.
        send: takes what there is to say, from any thread, one at a time.
        failed: told that the generator has died of a defect: no stream goes on here.
        clock: seconds that do not go back.
    """

    def __init__(
        self, settings: ServiceSettings, *, send: Callable[[FromWorker], None], failed: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._send = send
        self._failed = failed
        self._clock = clock
        self._voices: dict[str, Voice] = {}
        self._scheduler = Scheduler(settings)
        self._capacity: Capacity | None = None
        self._asked: set[int] = set()  # questions that are to be answered
        self._wanted: dict[int, int] = {}  # streams that are to be planned, and what their readers have taken since, of another worker's sound
        self._speaking: dict[int, _Speaking] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._pulse_due = 0.0
        self._busy_since = 0.0  # when the generator last had nothing to do, or ended a turn
        self._late_chunks, self._lateness = 0, 0.0  # since the last pulse
        self._judging = Judging(settings, clock)
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="clerk")
        self._planner = ThreadPoolExecutor(1, thread_name_prefix="planner")
        self._generator = threading.Thread(target=self._generate, name="generator", daemon=True)

    def start(self) -> None:
        """Loads the voices, warms them up, and says `Started`. Streams may come after `Begin`.

        Raises:
            SonantError: a voice or the engine cannot be loaded.
        """
        # Products of one stream are too small to share out, and sums of several threads have no fixed order.
        torch.set_num_threads(1)
        for wanted in self._settings.voices or (DEFAULT_VOICE,):
            voice = load_voice(wanted, engine=self._settings.engine, precision=self._settings.precision, threads=self._settings.threads)
            if voice.manifest.name in self._voices:
                raise ConfigError(f"two of the voices to serve are called {voice.manifest.name!r}")
            self._voices[voice.manifest.name] = voice
            # The first use of a phonemiser or an engine is slow: it should not be a client's.
            self._advance(voice, [voice.utterance(voice.plan(_WARM_UP), seed=WARM_UP_SEED)], 1)
        self._send(Started(voices=tuple(VoiceDescription.of(voice, is_default=index == 0) for index, voice in enumerate(self._voices.values()))))

    def receive(self, message: ToWorker) -> None:
        """What the service wants. From one thread; returns at once."""
        match message:
            case Begin():
                self._capacity = message.capacity
                self._generator.start()
            case Speak():
                with self._changed:
                    self._wanted[message.number] = 0
                self._planner.submit(self._take_on, message)
            case Taken():
                with self._changed:
                    if message.number in self._wanted:
                        self._wanted[message.number] += message.num_samples
                    else:
                        self._scheduler.taken(message.number, message.num_samples, self._clock())
                    self._changed.notify()
            case Ask():
                with self._changed:
                    self._asked.add(message.number)
                self._clerk.submit(self._take_question, message)
            case Leave():
                with self._changed:
                    self._forget(message.number)
            case Stop():
                self.stop()

    def stop(self) -> None:
        """Ends both threads, once the turn in hand is done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._planner.shutdown(cancel_futures=True)
        self._clerk.shutdown(cancel_futures=True)
        if self._generator.ident is not None:
            self._generator.join()

    def _forget(self, number: int) -> None:
        """Takes a stream or a question off the table; the lock must be held."""
        self._asked.discard(number)
        self._judging.remove(number)
        self._wanted.pop(number, None)
        self._scheduler.remove(number)
        self._speaking.pop(number, None)

    def _break(self, number: int, error: Exception) -> None:
        with self._changed:
            self._forget(number)
        self._send(Broken(number=number, failure=Failure.of(error)))

    # On the planner's thread.

    def _take_on(self, wanted: Speak) -> None:
        try:
            self._begin(wanted)
        except Exception:
            log.exception("the planner has failed")
            self._failed()

    def _begin(self, wanted: Speak) -> None:
        if wanted.number not in self._wanted:
            return  # the reader left while others were planned
        try:
            voice = self._voice(wanted.order.voice)
            plan = self._plan(voice, wanted.order)
            saved = wanted.saved
            utterance = voice.utterance(plan, seed=wanted.order.seed, saved=None if saved is None else saved.state)
            if wanted.first_sample >= plan.num_samples:
                raise InputError(f"there are {plan.num_samples} samples, and none from {wanted.first_sample} on", field="range")
            utterance.job(1)  # the first sentence's conditioning is computed here, and kept
        except Exception as error:
            if not isinstance(error, InputError):
                log.exception("stream %d cannot begin", wanted.number)
            self._break(wanted.number, error)
            return
        self._send(
            Planned(
                number=wanted.number,
                seed=utterance.seed,
                sample_rate=voice.sample_rate,
                num_samples=plan.num_samples,
                skipped=skipped_texts(plan.skipped),
                timeline=Timeline.of(plan) if wanted.order.timestamps else None,
            )
        )
        self._admit(wanted, voice, utterance, plan.num_samples)

    def _admit(self, wanted: Speak, voice: Voice, utterance: Utterance, num_samples: int) -> None:
        emitted = 0 if wanted.saved is None else wanted.saved.emitted
        with self._changed:
            taken = self._wanted.pop(wanted.number, None)
            if taken is None:
                return
            self._speaking[wanted.number] = _Speaking(
                utterance=utterance, sample_rate=voice.sample_rate, emitted=emitted, first_sample=wanted.first_sample, saved_at=emitted
            )
            self._scheduler.add(
                wanted.number,
                voice=voice.manifest.name,
                sample_rate=voice.sample_rate,
                num_samples=num_samples - wanted.first_sample,
                now=self._clock(),
                patience=self._settings.whole_seconds if wanted.order.whole else self._settings.first_sound_seconds,
                waiting=wanted.waiting - taken,
            )
            self._changed.notify()

    def _voice(self, name: str | None) -> Voice:
        if name is None:
            return next(iter(self._voices.values()))
        if name not in self._voices:
            raise InputError(f"there is no voice {name!r} here (known: {', '.join(self._voices)})", field="voice")
        return self._voices[name]

    def _plan(self, voice: Voice, order: SpeechOrder) -> Plan:
        settings = voice.settings(speaker=order.speaker, length_scale=order.length_scale, pitch=order.pitch, volume=order.volume, temperature=order.temperature)
        return voice.plan(order.text, settings, text_limit=self._text_limit)

    @property
    def _text_limit(self) -> int:
        return TEXT_LIMIT if self._settings.text_limit is None else self._settings.text_limit

    # On the clerk's thread.

    def _take_question(self, asked: Ask) -> None:
        if asked.number not in self._asked:
            return  # nobody waits any more
        try:
            if isinstance(asked.question, ScoreWanted):
                self._listen(asked.number, asked.question)
                return
            answer = self._answer(asked.question)
        except Exception as error:
            if not isinstance(error, InputError):
                log.exception("question %d cannot be answered", asked.number)
            self._break(asked.number, error)
            return
        with self._changed:
            self._forget(asked.number)
        self._send(Answered(number=asked.number, answer=answer))

    def _listen(self, number: int, wanted: ScoreWanted) -> None:
        """Analyses a recording. The generator goes on with it."""
        voice = self._voice(wanted.voice)
        samples = read_audio_bytes(wanted.recording, voice.sample_rate, name="recording", most_seconds=self._settings.recording_seconds)
        scoring = voice.scoring(samples, speaker=wanted.speaker)
        with self._changed:
            if number in self._asked:
                self._judging.add(number, voice, scoring)
                self._changed.notify()

    def _answer(self, question: TimesWanted | PhonemesWanted) -> Answer:
        match question:
            case TimesWanted():
                return Timeline.of(self._plan(self._voice(question.order.voice), question.order))
            case PhonemesWanted():
                voice = self._voice(question.voice)
                check_text(question.text, limit=self._text_limit)
                return reading_of(question.text, voice=voice.manifest.name, language=voice.manifest.language)

    # On the generator's thread.

    def _generate(self) -> None:
        try:
            if self._capacity is None:
                self._capacity = self._measure()
            self._busy_since = self._clock()
            while (work := self._wait_for_work()) is not None:
                if isinstance(work, Turn):
                    self._take(work)
                else:
                    self._judge(work)
        except Exception:
            # A defect in Sonant: another process may do better, this one is not to be trusted.
            log.exception("the generator has died")
            self._failed()

    def _measure(self) -> Capacity:
        """How fast the default voice is made, by the number of streams that share a turn."""
        voice = next(iter(self._voices.values()))
        plan = voice.plan(_WARM_UP)
        size = max(1, round(self._settings.chunk_seconds * voice.sample_rate))
        rates: list[tuple[int, float]] = []
        for num_streams in sorted({1, *(2**power for power in range(16) if 2**power < self._settings.streams_per_turn), self._settings.streams_per_turn}):
            utterances = [voice.utterance(plan, seed=WARM_UP_SEED + index) for index in range(num_streams)]
            for utterance in utterances:
                utterance.job(1)
            begun, made = self._clock(), 0
            for _ in range(_MEASURED_CHUNKS):
                made += self._advance(voice, [one for one in utterances if not one.finished], size)
            rates.append((num_streams, made / max(self._clock() - begun, 1e-6)))
        return Capacity(rates=tuple(rates))

    def _advance(self, voice: Voice, utterances: list[Utterance], size: int) -> int:
        made = voice.engine.advance([utterance.job(size) for utterance in utterances])
        for utterance, codes in zip(utterances, made, strict=True):
            utterance.accept(codes)
        return sum(map(len, made))

    def _wait_for_work(self) -> Turn | int | None:
        """A turn of the streams, the number of a recording, or None where it is time to stop."""
        while True:
            self._pulse()
            with self._changed:
                if self._stopping:
                    return None
                turn = self._scheduler.next_turn(self._capacity)
                recording = self._judging.next(idle=turn is None, slack=self._scheduler.slack(self._clock()))
                if recording is not None:
                    return recording
                if turn is not None:
                    return turn
                self._changed.wait(_PULSE_SECONDS)
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
            scored = self._judging.advance(number)
        except Exception as error:
            log.exception("recording %d cannot be scored", number)
            self._break(number, error)
        else:
            if scored is not None:
                with self._changed:
                    self._forget(number)
                self._send(Answered(number=number, answer=scored))
        self._busy_since = self._clock()  # a slice says nothing of how fast speech is made

    def _take(self, turn: Turn) -> None:
        with self._changed:
            chosen = [(number, self._speaking[number], size) for number, size in turn.shares if number in self._speaking]
        working, jobs = [], []
        for number, speaking, size in chosen:
            try:
                jobs.append(speaking.utterance.job(size))  # at the start of a sentence this computes its conditioning
            except Exception as error:
                log.exception("stream %d broke off", number)
                self._break(number, error)
            else:
                working.append((number, speaking))
        try:
            made = self._voices[turn.voice].engine.advance(jobs)
        except Exception as error:
            log.exception("streams %s broke off", [number for number, _ in working])
            for number, _ in working:
                self._break(number, error)
            return
        for (number, speaking), codes in zip(working, made, strict=True):
            self._deliver(number, speaking, speaking.utterance.accept(codes))
        assert self._capacity is not None
        now = self._clock()
        # From the end of the turn before: what lies between two turns is time that streams have to wait, too.
        self._capacity = self._capacity.after(len(working), sum(map(len, made)), now - self._busy_since)
        self._busy_since = now

    def _deliver(self, number: int, speaking: _Speaking, samples: Int16Array) -> None:
        """Sends what is wanted of the samples that an utterance has given out: none while a correction waits for what follows."""
        wanted = samples[max(0, speaking.first_sample - speaking.emitted) :]
        speaking.emitted += len(samples)
        finished = speaking.utterance.finished
        if len(wanted) == 0 and not finished:
            return
        with self._changed:
            if number not in self._speaking:
                return  # the reader left while this chunk was made
            late = self._scheduler.lateness(number, self._clock())
            self._scheduler.made(number, len(wanted), self._clock())
            if finished:
                self._forget(number)
        if late > 0:
            self._late_chunks, self._lateness = self._late_chunks + 1, max(self._lateness, late)
            if late > self._settings.strained_seconds:
                self._pulse_due = 0.0  # the service must know at once
        self._send(Sound(number=number, pcm=to_bytes(wanted), last=finished))
        if not finished and speaking.emitted - speaking.saved_at >= self._settings.snapshot_seconds * speaking.sample_rate:
            speaking.saved_at = speaking.emitted
            self._send(Snapshot(number=number, saved=Saved(emitted=speaking.emitted, state=speaking.utterance.to_bytes())))
