"""Where the rings of streams live while a GPU advances them: rows of one tensor, so that nothing
but codes and conditions crosses the bus.

A `ResidentState` is a stream state whose rings are such a row. It is a value like any other: its
bytes and copies can be had at any time (the row is fetched for that), and with the last reference
to it the row is free again.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from vocoder.config import WaveNetConfig
from vocoder.engine.state import RingLayout, StreamState

INITIAL_SLOTS = 16  # rows; their number doubles when they are all taken


class RingSlots:
    """Rows for rings, taken and given back one by one; `lock` is held by whoever uses `rings`, for
    the tensor is another one when it has grown.

    Args:
        config: of the network.
        dtype: what the rings are kept in: what the products round them to anyway.
        device: of the tensor.
        settle: waits until nothing that has been launched is on its way: what moves rings that are
            about to be copied elsewhere would be lost.
    """

    def __init__(
        self,
        config: WaveNetConfig,
        *,
        dtype: torch.dtype,
        device: torch.device,
        settle: Callable[[], None],
    ) -> None:
        self._size = RingLayout.of(config).size
        self.rings = torch.zeros((INITIAL_SLOTS, self._size), dtype=dtype, device=device)
        self._free = list(range(INITIAL_SLOTS))
        self._settle = settle
        self.lock = threading.RLock()

    # In inference mode, as all that the engine launches is: a tensor that has grown there cannot be
    # written to anywhere else.
    @torch.inference_mode()
    def take(self) -> int:
        """A row that nobody has; what it holds is undefined."""
        with self.lock:
            if not self._free:
                taken = len(self.rings)
                self._settle()
                self.rings = torch.cat([self.rings, torch.zeros_like(self.rings)])
                self._free.extend(range(taken, 2 * taken))
            return self._free.pop()

    def give_back(self, slot: int) -> None:
        """The row may be taken again. Without the lock: the collector of garbage calls it at any
        moment, and appending is one step.
        """
        self._free.append(slot)

    @torch.inference_mode()
    def write(self, slot: int, rings: npt.NDArray[np.float32]) -> None:
        """Rings float32 [RingLayout.size] to a row."""
        with self.lock:
            self.rings[slot] = torch.from_numpy(np.array(rings)).to(self.rings)

    def read(self, slot: int) -> npt.NDArray[np.float32]:
        """A row, as float32 [RingLayout.size] that cannot be written to: it is a copy, and what is
        written to it would be lost.
        """
        with self.lock:
            row: npt.NDArray[np.float32] = self.rings[slot].float().cpu().numpy()
        row.flags.writeable = False
        return row

    @property
    def taken(self) -> int:
        """How many rows are in use."""
        return len(self.rings) - len(self._free)

    @property
    def slot_bytes(self) -> int:
        """What one stream takes on the GPU."""
        return self._size * self.rings.element_size()


class ResidentState(StreamState):
    """A stream state whose rings are a row of `slots`; `rings` fetches them, and only the engine
    that owns the slots moves it on.

    Args:
        state: what it begins with.
        slots: where a row is taken.
    """

    def __init__(self, state: StreamState, slots: RingSlots) -> None:
        self.config = state.config
        self.history = state.history.copy()
        self.position, self.seed = state.position, state.seed
        self.slots = slots
        self.slot = slots.take()
        slots.write(self.slot, state.rings)
        weakref.finalize(self, slots.give_back, self.slot)

    @property
    def rings(self) -> npt.NDArray[np.float32]:  # type: ignore[override]
        """float32 [RingLayout.size], fetched; read only."""
        return self.slots.read(self.slot)

    def put_rings(self, rings: npt.NDArray[np.float32]) -> None:
        """As `StreamState.put_rings`, to the row."""
        self.slots.write(self.slot, rings)
