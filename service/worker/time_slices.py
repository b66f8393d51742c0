"""Thread pool with time slices: a long task stops after its slice and queues itself again, behind
the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_SLICE_SECONDS = 0.05  # after which a task should queue itself again


class TimeSlicedExecutor:
    """The pool. Tasks start in the order in which they were added.

    Args:
        name: of the threads.
        threads: how many there are, at least 1.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        self._stopping = False
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def add(self, work: Callable[[], object]) -> None:
        """Adds a task; returns at once. After `stop` no task starts."""
        try:
            self._threads.submit(work)
        except RuntimeError:
            if not self._stopping:
                raise

    def stop(self) -> None:
        """Ends the threads after their current tasks."""
        self._stopping = True
        self._threads.shutdown(cancel_futures=True)


def time_slice_is_over(begun: float) -> bool:
    """Whether the slice that began then (`time.monotonic()`) is over."""
    return time.monotonic() > begun + _SLICE_SECONDS
