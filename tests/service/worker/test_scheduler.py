"""Decisions only: no engine, no clock, no threads."""

from __future__ import annotations

import dataclasses
import math

import pytest

from service.protocol.capacity import Capacity
from service.settings import ServiceSettings
from service.worker.scheduler import BatchStep, Scheduler
from vocoder.errors import ConfigError

RATE = 1_000
SETTINGS = ServiceSettings(
    first_chunk_seconds=0.05,
    chunk_seconds=0.1,
    buffer_seconds=1.0,
    streams_per_turn=2,
    turn_seconds=0.1,
)


def scheduler(
    *streams: int, now: float = 0.0, voice: str = "a", num_samples: int = 10_000
) -> Scheduler:
    made = Scheduler(SETTINGS)
    for stream in streams:
        made.add(stream, voice=voice, sample_rate=RATE, num_samples=num_samples, now=now)
    return made


def turn(scheduler: Scheduler) -> BatchStep:
    found = scheduler.next_step()
    assert found is not None
    return found


def streams(turn: BatchStep) -> list[int]:
    return [stream for stream, _ in turn.shares]


def test_nothing_to_do() -> None:
    assert scheduler().next_step() is None


def test_the_nearest_deadline_is_first() -> None:
    three = scheduler(1, 2, 3)
    three.made(1, 300, 0.0)
    three.made(2, 100, 0.0)
    three.made(3, 200, 0.0)
    assert [three.deadline(stream) for stream in (1, 2, 3)] == pytest.approx([0.3, 0.1, 0.2])
    assert turn(three).shares == ((2, 100), (3, 100))


def test_a_stream_that_has_its_turn_has_no_other() -> None:
    two = scheduler(1, 2)
    first = two.next_step(at_once=2)
    assert first is not None
    assert streams(first) == [1], "half of the streams, so that there is another turn"
    two.began(first)
    second = two.next_step(at_once=2)
    assert second is not None
    assert streams(second) == [2]
    two.began(second)
    assert two.next_step(at_once=2) is None
    two.made(1, 100, 0.0)
    two.ended(first)
    third = two.next_step(at_once=2)
    assert third is not None
    assert streams(third) == [1]
    two.remove(2)
    two.ended(second)  # its stream has left


def test_a_single_stream_has_every_turn() -> None:
    one = scheduler(1)
    found = one.next_step(at_once=2)
    assert found is not None
    assert streams(found) == [1]


