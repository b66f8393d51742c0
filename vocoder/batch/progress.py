"""How far a run is, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vocoder.batch.record import Record


@dataclass(kw_only=True)
class RunProgress:
    """How far a run is.

    Attributes:
        lines: that have been dealt with: the sum of the next four.
        rendered, copied, kept, failed: made now; a copy of a line that asks for the same; there
            from a run before, intact; not to be done.
        seconds: of sound that has been made now, those of unfinished lines included.
        characters: of the texts of all lines that have been dealt with.
        spoken_characters: of those that were rendered now.
        rendered_seconds: of sound, of the lines that were rendered now.
    """

    lines: int = 0
    rendered: int = 0
    copied: int = 0
    kept: int = 0
    failed: int = 0
    seconds: float = 0.0
    characters: int = 0
    spoken_characters: int = 0
    rendered_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ProgressListener:
    """What is told of a run as it goes; each may be called by any thread, one at a time.

    Attributes:
        failed: a line could not be done.
        ticked: ten times a second, in the caller's thread.
    """

    failed: Callable[[Record], None] = lambda record: None
    ticked: Callable[[RunProgress], None] = lambda tally: None
