"""Embeddings, looked up on the host: what goes to the GPU is a row for a phoneme or a frame, and
there is little of those.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from torch import nn

FloatArray = npt.NDArray[np.float32]


class HostEmbeddings:
    """One embedding for each column of categories.

    Args:
        embeddings: whose weights are copied.
    """

    def __init__(self, embeddings: Iterable[nn.Module]) -> None:
        self._tables = [weights_of(embedding) for embedding in embeddings]

    def __call__(self, categories: npt.NDArray[np.int64]) -> FloatArray:
        """Categories int64 [N, columns] to float32 [N, sum of widths]. None may be beyond its
        table: numpy would take those below 0 for others.
        """
        assert categories.shape[1] == len(self._tables), categories.shape
        for column, table in enumerate(self._tables):
            assert ((categories[:, column] >= 0) & (categories[:, column] < len(table))).all(), (
                f"category {column} is not of this voice's features"
            )
        return np.concatenate(
            [table[categories[:, column]] for column, table in enumerate(self._tables)], axis=1
        )


def weights_of(embedding: nn.Module) -> FloatArray:
    """A copy of an embedding's weights, float32 [size, width]."""
    assert isinstance(embedding, nn.Embedding)
    table: FloatArray = embedding.weight.detach().float().cpu().numpy().copy()
    return table
