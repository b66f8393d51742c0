"""From what a recogniser thinks of each frame to a row of phonemes, and how far that is from the
true row. numpy alone.

F frames, N phonemes of the inventory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

# Nats that a change of phoneme costs. Without, single frames of doubt are heard as phonemes
# (figures: docs/experiments/alignment.md).
SWITCH_PENALTY = 5.0


def decode(log_posteriors: FloatArray, *, switch_penalty: float = SWITCH_PENALTY) -> IntArray:
    """The most probable row of phonemes where each change costs the same (Viterbi over a loop of
    all phonemes).

    Args:
        log_posteriors: float32 [F, N], natural logarithms, F > 0.
        switch_penalty: nats, at least 0; 0 takes each frame's best.

    Returns:
        int64 [K], indices of phonemes, no two neighbours the same: a phoneme that is spoken twice
        in a row is heard once.
    """
    frames, phonemes = log_posteriors.shape
    best = log_posteriors[0].astype(np.float64)
    came_from = np.empty((frames, phonemes), np.int64)
    own = np.arange(phonemes)
    for frame in range(1, frames):
        champion = int(best.argmax())
        stays = best >= best[champion] - switch_penalty
        came_from[frame] = np.where(stays, own, champion)
        best = np.where(stays, best, best[champion] - switch_penalty) + log_posteriors[frame]
    path = np.empty(frames, np.int64)
    path[-1] = best.argmax()
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path[np.flatnonzero(np.diff(path, prepend=-1))]


@dataclass(frozen=True, kw_only=True)
class Errors:
    """How a row differs from the true one, by the fewest changes (Levenshtein)."""

    substitutions: int
    deletions: int
    insertions: int
    length: int  # of the true row

    @property
    def count(self) -> int:
        """All changes."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per true phoneme."""
        return self.count / self.length

    @classmethod
    def total(cls, parts: Sequence[Errors]) -> Errors:
        """Of several rows together."""
        return cls(
            substitutions=sum(part.substitutions for part in parts),
            deletions=sum(part.deletions for part in parts),
            insertions=sum(part.insertions for part in parts),
            length=sum(part.length for part in parts),
        )


def compare(true: Sequence[int], heard: Sequence[int]) -> Errors:
    """The fewest changes that make `heard` of `true`; of equally few, those with the most
    substitutions.

    Args:
        true: phonemes that were spoken, at least one.
        heard: phonemes that were recognised.
    """
    # One row of the table at a time; each cell is (changes, deletions, insertions), so that the
    # smallest cell is the answer.
    row = [(column, 0, column) for column in range(len(heard) + 1)]
    for count, phoneme in enumerate(true, start=1):
        above, row = row, [(count, count, 0)]
        for column, other in enumerate(heard, start=1):
            changes, deletions, insertions = above[column - 1]
            diagonal = (changes + (phoneme != other), deletions, insertions)
            down = (above[column][0] + 1, above[column][1] + 1, above[column][2])
            right = (row[-1][0] + 1, row[-1][1], row[-1][2] + 1)
            row.append(min(diagonal, down, right))
    changes, deletions, insertions = row[-1]
    return Errors(
        substitutions=changes - deletions - insertions,
        deletions=deletions,
        insertions=insertions,
        length=len(true),
    )
