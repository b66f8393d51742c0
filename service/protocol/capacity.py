"""How fast speech is generated here: measured when a worker starts, updated after every batch step.

An engine advances n streams at less than n times the cost of one, so there is a rate for each
number of streams. Other work on the machine slows all of them alike: one factor, the slowness,
follows as an exponential mean over the time of batch steps. It rises quickly, because streams would
stutter, and falls slowly, because only a few more could be admitted. A single stream's speed says
little about many, which need every core, so it only corrects an initial guess downwards.
Planning, encoding and sockets use the same cores, and do not run yet while a worker measures
itself. Until batch steps of several streams show it, their share is `INITIAL_SLOWNESS`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

# Of batch steps: time constants of the exponential mean.
_SLOWER_SECONDS, _FASTER_SECONDS = 1.0, 5.0
# slowness; 31 seconds of speech a second alone were 24 with 25 listeners (two cores, clients
# beside)
INITIAL_SLOWNESS = 1.3
# a batch step that takes longer than this many times was interrupted: that says nothing of speed
_MOST_SLOWNESS = 20.0


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Rates and slowness.

    Attributes:
        rates: pairs of a number of streams in a batch step, ascending, and the samples per second
            of all of them together; at least one.
        slowness: how much longer batch steps take than when the rates were measured; above 0.
    """

    rates: tuple[tuple[int, float], ...]
    slowness: float = 1.0

    def samples_per_second(self, num_streams: int) -> float:
        """The rate of this many streams in a batch step, all together."""
        numbers, rates = zip(*self.rates, strict=True)
        return float(np.interp(num_streams, numbers, rates)) / self.slowness

    @property
    def full(self) -> float:
        """Samples per second with the best number of streams in a batch step."""
        return max(rate for _, rate in self.rates) / self.slowness

    def after(self, num_streams: int, num_samples: int, seconds: float) -> Capacity:
        """The capacity after a batch step that gave this many streams this many samples, all
        together, in this many seconds.
        """
        if num_samples == 0 or seconds <= 0:
            return self
        seen = seconds * self.samples_per_second(num_streams) * self.slowness / num_samples
        if seen < self.slowness and num_streams < 2:
            seen = max(seen, min(INITIAL_SLOWNESS, self.slowness))
        weight = 1.0 - math.exp(
            -seconds / (_SLOWER_SECONDS if seen > self.slowness else _FASTER_SECONDS)
        )
        return replace(
            self, slowness=self.slowness + weight * (min(seen, _MOST_SLOWNESS) - self.slowness)
        )


def seconds_until_finished(left: Sequence[float], capacity: float, place: int) -> float:
    """When the streams that are being made will have left enough room: an estimate, for each gets
    its even share of what is there.

    Args:
        left: seconds of sound that each still lacks.
        capacity: seconds of sound per second, above 0, that all of them get together.
        place: how many of them must have finished, at least 1.

    Returns:
        seconds, at least 0.
    """
    passed, before, lacking = 0.0, 0.0, sorted(left)
    for number, seconds in enumerate(lacking[:place]):
        passed += (seconds - before) * (len(lacking) - number) / capacity
        before = seconds
    return passed
