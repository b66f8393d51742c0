"""Calls of many threads that are computed together, without a thread of their own.

Whoever calls while nobody works leads: it takes what waits, itself first, does it, and gives each
its result. Whoever calls meanwhile waits, and when the leader is done the first of them leads. So
nobody waits for a batch to fill, and the busier it is, the more is done at once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class DynamicBatcher(Generic[Item, Result]):
    """Gathers items for a function of many.

    Args:
        work: at least one item to as many results, in the same order. A result must depend on its
            item alone, and the items must be fit to be worked on:
            what is raised goes to everyone whose item was in the call. It is called by one thread
            at a time.
        most: items of a call, at least 1.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], *, most: int) -> None:
        assert most > 0
        self._work = work
        self._most = most
        self._lock = threading.Lock()  # of what follows, and of whether a call leads
        self._waiting: deque[_PendingItem[Item, Result]] = deque()
        self._led = False  # whether somebody works, or has been called to

    def submit(self, item: Item) -> Result:
        """The item's result, computed by this thread or another.

        Raises:
            Exception: what `work` raised: the same one, for everyone whose item was in that call.
        """
        call: _PendingItem[Item, Result] = _PendingItem(item)
        with self._lock:
            self._waiting.append(call)
            call.leads = not self._led
            self._led = True
        try:
            if not call.leads:
                call.woken.wait()
            if call.leads:
                self._lead()
        except BaseException:  # this thread is interrupted: nobody may wait for it
            self._leave(call)
            raise
        # its traceback knows the call: neither may keep the other
        error, call.error = (
            call.error,
            None,
        )
        if error is not None:
            try:
                raise error
            finally:
                del error
        (result,) = call.results
        return result

    def _lead(self) -> None:
        """Works on what waits, of which the leader's own item is the first."""
        with self._lock:
            calls = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            results = self._work([call.item for call in calls])
            assert len(results) == len(calls), f"{len(results)} results for {len(calls)} items"
            for call, result in zip(calls, results, strict=True):
                call.results = (result,)
        except Exception as error:  # noqa: BLE001 - it is raised again, by everyone whom it concerns
            for call in calls:
                call.error = error
        except (
            BaseException
        ):  # of the leader's thread alone: the others' items are as good as they were
            with self._lock:
                self._waiting.extendleft(reversed(calls[1:]))
            raise
        calls[0].leads = False
        self._pass_on()
        for call in calls:
            call.woken.set()

    def _pass_on(self) -> None:
        """The first that waits leads."""
        with self._lock:
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].leads = True
                self._waiting[0].woken.set()

    def _leave(self, call: _PendingItem[Item, Result]) -> None:
        with self._lock:
            if call in self._waiting:
                self._waiting.remove(call)
        if call.leads:
            self._pass_on()


class _PendingItem(Generic[Item, Result]):
    """One `submit`."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.woken = threading.Event()  # it leads, or has its result
        self.leads = False
        self.results: tuple[Result, ...] = ()  # one, once it is there
        self.error: Exception | None = None
