"""The harmonics that a voiced frame has for its F0 alone, as the decoder is shown them.

With a window of 40 ms the low mel bands resolve single harmonics. A network that is given log-F0 as
one number has to learn where they lie. Here it is shown a table of them
(`training.acoustic.harmonic_table`). numpy alone, but for what `harmonic_spectra` is given.

B batch, F frames, M mels, S rows of the table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # whoever only speaks has no torch
    from torch import Tensor

FloatArray = npt.NDArray[np.float32]
# F0 of the first row and the last; beyond them the nearest counts
LOWEST_HZ, HIGHEST_HZ = (
    60.0,
    500.0,
)
_SPAN = math.log(HIGHEST_HZ / LOWEST_HZ)  # nats


def harmonic_spectra(table: Tensor, log_f0: Tensor, voicing: Tensor) -> Tensor:
    """Rows of the table, interpolated between the nearest two; 0 where unvoiced.

    Args:
        table: [S, M].
        log_f0: [B, F], log of Hz.
        voicing: [B, F], 0..1.

    Returns:
        [B, F, M].
    """
    last = len(table) - 1
    place = (log_f0 - math.log(LOWEST_HZ)) / _SPAN * last
    place = place.clamp(0, last)
    below = place.floor().clamp(max=last - 1)
    share = (place - below).unsqueeze(-1)
    row = below.long()
    return (table[row] * (1 - share) + table[row + 1] * share) * voicing.unsqueeze(-1)


def harmonic_rows(table: FloatArray, log_f0: FloatArray, voicing: FloatArray) -> FloatArray:
    """The same in numpy, to the same bits: table float32 [S, M], log-F0 float32 [F] and voicing
    float32 [F] to [F, M].
    """
    last = len(table) - 1
    place = (log_f0 - np.float32(math.log(LOWEST_HZ))) / np.float32(_SPAN) * np.float32(last)
    place = np.clip(place, np.float32(0), np.float32(last))
    below = np.minimum(np.floor(place), np.float32(last - 1))
    share = (place - below)[:, np.newaxis]
    row = below.astype(np.int64)
    rows: FloatArray = (table[row] * (np.float32(1) - share) + table[row + 1] * share) * voicing[
        :, np.newaxis
    ]
    return rows
