"""What is shown on standard error while something takes its time. Nothing is where nobody looks:
only on a terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:  # late: where nothing is shown, nobody waits for it to be imported
    from rich.progress import Progress

PATIENCE_SECONDS = 2.0  # what takes less needs no bar


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A line that says what is being waited for, where nobody knows how long."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

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
        self._shown = False
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
        late = time.monotonic() - self._began > PATIENCE_SECONDS
        if late and not self._shown:
            self._shown = True
            self._progress = self._start()
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=self._done)

    def _start(self) -> Progress | None:
        """The bar; None where standard error is no terminal."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        if not console.is_terminal:
            return None
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        progress = Progress(*columns, console=console, transient=True)
        progress.add_task(self._what, total=self._total)
        progress.start()
        return progress
