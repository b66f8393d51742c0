"""What is shown on standard error while a list is rendered: on a terminal a line that moves,
elsewhere only what went wrong.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from vocoder.batch.progress import RunProgress
    from vocoder.batch.record import Record


class RenderingView:
    """A context, in which a run is watched."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, soft_wrap=True)
        self._lines: int | None = None
        self._characters = 0
        self._began = time.monotonic()
        columns = (
            TextColumn("{task.fields[lines]}"),
            BarColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
        )
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._task = self._progress.add_task("", total=None, lines="", rate="", left="")

    @property
    def is_shown(self) -> bool:
        """Whether anybody looks."""
        return self._console.is_terminal

    def __enter__(self) -> Self:
        if self.is_shown:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_shown:
            self._progress.stop()

    def expect(self, lines: int, characters: int) -> None:
        """The list has so many lines, and so many characters of text."""
        self._lines, self._characters = lines, characters
        self._progress.update(self._task, total=max(characters, 1))
        self._began = time.monotonic()

    def failed(self, record: Record) -> None:
        """A line could not be done."""
        self._console.print(Text(failure_text(record)))

    def ticked(self, tally: RunProgress) -> None:
        """The run is so far."""
        if self.is_shown:
            elapsed = max(time.monotonic() - self._began, 1e-3)
            self._progress.update(
                self._task,
                completed=tally.characters,
                lines=lines_text(tally, self._lines),
                rate=rate_text(tally, elapsed),
                left=left_text(tally, elapsed, self._characters),
            )


def failure_text(record: Record) -> str:
    """A line that could not be done, in one line."""
    what = (
        f"line {record.line}"
        if record.id is None
        else f"line {record.line} (id {ascii(record.id)[:60]})"
    )
    return f"sonant: {what}: {record.field}: {' '.join((record.reason or '').split())}"


def lines_text(tally: RunProgress, lines: int | None) -> str:
    """How many lines are done."""
    of = "" if lines is None else f"/{lines}"
    bad = f", {tally.failed} failed" if tally.failed else ""
    return f"{tally.lines}{of} lines{bad}"


def rate_text(tally: RunProgress, elapsed: float) -> str:
    """How fast it goes."""
    return (
        f"{60 * (tally.rendered + tally.copied) / elapsed:.0f} lines/min, "
        f"{tally.seconds / elapsed:.1f} times real time"
    )


def left_text(tally: RunProgress, elapsed: float, characters: int) -> str:
    """How long it will still take: as many characters as are left, at the speed of those that were
    spoken.
    """
    if not characters or not tally.spoken_characters:
        return ""
    left = max(characters - tally.characters, 0) * elapsed / tally.spoken_characters
    minutes, seconds = divmod(round(left), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d} left"
