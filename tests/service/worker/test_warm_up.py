"""What a worker measures of itself."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from service.settings import ServiceSettings
from service.worker.warm_up import measure_capacity, warm_up
from vocoder.synthesis.voice import Voice


def test_every_number_of_streams_is_measured_up_to_a_full_turn(voice: Voice) -> None:
    clock = itertools.count(0.0, 0.1).__next__
    rates = measure_capacity(voice, ServiceSettings(streams_per_turn=6), clock).rates
    assert [number for number, _ in rates] == [1, 2, 4, 6]
    size = round(0.1 * voice.sample_rate)
    assert [round(rate) for _, rate in rates] == [
        round(number * 2 * size / 0.1) for number in (1, 2, 4, 6)
    ]


def test_measuring_ends_where_it_takes_long(voice: Voice) -> None:
    clock = itertools.count(0.0, 5.5).__next__
    assert [number for number, _ in measure_capacity(voice, ServiceSettings(), clock).rates] == [1]


def test_a_turn_may_be_full_before_anybody_listens(
    voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine on a card tries its ways for so many streams then, and not on theirs."""
    prepared: list[int] = []
    monkeypatch.setattr(voice.engine, "prepare", prepared.append)
    warm_up(voice, 96)
    assert prepared == [96]


def test_streams_that_are_measured_have_no_more_frames_than_are_spoken(
    voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of what a stream takes to begin is for its frames, and there are some thousands of
    streams on a card.
    """
    frames: list[int] = []
    copy = type(voice).copy
    monkeypatch.setattr(
        type(voice),
        "copy",
        lambda self, conditions, **words: (
            frames.append(conditions.num_frames) or copy(self, conditions, **words)
        ),
    )
    measure_capacity(
        voice, ServiceSettings(streams_per_turn=2, chunk_seconds=0.05), itertools.count().__next__
    )
    assert frames == [10, 10, 10]


@pytest.mark.parametrize(
    "settings, company",
    [
        ({}, 8),
        ({"engine": "cuda"}, 256 + 8),
        ({"engine": "cuda", "max_streams": 2_000}, 1024),
        ({"engine": "cuda", "max_streams": 3, "job_streams": 2}, 5),
        ({"streams_per_turn": 100}, 100),
        ({"streams_per_turn": 100, "max_streams": 10, "job_streams": 1}, 11),
    ],
)
def test_nobody_prepares_for_more_streams_than_there_may_be(
    settings: dict[str, Any], company: int
) -> None:
    """Each takes room on a card that is not given back."""
    assert ServiceSettings(**settings).batch_size == company
