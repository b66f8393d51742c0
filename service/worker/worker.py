"""The worker: the only part of the service that owns voices and engines. It runs in its own process
(`service.frontend.worker_process`).

Four threads share a `WorkerState`. One calls `receive` with the frontend's messages. The planner
turns texts into plans, the generator turns plans into audio, and the query handler answers queries
without audio.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from service.protocol.messages import (
    AskQuery,
    Begin,
    Cancel,
    FromWorker,
    SamplesTaken,
    Started,
    StartStream,
    Stop,
    ToWorker,
)
from service.settings import ServiceSettings
from service.worker.generator import Generator
from service.worker.loaded_voices import LoadedVoices
from service.worker.planner import Planner
from service.worker.query_handler import QueryHandler
from service.worker.warm_up import warm_up
from service.worker.worker_state import WorkerState
from vocoder.synthesis.voice import load_voice
from vocoder.voices.library import DEFAULT_VOICE


class Worker:
    """Speaks for the service.

    Args:
        settings: of the service.
        send: takes what there is to say, from any thread, one at a time.
        failed: told that a thread has met a defect: no stream goes on here.
        clock: seconds that do not go back.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        send: Callable[[FromWorker], None],
        failed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._send = send
        self._voices = LoadedVoices(settings)
        self._state = WorkerState(settings, send=send, clock=clock)
        self._query_handler = QueryHandler(settings, self._voices, self._state)
        self._planner = Planner(
            settings, self._voices, self._state, send=send, failed=failed, clock=clock
        )
        self._generator = Generator(
            settings, self._voices, self._state, send=send, failed=failed, clock=clock
        )

    def start(self) -> None:
        """Loads the voices, warms them up, and says `Started`. Streams may come after `Begin`.

        Raises:
            SonantError: a voice or the engine cannot be loaded.
        """
        for wanted in self._settings.voices or (DEFAULT_VOICE,):
            voice = load_voice(
                wanted,
                engine=self._settings.engine,
                precision=self._settings.precision,
                threads=self._settings.threads,
            )
            self._voices.add(voice)
            warm_up(voice, self._settings.batch_size)
        self._send(Started(voices=self._voices.descriptions()))

    def receive(self, message: ToWorker) -> None:
        """What the service wants. From one thread; returns at once."""
        match message:
            case Begin():
                self._generator.start(message.capacity)
            case StartStream():
                self._planner.submit(message)
            case SamplesTaken():
                self._state.taken(message.number, message.num_samples)
            case AskQuery():
                self._query_handler.submit(message)
            case Cancel():
                self._state.leave(message.number)
            case Stop():
                self.stop()

    def stop(self) -> None:
        """Ends the threads, once what each has in hand is done."""
        self._generator.stop()
        self._planner.stop()
        self._query_handler.stop()
