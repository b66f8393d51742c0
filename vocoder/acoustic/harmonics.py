"""The harmonics that a voiced frame has for its F0 alone, as the decoder is shown them.

With a window of 40 ms the low mel bands resolve single harmonics. A network that is given log-F0 as
one number has to learn where they lie. Here it is shown a table of them
(`training.acoustic.harmonic_table`).

B batch, F frames, M mels, S rows of the table.
"""

from __future__ import annotations

import math

from torch import Tensor

# F0 of the first row and the last; beyond them the nearest counts
LOWEST_HZ, HIGHEST_HZ = (
    60.0,
    500.0,
)


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
    place = (log_f0 - math.log(LOWEST_HZ)) / math.log(HIGHEST_HZ / LOWEST_HZ) * last
    place = place.clamp(0, last)
    below = place.floor().clamp(max=last - 1)
    share = (place - below).unsqueeze(-1)
    row = below.long()
    return (table[row] * (1 - share) + table[row + 1] * share) * voicing.unsqueeze(-1)
