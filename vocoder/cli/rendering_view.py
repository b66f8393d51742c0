"""What is shown on standard error while a list is rendered: on a terminal a line that moves,
elsewhere only what went wrong.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from vocoder.cli.status_line import StatusLine

if TYPE_CHECKING:
    from vocoder.batch.progress import RunProgress
    from vocoder.batch.record import Record


class RenderingView:
    """A context, in which a run is watched."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._line = StatusLine(stream)
        self._lines: int | None = None
        self._characters = 0
        self._began = time.monotonic()

    @property
    def is_shown(self) -> bool:
        """Whether anybody looks."""
        return self._line.is_shown

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.clear()

    def expect(self, lines: int, characters: int) -> None:
        """The list has so many lines, and so many characters of text."""
        self._lines, self._characters = lines, characters
        self._began = time.monotonic()

    def failed(self, record: Record) -> None:
        """A line could not be done."""
        self._line.keep(failure_text(record))

    def ticked(self, tally: RunProgress) -> None:
        """The run is so far."""
        elapsed = max(time.monotonic() - self._began, 1e-3)
        parts = (
            lines_text(tally, self._lines),
            rate_text(tally, elapsed),
            left_text(tally, elapsed, self._characters),
        )
        self._line.show(", ".join(part for part in parts if part))


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
