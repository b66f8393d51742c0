"""Ctrl-C and SIGTERM stop a run with a checkpoint, and never in the middle of an update."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def stop_on_signals() -> None:
    """From now on SIGTERM stops this process as Ctrl-C does: by a KeyboardInterrupt, wherever it
    is.
    """
    for number in SIGNALS:  # SIGINT as well: a shell starts background jobs with it ignored
        signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def signals_deferred() -> Iterator[None]:
    """What the block does is done whole: a signal that comes meanwhile is handled at its end, as it
    would have been at once.

    Weights, their average, the optimiser's state and the number of the step change one after the
    other: a run that stopped between two of them would not go on along the same curve. Outside the
    main thread there is nothing to do, for Python handles signals in that one alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    usual = {number: handler for number in SIGNALS if callable(handler := signal.getsignal(number))}
    try:
        for number in usual:
            signal.signal(number, lambda signum, frame: came.append((signum, frame)))
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    for signum, frame in came:
        usual[signal.Signals(signum)](signum, frame)
