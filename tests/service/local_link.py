"""A worker in the test's own process: the test can hold its engine, look at it, and let it die when
it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from service.frontend.worker_process import WorkerLink
from service.protocol.messages import FromWorker, ToWorker
from service.settings import ServiceSettings
from service.worker.worker import Worker


class LocalLink:
    def __init__(
        self,
        settings: ServiceSettings,
        received: Callable[[WorkerLink, FromWorker], None],
        ended: Callable[[WorkerLink], None],
    ) -> None:
        self._received = received
        self._ended = ended
        self.alive = True
        self.heard: list[FromWorker] = []
        self.told: list[ToWorker] = []
        self.worker = Worker(settings, send=self._hear, failed=self.die)

    def start(self) -> None:
        threading.Thread(target=self.worker.start, daemon=True).start()

    def send(self, message: ToWorker) -> None:
        if self.alive:
            self.told.append(message)
            self.worker.receive(message)

    def stop(self) -> None:
        self.alive = False
        self.worker.stop()

    def die(self) -> None:
        """As a process would that is killed: nothing that it still says arrives."""
        if self.alive:
            self.alive = False
            self._ended(self)

    def _hear(self, message: FromWorker) -> None:
        if self.alive:
            self.heard.append(message)
            self._received(self, message)
