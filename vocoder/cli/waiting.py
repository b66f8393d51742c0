"""What is shown on standard error while something takes its time. Nothing is where nobody looks:
only on a terminal.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

PATIENCE_SECONDS = 2.0  # what takes less needs no bar


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A line that says what is being waited for, where nobody knows how long."""
    with Console(stderr=True).status(what):
        yield


class Bar:
    """A progress bar that appears once two seconds have passed, and goes when it is done.

    Args:
        what: said in front of it.
        total: of the same unit as `advance`.
    """

    def __init__(self, what: str, total: float) -> None:
        self._what = what
        self._total = total
        self._done = 0.0
        self._began = time.monotonic()
        self._console = Console(stderr=True)
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, amount: float) -> None:
        """So much more is done."""
        self.reach(self._done + amount)

    def reach(self, done: float) -> None:
        """So much is done in all."""
        self._done = done
        if (
            self._progress is None
            and self._console.is_terminal
            and time.monotonic() - self._began > PATIENCE_SECONDS
        ):
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.add_task(self._what, total=self._total)
            self._progress.start()
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=self._done)
