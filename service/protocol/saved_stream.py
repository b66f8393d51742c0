"""A stream between two pieces of work, as bytes: another worker goes on from there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SavedStream:
    """A stream between two pieces of work: any worker with the same voice goes on from here.

    Attributes:
        emitted: samples given out so far.
        state: `Utterance.to_bytes`.
    """

    emitted: int
    state: bytes
