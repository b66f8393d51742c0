"""Knowing when threads wait for one another, without waiting for a time."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

PATIENCE = 20.0  # seconds after which a test has failed: none waits so long when it passes


class Arrivals(deque[Any]):
    """In the place of a gathering's queue: one that tells when something has been put into it."""

    def __init__(self) -> None:
        super().__init__()
        self._arrived = threading.Semaphore(0)

    def append(self, item: Any) -> None:
        super().append(item)
        self._arrived.release()

    def wait(self) -> None:
        """Until the next one has arrived."""
        assert self._arrived.acquire(timeout=PATIENCE)
