"""What a lane asks of a GPU, by doubles of what needs one."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from vocoder.cuda.transfer import CooperativeLaunches, TransferLane, TransferLanes


class Event:
    """As torch's: it cannot tell the time between moments that have not been."""

    def __init__(self, *, enable_timing: bool = False) -> None:
        self.enable_timing = enable_timing
        self.recorded: object = None
        self.waited_for = False

    def record(self, stream: Stream) -> None:
        self.recorded = stream
        stream.done.append(self)

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


class Stream:
    """As torch's, of which a test says whether anything is on its way; it keeps what it waits
    for.
    """

    def __init__(self, device: object = None) -> None:
        del device
        self.busy = False
        self.done: list[object] = []  # in their order
        self.behind: list[object] = []

    def query(self) -> bool:
        return not self.busy

    def wait_stream(self, other: object) -> None:
        del other

    def wait_event(self, event: Event) -> None:
        assert event.recorded is not None, "it would be waited for in vain"
        self.behind.append(event)
        self.done.append("waits")


@pytest.fixture(autouse=True)
def events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "Event", Event)


@pytest.fixture
def lane() -> TransferLane:
    return TransferLane(Stream(), CooperativeLaunches(132))  # type: ignore[arg-type]


def test_a_kernels_time_is_told_in_seconds(lane: TransferLane) -> None:
    with lane.timed():
        pass
    assert lane.wait() == 0.25


def test_the_clock_runs_while_the_kernel_does() -> None:
    """Not while it waits for room."""
    waiting = CooperativeLaunches(10)
    with TransferLane(Stream(), waiting).timed(8):  # type: ignore[arg-type]
        pass
    stream = Stream()
    lane = TransferLane(stream, waiting)  # type: ignore[arg-type]
    with lane.timed(8):
        stream.done.append("launched")
    assert lane._marks is not None
    assert stream.done == ["waits", lane._marks.began, "launched", lane._marks.ended]


def test_a_call_without_a_kernel_has_no_time(lane: TransferLane) -> None:
    assert lane.wait() is None


def test_a_call_is_there_when_its_last_copy_is(lane: TransferLane) -> None:
    assert not lane.ready()
    lane.wait()
    assert lane.ready()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Stream]:
    """Streams that something was launched in."""
    used: list[Stream] = []
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: device)
    monkeypatch.setattr(
        torch.cuda, "stream", lambda stream: contextlib.nullcontext(used.append(stream))
    )
    monkeypatch.setattr(
        torch.cuda,
        "get_device_properties",
        lambda device: SimpleNamespace(multi_processor_count=132, name=str(device)),
    )
    return used


def test_a_call_goes_where_nothing_is_on_its_way(taken: list[Stream]) -> None:
    """Streams take turns; but the second call may be done before the first."""
    lanes = TransferLanes(torch.device("cuda"))
    for busy in ((), (0,), (0,), (0, 1), (1,)):
        for number, stream in enumerate(dict.fromkeys(taken)):
            stream.busy = number in busy
        with lanes.next():
            pass
    numbers = {stream: number for number, stream in enumerate(dict.fromkeys(taken))}
    assert [numbers[stream] for stream in taken] == [0, 1, 1, 0, 0]


def test_kernels_whose_programs_wait_for_each_other_have_room_together() -> None:
    """Or the later begins behind the earlier, in whatever engine: with a part of either on the GPU
    both would wait for ever.
    """
    waiting = CooperativeLaunches(132)
    begun: list[tuple[Stream, TransferLane]] = []

    def launch(programs: int) -> list[object]:
        stream = Stream()
        lane = TransferLane(stream, waiting)  # type: ignore[arg-type]
        with lane.timed(programs):
            behind = list(stream.behind)
        begun.append((stream, lane))
        return behind

    def ends() -> list[object]:
        return [lane._marks.ended for _, lane in begun if lane._marks is not None]

    assert launch(60) == []
    assert launch(60) == []
    assert launch(0) == [], "whose programs wait for nobody"
    assert launch(12) == []
    assert launch(12) == [ends()[index] for index in (0, 1, 3)]
    for _, lane in begun:
        assert lane._marks is not None
        lane._marks.ended.synchronize()
    assert launch(120) == []
    assert launch(0) == []
    assert launch(120) == [ends()[-3]]
    assert launch(0) == [], "though of the others one waits already"


def test_all_engines_on_a_card_know_of_each_other(taken: list[Stream]) -> None:
    first, second = (TransferLanes(torch.device("cuda", 7)) for _ in range(2))
    with first.next() as lane, lane.timed(100):
        pass
    with second.next() as lane, lane.timed(100):
        pass
    assert [len(stream.behind) for stream in taken] == [0, 1]


def test_what_could_not_be_launched_is_not_waited_for() -> None:
    waiting = CooperativeLaunches(10)
    with pytest.raises(RuntimeError), TransferLane(Stream(), waiting).timed(8):  # type: ignore[arg-type]
        raise RuntimeError
    stream = Stream()
    with TransferLane(stream, waiting).timed(8):  # type: ignore[arg-type]
        assert stream.behind == []


def test_a_processor_has_no_lanes_and_copies_nothing() -> None:
    lanes = TransferLanes(torch.device("cpu"))
    sent = lanes.upload(np.arange(3, dtype=np.int32))
    with lanes.next() as lane:
        with lane.timed():
            sent += 1
        assert lane.download(sent) is sent
        assert lane.wait() is None
    lanes.settle()
    assert sent.tolist() == [1, 2, 3]