@pytest.mark.parametrize(
    ("others", "samples", "slow_samples"), [(9, 50, 20), (99, 125, 125), (299, 300, 300)]
)
def test_the_more_share_a_turn_of_two_the_longer_its_chunks(
    others: int, samples: int, slow_samples: int
) -> None:
    """Where many do, a new stream's first chunk is no shorter than theirs, and the turn no shorter
    for being slow; never longer than the longest.
    """
    made = Scheduler(dataclasses.replace(SETTINGS, chunk_seconds=0.3, streams_per_turn=1_000))
    for stream in range(others):
        made.add(stream, voice="a", sample_rate=RATE, num_samples=10_000, now=0.0)
        made.made(stream, 500, 0.0)
    made.add(others, voice="a", sample_rate=RATE, num_samples=10_000, now=0.0)
    for capacity, expected in ((None, samples), (Capacity(rates=((1, RATE),)), slow_samples)):
        found = made.next_step(capacity, at_once=2)
        assert found is not None
        assert found.shares[0] == (others, expected)
        assert [size for _, size in found.shares] == [expected] * ((others + 1) // 2)


def test_slack_is_the_time_until_the_first_listener_has_nothing_left() -> None:
    assert scheduler().slack(5.0) == math.inf
    two = scheduler(1, 2)
    two.made(1, 300, 0.0)
    two.made(2, 100, 0.0)
    assert two.slack(0.0) == pytest.approx(0.1)
    assert two.slack(0.5) == pytest.approx(-0.4)
    two.made(1, 700, 0.0)  # its buffer is full: it is paused
    assert two.slack(5.0) == pytest.approx(-4.9)
    two.made(2, 900, 0.0)
    assert two.slack(5.0) == math.inf
    done = scheduler(1, num_samples=100)
    done.made(1, 100, 0.0)
    assert done.slack(5.0) == math.inf


def test_listening_begins_with_the_first_sound() -> None:
    one = scheduler(1, now=1.0)
    assert one.deadline(1) == 1.0
    one.made(1, 50, 3.0)
    one.made(1, 100, 3.5)
    assert one.deadline(1) == pytest.approx(3.15)


def test_a_new_stream_comes_before_those_that_have_something_to_play_and_gets_a_short_chunk() -> (
    None
):
    two = scheduler(1, now=0.0)
    two.made(1, 500, 0.0)
    two.add(2, voice="a", sample_rate=RATE, num_samples=10_000, now=0.2)
    assert turn(two).shares == ((2, 50), (1, 50))


def test_streams_of_another_voice_have_a_turn_of_their_own() -> None:
    mixed = scheduler(1, 3)
    mixed.add(2, voice="b", sample_rate=2 * RATE, num_samples=10_000, now=-1.0)
    assert turn(mixed) == BatchStep(voice="b", shares=((2, 100),))


def test_a_full_buffer_pauses_its_own_stream_only() -> None:
    two = scheduler(1, 2)
    two.made(1, 950, 0.0)
    two.made(2, 100, 0.0)
    assert streams(turn(two)) == [2]
    two.taken(1, 50, 0.0)
    assert streams(turn(two)) == [2, 1]


def test_who_did_not_read_was_not_listening() -> None:
    two = scheduler(1, 2)
    two.made(1, 1_000, 0.0)
    two.taken(1, 50, 60.0)  # after a minute
    two.taken(1, 100, 60.0)
    assert two.deadline(1) == pytest.approx(60.0 + 0.95)
    two.made(2, 100, 60.0)
    two.taken(2, 100, 60.0)
    assert streams(turn(two)) == [2, 1]


def test_a_reader_in_real_time_keeps_its_deadline_though_its_buffer_is_full() -> None:
    one = scheduler(1)
    one.made(1, 1_000, 0.0)
    one.taken(1, 600, 0.2)  # into buffers on the way, ahead of being heard
    assert one.deadline(1) == pytest.approx(1.0)


def test_the_finished_and_the_removed_have_no_turn() -> None:
    two = scheduler(1, 2, num_samples=100)
    two.made(1, 100, 0.0)
    assert streams(turn(two)) == [2]
    two.remove(2)
    two.remove(2)
    two.taken(2, 5, 0.0)
    assert two.next_step() is None


def test_everyone_is_served_in_time() -> None:
    """Three streams on an engine of four times real time; each listener plays a tenth of a second
    after his first sound, and never runs dry.
    """
    three = scheduler(1, 2, 3)
    now, heard_from, made = 0.0, {}, dict.fromkeys((1, 2, 3), 0)
    while (next_step := three.next_step()) is not None:
        for stream, size in next_step.shares:
            now += size / RATE / 4
            heard_from.setdefault(stream, now + 0.1)
            assert made[stream] == 0 or now <= heard_from[stream] + made[stream] / RATE
            three.made(stream, size, now)
            made[stream] += size
            three.taken(stream, size, now)
    assert all(num_samples == 10_000 for num_samples in made.values())


def test_a_new_stream_waits_for_those_that_run_dry_before_it_is_due() -> None:
    two = scheduler(1, now=0.0)
    two.made(1, 100, 0.0)
    two.add(2, voice="a", sample_rate=RATE, num_samples=10_000, now=0.0, patience=0.15)
    assert streams(turn(two)) == [1, 2]
    two.made(1, 100, 0.05)
    assert streams(turn(two)) == [2, 1]


def test_what_is_made_but_not_delivered_yet_moves_no_deadline() -> None:
    one = scheduler(1, now=1.0)
    one.made(1, 0, 2.0)
    assert one.deadline(1) == 1.0
    assert one.lateness(1, 5.0) == 0.0
    one.made(1, 100, 3.0)
    assert one.lateness(1, 3.05) == 0.0
    assert one.lateness(1, 3.3) == pytest.approx(0.2)


def test_a_stream_from_another_worker_is_due_when_what_waits_has_been_played() -> None:
    one = scheduler()
    one.add(1, voice="a", sample_rate=RATE, num_samples=500, now=7.0, waiting=950)
    assert one.deadline(1) == pytest.approx(7.95)
    assert one.next_step() is None
    one.taken(1, 100, 7.1)
    assert streams(turn(one)) == [1]
    one.made(1, 500, 7.2)
    one.taken(1, 1_000, 7.3)
    assert one.next_step() is None


def test_no_turn_is_much_longer_than_allowed() -> None:
    two = scheduler(1, 2)
    for stream in (1, 2):
        two.made(stream, 200, 0.0)
    quick, slow, stuck = (
        Capacity(rates=((1, rate), (2, rate))) for rate in (20 * RATE, RATE, RATE / 1000)
    )
    assert two.next_step(quick) == BatchStep(voice="a", shares=((1, 100), (2, 100)))
    assert two.next_step(slow) == BatchStep(voice="a", shares=((1, 50), (2, 50)))
    assert two.next_step(stuck) == BatchStep(voice="a", shares=((1, 10), (2, 10)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_streams": 0},
        {"streams_per_turn": 0},
        {"body_limit": 0},
        {"text_limit": 0},
        {"buffer_seconds": 0.05},
        {"first_chunk_seconds": 0.0},
        {"stall_seconds": 0.0},
        {"shutdown_seconds": -1.0},
        {"queue_limit": -1},
        {"key_streams": 0},
        {"address_requests_per_minute": 0},
        {"headroom": 1.0},
        {"capacity": 0.0},
        {"turn_seconds": 0.0},
        {"silence_seconds": 1.0},
    ],
)
def test_settings_that_contradict_themselves(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ServiceSettings(**wrong)  # type: ignore[arg-type]


def test_the_background_has_turns_while_nobody_else_has() -> None:
    two = scheduler(1)
    two.add(7, voice="a", sample_rate=1_000, num_samples=10_000, now=-100.0, background=True)
    assert [stream for stream, _ in turn(two).shares] == [1]
    assert two.slack(0.0) == two.deadline(1)
    two.made(1, 2_000, 0.0)  # its buffer is full
    found = turn(two)
    assert [stream for stream, _ in found.shares] == [7]
    # no short chunks for whom nobody waits
    assert found.shares[0][1] == round(SETTINGS.chunk * 1_000)
    assert two.next_step(at_once=2) == found
    assert two.slack(0.0) == math.inf
    two.made(7, 10, 0.0)
    assert two.lateness(7, 1_000.0) == 0.0
