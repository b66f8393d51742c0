"""A network's weights as arrays by name, as a voice pack stores them. numpy alone.

The names are those of the torch module's `state_dict`, so a module can be made of them, and they of
a module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


class StateDict(Protocol):
    """What a torch module has of its weights."""

    def state_dict(self) -> dict[str, Any]:
        """Name to tensor."""


class StoredWeights:
    """Arrays by name. They are kept as they were stored, often in fp16, and given in float32.

    Args:
        arrays: of floats; not to be changed any more.
        prefix: in front of every name that is asked for.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> None:
        self._arrays = arrays
        self._prefix = prefix

    @classmethod
    def of_module(cls, module: StateDict) -> StoredWeights:
        """Copies of the weights of a torch module on any device."""
        return cls(
            {
                name: tensor.detach().float().cpu().numpy().copy()
                for name, tensor in module.state_dict().items()
            }
        )

    def __getitem__(self, name: str) -> FloatArray:
        """A copy, float32 and C-contiguous."""
        return np.array(self._arrays[self._prefix + name], np.float32, order="C")

    def below(self, prefix: str) -> StoredWeights:
        """Those whose names begin with this and a dot, to be asked for without it."""
        return StoredWeights(self._arrays, f"{self._prefix}{prefix}.")

    def stacked(self, before: str, count: int, after: str) -> FloatArray:
        """Those of `count` equal layers, BEFORE.0.AFTER and so on, along a new first axis."""
        return np.stack([self[f"{before}.{index}.{after}"] for index in range(count)])

    def by_name(self) -> dict[str, FloatArray]:
        """Copies of all of them, by their whole names."""
        return {name: np.array(array, np.float32) for name, array in self._arrays.items()}
