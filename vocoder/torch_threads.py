"""One thread of torch, wherever torch computes on the way to a sample."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_before: list[int] = []  # for everyone who is inside, how many threads there were when they came


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Products of one row are too small to share out: more threads would only wait for each other,
    and could sum in another order.

    Several of the program's threads may be inside: the setting is restored by the last that leaves.
    """
    with _lock:
        _before.append(torch.get_num_threads() if not _before else _before[0])
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            threads = _before.pop()
            if not _before:
                torch.set_num_threads(threads)
