"""A worker in a process of its own, as the service sees it; and what runs there.

The process is spawned, not forked: it shares nothing with the service but one connection, so
whatever ends it (a signal, too little memory, a defect in native code) ends nothing else. Should
the service end, the connection does, and so does the worker.

Reading and writing have a thread each, for a pipe blocks and the event loop must not.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Protocol

from service.protocol.messages import (
    Begin,
    Failure,
    FromWorker,
    Heartbeat,
    StartFailed,
    Stop,
    ToWorker,
)
from service.settings import ServiceSettings
from vocoder.errors import SonantError

log = logging.getLogger(__name__)
_STOP_SECONDS = 5.0  # that a worker has to end by itself
_LOOK_SECONDS = 0.5  # between two looks at how long the worker has been silent
_DEFECT = 70  # EX_SOFTWARE


class WorkerLink(Protocol):
    """A connection to one worker."""

    def start(self) -> None:
        """Begins to load; `received` is told when it has. Returns at once."""

    def send(self, message: ToWorker) -> None:
        """Sends a message without blocking; it is lost if the worker has died."""

    def stop(self) -> None:
        """Ends the worker, by force if it takes long; `ended` is not called."""


Launch = Callable[
    [ServiceSettings, Callable[["WorkerLink", FromWorker], None], Callable[["WorkerLink"], None]],
    WorkerLink,
]


class WorkerProcess:
    """A worker, alive until it dies. `WorkerLink` says what the methods do.

    Args:
        settings: of the service.
        received: told what the worker says, on a thread of its own, in order.
        ended: told once that the worker is no more and has nothing more to say, on the same thread;
            not told after `stop`.

    Attributes:
        process: the operating system's view of it.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        received: Callable[[WorkerLink, FromWorker], None],
        ended: Callable[[WorkerLink], None],
    ) -> None:
        self._settings = settings
        self._received = received
        self._ended = ended
        self._stopping = False
        self._loaded = self._begun = self._measuring = False
        self._heard_at = 0.0
        self._outbox: queue.SimpleQueue[ToWorker | None] = queue.SimpleQueue()
        context = multiprocessing.get_context("spawn")
        self._connection, self._theirs = context.Pipe()
        self.process = context.Process(
            target=_worker_main, args=(self._theirs, settings), name="sonant-worker"
        )
        self._reader = threading.Thread(target=self._read, name="from-worker", daemon=True)
        self._writer = threading.Thread(target=self._write, name="to-worker", daemon=True)

    def start(self) -> None:
        """Spawns the process."""
        self._heard_at = time.monotonic()
        self.process.start()
        # so that the worker's end is the only one, and its death is an end of file here
        self._theirs.close()
        self._reader.start()
        self._writer.start()

    def send(self, message: ToWorker) -> None:
        """Queues a message."""
        if isinstance(message, Begin):
            self._heard_at, self._begun, self._measuring = (
                time.monotonic(),
                True,
                message.capacity is None,
            )
        self._outbox.put(message)

    def stop(self) -> None:
        """Asks the worker to end, waits, and kills it where it does not. One that still loads has
        nothing to lose, and is killed at once.
        """
        self._stopping = True
        if self.process.pid is None:
            return
        if self._loaded:
            self._outbox.put(Stop())
            self.process.join(_STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
        self._reader.join()

    def _read(self) -> None:
        try:
            while self._silent_for() is None:
                if self._connection.poll(_LOOK_SECONDS):
                    self._on_message(self._connection.recv())
            log.error(
                "the worker has said nothing for %g seconds, and is killed", self._silent_for()
            )
        except (EOFError, OSError):
            # it has ended, or is about to: the normal way to leave this loop
            self.process.join(_STOP_SECONDS)
        self.process.kill()
        self.process.join()
        self._outbox.put(None)
        self._writer.join()
        self._connection.close()
        if not self._stopping:
            log.error(
                "the worker (process %s) has ended: %s",
                self.process.pid,
                _exit_reason(self.process.exitcode),
            )
            self._ended(self)

    def _on_message(self, message: FromWorker) -> None:
        self._received(self, message)
        self._heard_at, self._loaded = time.monotonic(), True
        self._measuring = self._measuring and not isinstance(message, Heartbeat)

    def _silent_for(self) -> float | None:
        """For how many seconds it has said nothing, where that is too long. One that has loaded and
        waits to begin has nothing to say.
        """
        if self._loaded and not self._begun:
            return None
        # how fast a thousand streams of a GPU are takes its time
        starts = not self._loaded or self._measuring
        silent = time.monotonic() - self._heard_at
        return (
            silent
            if silent > (self._settings.start_seconds if starts else self._settings.silence_seconds)
            else None
        )

    def _write(self) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                self._connection.send(message)
            except OSError:
                return  # it has died; whoever reads from it says so


def _exit_reason(exit_code: int | None) -> str:
    return (
        f"killed by signal {-exit_code}"
        if exit_code is not None and exit_code < 0
        else f"exit code {exit_code}"
    )


def _worker_main(connection: Connection, settings: ServiceSettings) -> None:
    """What the process does: hands over to a worker what comes through the connection, until
    nothing does any more.
    """
    # Ctrl-C and a supervisor of processes signal the whole group, but how to stop is the service's
    # decision: open streams may finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(
        stream=sys.stderr, format="%(levelname)s: worker: %(message)s", level=logging.INFO
    )
    from service.worker.worker import Worker  # here and not above: only the worker loads voices

    sending = threading.Lock()

    def send(message: FromWorker) -> None:
        with sending:
            try:
                connection.send(message)
            except OSError:
                return  # the service has gone, and reading is about to end

    worker = Worker(settings, send=send, failed=lambda: os._exit(_DEFECT))
    try:
        worker.start()
    except SonantError as error:
        send(StartFailed(failure=Failure.of(error)))
        return
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            message = Stop()
        worker.receive(message)
        if isinstance(message, Stop):
            return
