"""How busy a replica is, and how many there should be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cluster.autoscaling import TARGET_LOAD, load_of, replicas_wanted
from service.observability.status import Status
from service.settings import ServiceSettings

IDLE = Status(
    ready=True, open_streams=0, making=0, queued=0, background=0, places=10, capacity=12.5
)
SETTINGS = ServiceSettings(max_streams=20)


def test_a_replica_that_does_nothing_has_no_load() -> None:
    assert load_of(IDLE, SETTINGS) == 0.0


def test_full_is_as_many_as_there_are_places_and_a_queue_is_more() -> None:
    assert load_of(replace(IDLE, open_streams=10, making=10), SETTINGS) == 1.0
    assert load_of(replace(IDLE, open_streams=10, making=10, queued=5), SETTINGS) == 1.5


def test_readers_of_finished_sound_fill_a_replica_as_well() -> None:
    assert load_of(replace(IDLE, open_streams=20, making=1), SETTINGS) == 1.0


def test_jobs_and_the_like_which_nobody_waits_for_are_no_load() -> None:
    assert load_of(replace(IDLE, background=50), SETTINGS) == 0.0


@pytest.mark.parametrize(
    ("loads", "wanted"),
    [
        ((0.0, 0.0), 1),
        ((0.6, 0.6), 2),
        ((0.61, 0.6), 3),
        ((1.0, 1.0), 4),
        ((0.0, 0.0, 0.0, 0.7), 2),
        ((3.0,), 5),
    ],
)
def test_as_many_as_bear_the_load(loads: tuple[float, ...], wanted: int) -> None:
    assert replicas_wanted(loads, now=7) == wanted


def test_nothing_changes_where_nobody_has_told_anything() -> None:
    assert replicas_wanted((), now=3) == 3
    assert replicas_wanted((), now=0) == 1


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=30))
def test_shared_out_evenly_no_replica_has_more_than_it_should(loads: list[float]) -> None:
    wanted = replicas_wanted(loads, now=len(loads))
    assert sum(loads) / wanted <= TARGET_LOAD + 1e-6
    assert wanted == 1 or sum(loads) / (wanted - 1) > TARGET_LOAD - 1e-6
