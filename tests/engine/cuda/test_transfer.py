"""What a lane asks of a card, by doubles of what needs one."""

from __future__ import annotations

import contextlib
import itertools

import numpy as np
import pytest
import torch

from vocoder.engine.cuda.transfer import Lane, Lanes


class Event:
    """As torch's: it cannot tell the time between moments that have not been."""

    def __init__(self, *, enable_timing: bool = False) -> None:
        self.enable_timing = enable_timing
        self.recorded: object = None
        self.waited_for = False

    def record(self, stream: object) -> None:
        self.recorded = stream

    def query(self) -> bool:
        return self.waited_for

    def synchronize(self) -> None:
        self.waited_for = True

    def elapsed_time(self, other: Event) -> float:
        assert self.enable_timing
        assert other.enable_timing
        assert self.recorded is not None
        assert other.recorded is self.recorded
        return 250.0


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch) -> Lane:
    monkeypatch.setattr(torch.cuda, "Event", Event)
    return Lane("a stream")  # type: ignore[arg-type]


def test_a_kernels_time_is_told_in_seconds(lane: Lane) -> None:
    with lane.timed():
        pass
    assert lane.wait() == 0.25


def test_a_call_without_a_kernel_has_no_time(lane: Lane) -> None:
    assert lane.wait() is None


def test_a_call_is_there_when_its_last_copy_is(lane: Lane) -> None:
    assert not lane.ready()
    lane.wait()
    assert lane.ready()


def test_a_call_goes_where_nothing_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams take turns; but the second call may be done before the first."""
    busy: set[int] = set()
    made = itertools.count()

    class Stream:
        def __init__(self, device: torch.device) -> None:
            del device
            self.number = next(made)

        def query(self) -> bool:
            return self.number not in busy

        def wait_stream(self, other: object) -> None:
            del other

    taken: list[int] = []
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: device)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: contextlib.nullcontext(taken.append(stream.number)))
    lanes = Lanes(torch.device("cuda"))
    for now_busy in (set(), {0}, {0}, {0, 1}, {1}):
        busy.clear()
        busy.update(now_busy)
        with lanes.next():
            pass
    assert taken == [0, 1, 1, 0, 0]


def test_a_processor_has_no_lanes_and_copies_nothing() -> None:
    lanes = Lanes(torch.device("cpu"))
    sent = lanes.upload(np.arange(3, dtype=np.int32))
    with lanes.next() as lane:
        with lane.timed():
            sent += 1
        assert lane.download(sent) is sent
        assert lane.wait() is None
    lanes.settle()
    assert sent.tolist() == [1, 2, 3]
