"""What goes to the GPU and comes back, so that neither waits for the other: pinned memory, and two
streams of work that take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# calls that may be on their way at once: the GPU works on one while the host reads the other
NUM_LANES = 2


class CooperativeLaunches:
    """The kernels on a GPU whose programs wait for each other, whichever engine has launched them:
    all programs of one must be there, or none ends.

    Args:
        programs: that the GPU has room for.
    """

    def __init__(self, programs: int) -> None:
        self._room = programs
        self._there: list[tuple[int, torch.cuda.Event]] = []  # programs, and the end of the kernel

    @classmethod
    @cache
    def on(cls, device: torch.device) -> CooperativeLaunches:
        """Those on a GPU, of which each multiprocessor has room for one program."""
        return cls(torch.cuda.get_device_properties(device).multi_processor_count)

    @contextmanager
    def among(
        self, programs: int, stream: torch.cuda.Stream, ended: torch.cuda.Event
    ) -> Iterator[None]:
        """What is launched inside has so many, and ends at a moment; where there is no room for it
        beside the others, it begins behind them. By one caller at a time.
        """
        self._there = [(number, end) for number, end in self._there if not end.query()]  # type: ignore[no-untyped-call]
        if programs and programs + sum(number for number, _ in self._there) > self._room:
            for _, end in self._there:
                stream.wait_event(end)
        yield
        if programs:
            self._there.append((programs, ended))


class TransferLane:
    """One call's way: copies, a kernel, copies. On a processor all of it is done at once.

    Args:
        stream: of the GPU; None on a processor.
        launches: of the GPU.
    """

    def __init__(
        self, stream: torch.cuda.Stream | None, launches: CooperativeLaunches | None = None
    ) -> None:
        self._stream = stream
        self._launches = launches
        self._marks = None if stream is None else _LaneEvents()
        self._timed = False

    @contextmanager
    def timed(self, together: int = 0) -> Iterator[None]:
        """What is launched inside is what `wait` tells the time of. By one caller at a time.

        Args:
            together: programs of it that wait for each other.
        """
        if self._stream is None or self._marks is None or self._launches is None:
            yield
        else:
            with self._launches.among(together, self._stream, self._marks.ended):
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
        """Until everything is there. Seconds that the kernel took; None on a processor, or where
        there was none to start.
        """
        if self._marks is None:
            return None
        self._marks.done.synchronize()
        return (
            float(self._marks.began.elapsed_time(self._marks.ended)) / 1000 if self._timed else None
        )


class _LaneEvents:
    """Moments of a lane: before and after its kernel, and behind all of it."""

    def __init__(self) -> None:
        self.began, self.ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        self.done = torch.cuda.Event()  # type: ignore[no-untyped-call]


class TransferLanes:
    """Lanes, one after the other.

    Args:
        device: a CUDA device, or "cpu".
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        count = NUM_LANES if device.type == "cuda" else 0
        self._streams = [torch.cuda.Stream(device) for _ in range(count)]  # type: ignore[no-untyped-call]
        self._next_index = 0

    @contextmanager
    def next(self) -> Iterator[TransferLane]:
        """The next lane; what is launched inside goes there, behind all that has been launched
        outside. By one caller at a time.
        """
        if not self._streams:
            yield TransferLane(None)
            return
        # One that has nothing to do, for a call may be done before the one that was begun before
        # it.
        indices = [(self._next_index + ahead) % NUM_LANES for ahead in range(NUM_LANES)]
        index = next((index for index in indices if self._streams[index].query()), self._next_index)
        self._next_index = (index + 1) % NUM_LANES
        stream = self._streams[index]
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            yield TransferLane(stream, CooperativeLaunches.on(self._device))

    def upload(self, array: npt.NDArray[Any]) -> Tensor:
        """An array on the device; on a GPU it may still be on its way, which whatever is launched
        next waits for.
        """
        tensor = torch.from_numpy(np.ascontiguousarray(array))
        return (
            tensor.pin_memory().to(self._device, non_blocking=True)
            if self._streams
            else tensor.to(self._device)
        )

    def settle(self) -> None:
        """Until nothing is on its way."""
        if self._streams:
            torch.cuda.synchronize(self._device)
