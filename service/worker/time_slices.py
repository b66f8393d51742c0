"""Threads on which pieces of work have their turn, in the order in which they came; a long one
comes again, behind those that wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_SLICE_SECONDS = 0.05  # after which others have their turn


class TimeSlicedExecutor:
    """The threads.

    Args:
        name: of the threads.
        threads: how many there are, at least 1.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._stopping = False
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def add(self, work: Callable[[], object]) -> None:
        """One more piece of work. Returns at once; nothing is begun any more once it has been
        stopped.
        """
        try:
            self._threads.submit(work)
        except RuntimeError:
            if not self._stopping:
                raise

    def stop(self) -> None:
        """Ends the threads, once what they have in hand is done."""
        self._stopping = True
        self._threads.shutdown(cancel_futures=True)


def time_slice_is_over(begun: float) -> bool:
    """Whether a piece of work that began then (`time.monotonic()`) has had its time."""
    return time.monotonic() > begun + _SLICE_SECONDS
