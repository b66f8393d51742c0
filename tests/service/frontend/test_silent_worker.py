"""For how long a worker may say nothing before it is taken for hung."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from service.frontend.worker_process import WorkerLink, WorkerProcess
from service.protocol.capacity import Capacity
from service.protocol.messages import Begin, FromWorker, Heartbeat, Started
from service.settings import ServiceSettings

KNOWN = Capacity(rates=((1, 16_000.0),))
LOADING, SILENT = 120.0, 30.0  # seconds that it has


class Clock:
    now = 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(
        "service.frontend.worker_process.time", SimpleNamespace(monotonic=lambda: clock.now)
    )
    return clock


@pytest.fixture
def link(clock: Clock) -> WorkerProcess:
    def received(link: WorkerLink, message: FromWorker) -> None:
        """Nobody listens."""

    return WorkerProcess(
        ServiceSettings(start_seconds=LOADING, silence_seconds=SILENT), received, lambda link: None
    )


def allowed(link: WorkerProcess, clock: Clock) -> float | None:
    """For how many more whole seconds it may be silent; None: for ever."""
    begun = clock.now
    for seconds in range(1000):
        clock.now = begun + seconds
        if link._silent_for() is not None:
            return seconds - 1
    return None


def test_one_that_loads(link: WorkerProcess, clock: Clock) -> None:
    assert allowed(link, clock) == LOADING


def test_one_that_waits_has_nothing_to_say(link: WorkerProcess, clock: Clock) -> None:
    link._on_message(Started(voices=()))
    assert allowed(link, clock) is None


def test_one_that_measures_has_as_long_as_one_that_loads(link: WorkerProcess, clock: Clock) -> None:
    """On a card a thousand streams are measured: one that was killed meanwhile would be followed by
    others, for ever.
    """
    link._on_message(Started(voices=()))
    clock.now += 500
    link.send(Begin(capacity=None))
    assert allowed(link, clock) == LOADING


def test_one_that_speaks(link: WorkerProcess, clock: Clock) -> None:
    link._on_message(Started(voices=()))
    link.send(Begin(capacity=None))
    link._on_message(Heartbeat(capacity=KNOWN))
    assert allowed(link, clock) == SILENT


def test_one_that_takes_over_and_knows_how_fast_it_is(link: WorkerProcess, clock: Clock) -> None:
    link._on_message(Started(voices=()))
    link.send(Begin(capacity=KNOWN))
    assert allowed(link, clock) == SILENT
