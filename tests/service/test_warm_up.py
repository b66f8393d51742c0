"""What a worker measures of itself."""

from __future__ import annotations

import itertools

from service.settings import ServiceSettings
from service.warm_up import measure
from vocoder.voice import Voice


def test_every_number_of_streams_is_measured_up_to_a_full_turn(voice: Voice) -> None:
    clock = itertools.count(0.0, 0.1).__next__
    rates = measure(voice, ServiceSettings(streams_per_turn=6), clock).rates
    assert [number for number, _ in rates] == [1, 2, 4, 6]
    size = round(0.1 * voice.sample_rate)
    assert [round(rate) for _, rate in rates] == [round(number * 2 * size / 0.1) for number in (1, 2, 4, 6)]


def test_measuring_ends_where_it_takes_long(voice: Voice) -> None:
    clock = itertools.count(0.0, 5.5).__next__
    assert [number for number, _ in measure(voice, ServiceSettings(), clock).rates] == [1]
