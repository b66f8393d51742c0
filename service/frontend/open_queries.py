"""Unanswered queries, kept so that the next worker can be asked if one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.protocol.messages import AskQuery
from service.protocol.queries import Answer, Query
from vocoder.errors import EngineError, SonantError

_MAX_WORKER_DEATHS = (
    3  # workers that may die while a question is open: it may be the question that kills them
)


@dataclass(kw_only=True)
class _OpenQuery:
    query: Query
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Answer]
    worker_deaths: int = 0

    def settle(self, change: Callable[[], None]) -> None:
        def arrive() -> None:
            if not self.answer.done():
                change()

        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(arrive)


class OpenQueries:
    """Unanswered queries by number. Callers hold the lock."""

    def __init__(self) -> None:
        self._open: dict[int, _OpenQuery] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, number: int) -> bool:
        return number in self._open

    def add(self, number: int, query: Query) -> asyncio.Future[Answer]:
        """One more; gives what its answer arrives in. On the event loop."""
        loop = asyncio.get_running_loop()
        entry = _OpenQuery(query=query, loop=loop, answer=loop.create_future())
        self._open[number] = entry
        return entry.answer

    def remove(self, number: int) -> bool:
        """Removes a query; returns whether it was open."""
        return self._open.pop(number, None) is not None

    def answered(self, number: int, answer: Answer) -> None:
        """Gives the answer to whoever waits. From any thread."""
        entry = self._open.pop(number, None)
        if entry is not None:
            entry.settle(lambda: entry.answer.set_result(answer))

    def failed(self, number: int, error: SonantError) -> None:
        """Fails a query. From any thread."""
        entry = self._open.pop(number, None)
        if entry is not None:
            entry.settle(lambda: entry.answer.set_exception(error))

    def all_failed(self, error: SonantError) -> None:
        """Fails all queries."""
        for number in list(self._open):
            self.failed(number, error)

    def count_worker_death(self) -> None:
        """Counts a worker's death for each query, since any may be the cause."""
        for number, entry in list(self._open.items()):
            entry.worker_deaths += 1
            if entry.worker_deaths >= _MAX_WORKER_DEATHS:
                self.failed(
                    number,
                    EngineError("the worker has died again and again while it worked at this"),
                )

    def queries_to_resend(self) -> Iterator[AskQuery]:
        """All queries, for a new worker."""
        for number, entry in self._open.items():
            yield AskQuery(number=number, query=entry.query)
