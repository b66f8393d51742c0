"""What is shown on standard error while something takes its time. Nothing is where nobody looks:
only on a terminal.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from vocoder.cli.status_line import StatusLine

PATIENCE_SECONDS = 2.0  # what takes less needs no bar


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """A line that says what is being waited for, where nobody knows how long."""
    line = StatusLine()
    line.show(f"{what} ...")
    try:
        yield
    finally:
        line.clear()


class Bar:
    """Progress that appears once two seconds have passed, and goes when it is done.

    Args:
        what: said in front of it.
        total: of the same unit as `advance`.
    """

    def __init__(self, what: str, total: float) -> None:
        self._what = what
        self._total = total
        self._done = 0.0
        self._began = time.monotonic()
        self._line = StatusLine()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.clear()

    def advance(self, amount: float) -> None:
        """So much more is done."""
        self.reach(self._done + amount)

    def reach(self, done: float) -> None:
        """So much is done in all."""
        self._done = done
        elapsed = time.monotonic() - self._began
        if elapsed > PATIENCE_SECONDS and done > 0:
            left = elapsed * max(self._total / done - 1, 0)
            self._line.show(
                f"{self._what} {done / self._total:4.0%}, {elapsed:.0f} s, {left:.0f} s left"
            )
