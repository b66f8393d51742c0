"""Where in a batch the rows of each sentence lie.

Every sentence begins with a tile of its own. So each tile that a program is given holds rows of one
sentence, the same ones in the same places whatever else is in the batch, and its result can be no
other. The rows between a sentence's end and its last tile's are never read: what they hold is
undefined.

    row    0                16                32                48
    tile   |----------------|----------------|----------------|--------
           sentence 0 (21 rows) ######        sentence 1 (24 rows)

S sentences, R rows of all of them with those between, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

TILE = 16  # rows of a program; never another number, or sums could have another order


@dataclass(frozen=True, kw_only=True, eq=False)
class RaggedBatch:
    """The places of a batch's rows.

    Attributes:
        lengths: rows of each sentence, S of them; 0 is allowed.
        starts: the first row of each, multiples of `TILE`.
        num_rows: R.
        firsts: int32 [tiles] on the device, of each tile the first row of its sentence.
        behinds: int32 [tiles] on the device, the row behind its last one.
    """

    lengths: tuple[int, ...]
    starts: tuple[int, ...]
    num_rows: int
    firsts: Tensor
    behinds: Tensor

    @classmethod
    def of(cls, lengths: Sequence[int], device: torch.device) -> RaggedBatch:
        """Sentences of so many rows, one behind the other."""
        rows = np.array(lengths, np.int64)
        tiles = -(-rows // TILE)
        starts = (np.cumsum(tiles) - tiles) * TILE
        return cls(
            lengths=tuple(rows.tolist()),
            starts=tuple(starts.tolist()),
            num_rows=int(tiles.sum()) * TILE,
            firsts=to_device(np.repeat(starts, tiles).astype(np.int32), device),
            behinds=to_device(np.repeat(starts + rows, tiles).astype(np.int32), device),
        )

    @classmethod
    def unrelated(cls, rows: int, device: torch.device) -> RaggedBatch:
        """So many rows that know nothing of one another, for layers of one tap; nothing is copied
        to the device for it.
        """
        tiles = -(-rows // TILE)
        firsts = torch.zeros(tiles, dtype=torch.int32, device=device)
        return cls(
            lengths=(rows,),
            starts=(0,),
            num_rows=rows,
            firsts=firsts,
            behinds=torch.full_like(firsts, rows),
        )

    def joined(
        self, parts: Sequence[npt.NDArray[np.generic]], shift: Sequence[int] | None = None
    ) -> Tensor:
        """The rows of all sentences on the device, what lies between them 0.

        Args:
            parts: S arrays of any type, [rows of the sentence, ...], alike but for their lengths.
            shift: what is added to the numbers of each, none when None.

        Returns:
            [R, ...] of their type.
        """
        whole = np.zeros((self.num_rows, *parts[0].shape[1:]), parts[0].dtype)
        for index, (start, length, part) in enumerate(
            zip(self.starts, self.lengths, parts, strict=True)
        ):
            whole[start : start + length] = part if shift is None else part + shift[index]
        return to_device(whole, self.firsts.device)

    def split(self, rows: Tensor) -> list[Tensor]:
        """The S sentences' rows of [R, ...]: views."""
        assert len(rows) == self.num_rows, (len(rows), self.num_rows)
        return [
            rows[start : start + length]
            for start, length in zip(self.starts, self.lengths, strict=True)
        ]


def to_device(array: npt.NDArray[np.generic], device: torch.device) -> Tensor:
    """On the device, in the current stream. The array may be shared, so nobody may write to it any
    more.
    """
    return torch.from_numpy(np.ascontiguousarray(array)).to(device, non_blocking=True)
