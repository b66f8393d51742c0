"""What goes to the card and comes back, so that neither waits for the other: pinned memory, and two streams of work that take turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LANES = 2  # calls that may be on their way at once: the card works on one while the host reads the other


class Lane:
    """One call's way: copies, a kernel, copies. On a processor all of it is done at once.

    Args:
        stream: of the card; None on a processor.
    """

    def __init__(self, stream: torch.cuda.Stream | None) -> None:
        self._stream = stream
        self._marks = None if stream is None else _Marks()
        self._timed = False

    @contextmanager
    def timed(self) -> Iterator[None]:
        """What is launched inside is what `wait` tells the time of."""
        if self._marks is None:
            yield
        else:
            self._marks.began.record(self._stream)
            yield
            self._marks.ended.record(self._stream)
            self._timed = True

    def download(self, tensor: Tensor) -> Tensor:
        """The tensor in main memory; it can be read after `wait`."""
        if self._marks is None:
            return tensor
        host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        host.copy_(tensor, non_blocking=True)
        self._marks.done.record(self._stream)
        return host

    def ready(self) -> bool:
        """Whether everything is there."""
        return self._marks is None or bool(self._marks.done.query())  # type: ignore[no-untyped-call]

    def wait(self) -> float | None:
        """Until everything is there. Seconds that the kernel took; None on a processor, or where there was none to start."""
        if self._marks is None:
            return None
        self._marks.done.synchronize()
        return float(self._marks.began.elapsed_time(self._marks.ended)) / 1000 if self._timed else None


class _Marks:
    """Moments of a lane: before and after its kernel, and behind all of it."""

    def __init__(self) -> None:
        self.began, self.ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        self.done = torch.cuda.Event()  # type: ignore[no-untyped-call]


class Lanes:
    """Lanes, one after the other.

    Args:
        device: a CUDA device, or "cpu".
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._streams = [torch.cuda.Stream(device) for _ in range(LANES)] if device.type == "cuda" else []  # type: ignore[no-untyped-call]
        self._turn = 0

    @contextmanager
    def next(self) -> Iterator[Lane]:
        """The next lane; what is launched inside goes there, behind all that has been launched outside. By one caller at a time."""
        if not self._streams:
            yield Lane(None)
            return
        # One that has nothing to do, for a call may be done before the one that was begun before it.
        turns = [(self._turn + ahead) % LANES for ahead in range(LANES)]
        turn = next((turn for turn in turns if self._streams[turn].query()), self._turn)
        self._turn = (turn + 1) % LANES
        stream = self._streams[turn]
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            yield Lane(stream)

    def upload(self, array: npt.NDArray[Any]) -> Tensor:
        """An array on the device; on a card it may still be on its way, which whatever is launched next waits for."""
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        return tensor.pin_memory().to(self._device, non_blocking=True) if self._streams else tensor.to(self._device)

    def settle(self) -> None:
        """Until nothing is on its way."""
        if self._streams:
            torch.cuda.synchronize(self._device)
