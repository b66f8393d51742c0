"""A thread on which pieces of work have their turn, in the order in which they came; a long one comes again, behind those that wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_TURN_SECONDS = 0.05  # after which others have their turn


class Turns:
    """The thread.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._stopping = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    def add(self, work: Callable[[], object]) -> None:
        """One more piece of work. Returns at once; nothing is begun any more once it has been stopped."""
        try:
            self._thread.submit(work)
        except RuntimeError:
            if not self._stopping:
                raise

    def stop(self) -> None:
        """Ends the thread, once what it has in hand is done."""
        self._stopping = True
        self._thread.shutdown(cancel_futures=True)


def turn_is_over(begun: float) -> bool:
    """Whether a piece of work that began then (`time.monotonic()`) has had its time."""
    return time.monotonic() > begun + _TURN_SECONDS
