"""Sound on its way to a reader: when it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from service.frontend.live_stream import LiveStream

RATE = 100
SECOND = b"\0\0" * RATE


class Loop:
    """An event loop as far as a stream knows one, with a clock that is set by hand."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def is_closed(self) -> bool:
        return False

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        callback()


@pytest.mark.parametrize(
    ("given", "late"),
    [
        ([0.0, 0.5, 1.9], []),  # faster than it is heard
        ([0.0, 1.25, 1.5], [0.25]),  # the second came late, and with it the listener's clock
        ([5.0, 6.0, 7.75], [0.75]),  # counted from the first
    ],
)
async def test_what_leaves_late_is_told(given: list[float], late: list[float]) -> None:
    loop, told = Loop(), []
    stream = LiveStream(
        seed=0,
        sample_rate=RATE,
        num_samples=None,
        skipped=(),
        loop=cast(asyncio.AbstractEventLoop, loop),
        on_taken=lambda _: None,
        on_close=lambda: None,
        on_late=told.append,
    )
    for at in given:
        reading = asyncio.ensure_future(stream.read())
        await asyncio.sleep(0)
        loop.now = at
        stream.put(SECOND)
        assert await reading == SECOND
    assert told == late


async def test_a_reader_who_takes_its_time_is_nobody_s_fault() -> None:
    loop, told = Loop(), []
    stream = LiveStream(
        seed=0,
        sample_rate=RATE,
        num_samples=None,
        skipped=(),
        loop=cast(asyncio.AbstractEventLoop, loop),
        on_taken=lambda _: None,
        on_close=lambda: None,
        on_late=told.append,
    )
    for _ in range(3):
        stream.put(SECOND)
        await stream.read()
        loop.now += 10.0
    assert told == []
