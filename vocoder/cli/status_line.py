"""A line on standard error that is rewritten in place: only on a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

SECONDS_BETWEEN = 0.1
_ERASE = "\r\033[K"  # to the line's beginning, and what stands there is erased


class StatusLine:
    """Text that is replaced, on one line of a terminal.

    Args:
        stream: standard error when not given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._written = -SECONDS_BETWEEN
        self._stands = False
        self.is_shown = self._stream.isatty()

    def show(self, text: str) -> None:
        """Replaces the line, at most every tenth of a second; what is longer than the terminal is
        cut off.
        """
        now = time.monotonic()
        if self.is_shown and now - self._written >= SECONDS_BETWEEN:
            self._written, self._stands = now, True
            self._write(_ERASE + text[: shutil.get_terminal_size().columns - 1])

    def keep(self, text: str) -> None:
        """Writes a line that stays, also where there is no terminal."""
        self.clear()
        self._write(f"{text}\n")

    def clear(self) -> None:
        """Erases the line."""
        if self._stands:
            self._write(_ERASE)
            self._stands = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
