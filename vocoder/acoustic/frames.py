"""From rows per phoneme to rows per frame. P phonemes, F frames. numpy alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SATURATED_LENGTH_FRAMES = 40  # of a phoneme: the feature `phoneme_length` is 1 from here on


def expand(
    categories: npt.NDArray[np.int64],
    positions: npt.NDArray[np.float32],
    durations: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Repeats each phoneme's row for each of its frames, and says where in the phoneme each frame
    lies.

    Args:
        categories: int64 [P, 4].
        positions: float32 [P, 4].
        durations: int64 [P], frames, at least 0.

    Returns:
        categories int64 [F, 4] and positions float32 [F, 6] (columns
        `vocoder.config.FRAME_POSITIONS`), F = sum of durations.
    """
    rows = np.repeat(np.arange(len(durations)), durations)
    starts = np.cumsum(durations) - durations
    lengths = durations[rows].astype(np.float32)
    inside = (np.arange(len(rows)) - starts[rows] + 0.5) / np.maximum(lengths, 1)
    length = np.minimum(lengths / SATURATED_LENGTH_FRAMES, 1.0)
    frame_positions = np.column_stack([positions[rows], inside, length]).astype(np.float32)
    return categories[rows], frame_positions
