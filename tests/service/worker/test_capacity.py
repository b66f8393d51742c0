"""What is known of the machine's speed, and what follows from it."""

from __future__ import annotations

import pytest

from service.protocol.capacity import INITIAL_SLOWNESS, Capacity, seconds_until_finished

KNOWN = Capacity(rates=((1, 1_000.0), (2, 1_600.0), (4, 2_000.0)))


def test_streams_that_were_not_measured_lie_between_those_that_were() -> None:
    assert [KNOWN.samples_per_second(number) for number in (1, 2, 3, 4, 9)] == [
        1_000.0,
        1_600.0,
        1_800.0,
        2_000.0,
        2_000.0,
    ]
    assert KNOWN.full == 2_000.0


def test_turns_as_fast_as_measured_change_nothing() -> None:
    after = KNOWN.after(3, 900, 0.5)
    assert after.full == pytest.approx(KNOWN.full)


def test_a_machine_that_becomes_half_as_fast_is_known_after_some_seconds_of_work() -> None:
    slow = KNOWN
    for _ in range(200):
        slow = slow.after(2, 40, 0.05)  # 800 samples per second
    assert slow.full == pytest.approx(1_000.0, rel=0.02)
    assert slow.samples_per_second(1) == pytest.approx(500.0, rel=0.02)
    for _ in range(600):
        slow = slow.after(1, 50, 0.05)
    assert slow.full == pytest.approx(2_000.0 / INITIAL_SLOWNESS, rel=0.02), (
        "one stream leaves room for what stands around many"
    )
    for _ in range(600):
        slow = slow.after(2, 80, 0.05)
    assert slow.full == pytest.approx(2_000.0, rel=0.02)


def test_slower_is_believed_sooner_than_faster() -> None:
    slow, fast = KNOWN, KNOWN
    for _ in range(10):
        slow, fast = slow.after(2, 40, 0.05), fast.after(2, 160, 0.05)
    assert 2_000.0 - slow.full > 3 * (1 - 2_000.0 / fast.full) * 2_000.0


def test_one_stream_that_is_quicker_alone_says_nothing_of_many() -> None:
    alone = KNOWN
    for _ in range(200):
        alone = alone.after(1, 200, 0.05)
    assert alone == KNOWN


def test_one_turn_that_was_interrupted_tells_little() -> None:
    assert KNOWN.after(1, 10, 0.2).full > KNOWN.full / 5.0
    assert KNOWN.after(1, 0, 0.2) == KNOWN


def test_when_streams_will_have_finished() -> None:
    """Three streams share two seconds of sound per second: the one that lacks 1 s is done after 1.5
    s, the next after another second.
    """
    left = (3.0, 1.0, 2.0)
    assert seconds_until_finished(left, 2.0, 1) == pytest.approx(1.5)
    assert seconds_until_finished(left, 2.0, 2) == pytest.approx(2.5)
    assert seconds_until_finished(left, 2.0, 3) == pytest.approx(3.0)
    assert seconds_until_finished(left, 2.0, 9) == pytest.approx(3.0)
    assert seconds_until_finished((), 2.0, 1) == 0.0
