"""A stream's state as bytes, from which another worker continues."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SavedStream:
    """A stream's state between two jobs: any worker with the same voice can continue it.

    Attributes:
        emitted: samples produced so far.
        state: `Utterance.to_bytes`.
    """

    emitted: int
    state: bytes
