"""The worker: owns voices and engines, and is the only part of the service that does.

Two threads beside the event loop. The planner turns texts into plans, one at a time (phonemes and durations; the phonemiser is not made
for several threads). The generator asks the scheduler whose turn it is, moves those streams on by one chunk with one call of the engine,
and hands over the sound. The lock guards the scheduler and the table of streams and is never held while anything is computed.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch

from service.orders import SpeechOrder, VoiceDescription
from service.scheduler import Scheduler, Turn
from service.settings import ServiceSettings
from service.stream import LiveStream, SkippedText
from vocoder.audio.pcm import to_bytes
from vocoder.errors import CapacityError, ConfigError, EngineError, InputError, SonantError
from vocoder.library import DEFAULT_VOICE
from vocoder.speech import TEXT_LIMIT
from vocoder.utterance import Utterance
from vocoder.voice import Voice, load_voice

log = logging.getLogger(__name__)
_WARM_UP = "Ready."


@dataclass(frozen=True, kw_only=True)
class _Speaking:
    stream: LiveStream
    utterance: Utterance


class Worker:
    """Speaks for the service: `service.orders.SpeechWorker` says what each method does.

    Args:
        settings: of the service.
        clock: seconds that do not go back.
    """

    def __init__(self, settings: ServiceSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._voices: dict[str, Voice] = {}
        self._scheduler = Scheduler(settings)
        self._speaking: dict[int, _Speaking] = {}
        self._slots: set[int] = set()  # streams that live, those being planned included
        self._next_number = 0
        self._changed = threading.Condition()
        self._refusing = True
        self._stopping = False
        self._broken_off = False
        self._planner = ThreadPoolExecutor(1, thread_name_prefix="planner")
        self._generator = threading.Thread(target=self._generate, name="generator", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether new streams are taken on, room permitting."""
        return not self._refusing and self._generator.is_alive()

    @property
    def live_streams(self) -> int:
        """How many streams live, those being planned included."""
        return len(self._slots)

    @property
    def voices(self) -> tuple[VoiceDescription, ...]:
        """The loaded voices, the default first."""
        return tuple(
            VoiceDescription(
                name=name,
                release=voice.manifest.release,
                language=voice.manifest.language,
                licence=voice.manifest.licence,
                speakers=voice.manifest.speakers,
                sample_rate=voice.sample_rate,
                temperature=voice.manifest.temperature,
                is_default=index == 0,
            )
            for index, (name, voice) in enumerate(self._voices.items())
        )

    def start(self) -> None:
        """Loads the voices, warms them up and begins."""
        # Products of one stream are too small to share out, and sums of several threads have no fixed order.
        torch.set_num_threads(1)
        for wanted in self._settings.voices or (DEFAULT_VOICE,):
            voice = load_voice(wanted, engine=self._settings.engine, precision=self._settings.precision, threads=self._settings.threads)
            if voice.manifest.name in self._voices:
                raise ConfigError(f"two of the voices to serve are called {voice.manifest.name!r}")
            self._voices[voice.manifest.name] = voice
            # The first use of a phonemiser or an engine is slow: it should not be a client's.
            utterance = voice.utterance(voice.plan(_WARM_UP), seed=0)
            utterance.accept(voice.engine.advance([utterance.job(1)])[0])
        self._refusing = False
        self._generator.start()

    async def open(self, order: SpeechOrder) -> LiveStream:
        """Plans a text and begins to speak it."""
        number = self._reserve()
        loop = asyncio.get_running_loop()
        try:
            voice = self._voice(order.voice)
            utterance, skipped = await loop.run_in_executor(self._planner, self._plan, voice, order)
            return self._admit(number, voice, utterance, skipped, loop)
        except BaseException:
            self._release(number)
            raise

    def refuse_new(self) -> None:
        """From now on every order is refused."""
        self._refusing = True

    def break_off(self) -> None:
        """Fails every open stream, and those that are still being planned as soon as they are; called once no new ones are taken on."""
        with self._changed:
            self._broken_off = True
            speaking = self._forget(list(self._speaking))
        _fail(speaking, CapacityError("the service is stopping", retry_after_seconds=1.0))

    def stop(self) -> None:
        """Fails what is open, and ends both threads."""
        self.refuse_new()
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._planner.shutdown(cancel_futures=True)
        if self._generator.ident is not None:
            self._generator.join()
        self.break_off()

    def _voice(self, name: str | None) -> Voice:
        if name is None:
            return next(iter(self._voices.values()))
        if name not in self._voices:
            raise InputError(f"there is no voice {name!r} here (known: {', '.join(self._voices)})", field="voice")
        return self._voices[name]

    def _reserve(self) -> int:
        with self._changed:
            if self._refusing:
                raise CapacityError("the service is starting or stopping", retry_after_seconds=1.0)
            if len(self._slots) >= self._settings.max_streams:
                message = f"{len(self._slots)} streams are being spoken, which is as many as may be"
                raise CapacityError(message, retry_after_seconds=self._scheduler.seconds_until_room())
            self._next_number += 1
            self._slots.add(self._next_number)
            return self._next_number

    def _plan(self, voice: Voice, order: SpeechOrder) -> tuple[Utterance, tuple[SkippedText, ...]]:
        settings = voice.settings(speaker=order.speaker, length_scale=order.length_scale, pitch=order.pitch, volume=order.volume, temperature=order.temperature)
        limit = TEXT_LIMIT if self._settings.text_limit is None else self._settings.text_limit
        plan = voice.plan(order.text, settings, text_limit=limit)
        skipped = tuple(SkippedText(text=one.text, start=one.start, reason=one.reason) for one in plan.skipped)
        return voice.utterance(plan, seed=order.seed), skipped

    def _admit(self, number: int, voice: Voice, utterance: Utterance, skipped: tuple[SkippedText, ...], loop: asyncio.AbstractEventLoop) -> LiveStream:
        stream = LiveStream(
            seed=utterance.seed,
            sample_rate=voice.sample_rate,
            num_samples=utterance.num_samples,
            skipped=skipped,
            loop=loop,
            on_taken=lambda num_samples: self._taken(number, num_samples),
            on_close=lambda: self._release(number),
        )
        with self._changed:
            if self._stopping or self._broken_off:
                raise CapacityError("the service is stopping", retry_after_seconds=1.0)
            self._speaking[number] = _Speaking(stream=stream, utterance=utterance)
            self._scheduler.add(number, voice=voice.manifest.name, sample_rate=voice.sample_rate, num_samples=utterance.num_samples, now=self._clock())
            self._changed.notify()
        return stream

    def _taken(self, number: int, num_samples: int) -> None:
        with self._changed:
            self._scheduler.taken(number, num_samples, self._clock())
            self._changed.notify()

    def _release(self, number: int) -> None:
        with self._changed:
            self._forget([number])
            self._slots.discard(number)

    def _forget(self, numbers: Iterable[int]) -> list[_Speaking]:
        """Takes streams off the table (the lock must be held); their slots stay taken until their readers leave."""
        for number in numbers:
            self._scheduler.remove(number)
        return [self._speaking.pop(number) for number in numbers if number in self._speaking]

    def _generate(self) -> None:
        try:
            while (turn := self._wait_for_turn()) is not None:
                self._take(turn)
        except Exception:
            # A defect in Sonant. `ready` is false from here on, and nobody may be left waiting for sound that will not come.
            log.exception("the generator has died")
            with self._changed:
                self._refusing = True
                speaking = self._forget(list(self._speaking))
            _fail(speaking, EngineError("the service has failed and must be restarted"))

    def _wait_for_turn(self) -> Turn | None:
        with self._changed:
            while not self._stopping:
                turn = self._scheduler.next_turn()
                if turn is not None:
                    return turn
                self._changed.wait()
            return None

    def _take(self, turn: Turn) -> None:
        with self._changed:
            chosen = [(number, self._speaking[number].utterance, size) for number, size in turn.shares if number in self._speaking]
        working, jobs = [], []
        for number, utterance, size in chosen:
            try:
                jobs.append(utterance.job(size))  # at the start of a sentence this computes its conditioning
            except Exception as error:
                log.exception("stream %d broke off", number)
                self._break(number, error)
            else:
                working.append((number, utterance))
        try:
            made = self._voices[turn.voice].engine.advance(jobs)
        except Exception as error:
            log.exception("streams %s broke off", [number for number, _ in working])
            for number, _ in working:
                self._break(number, error)
            return
        for (number, utterance), codes in zip(working, made, strict=True):
            samples = utterance.accept(codes)
            if len(samples) > 0:  # none while the correction waits for what follows
                self._deliver(number, to_bytes(samples), len(samples), finished=utterance.finished)

    def _deliver(self, number: int, pcm: bytes, num_samples: int, *, finished: bool) -> None:
        with self._changed:
            speaking = self._speaking.get(number)
            if speaking is None:
                return  # the reader left while this chunk was made
            self._scheduler.made(number, num_samples, self._clock())
        speaking.stream.put(pcm)
        if finished:
            speaking.stream.finish()

    def _break(self, number: int, error: Exception) -> None:
        with self._changed:
            speaking = self._forget([number])
        _fail(speaking, error if isinstance(error, SonantError) else EngineError("generation failed"))


def _fail(speaking: Iterable[_Speaking], error: SonantError) -> None:
    for one in speaking:
        one.stream.fail(error)
