"""How fast speech is made here: measured when a worker begins, and kept up to date from every turn
it takes. A value, no clock.

An engine moves n streams on at less than n times the cost of one, so there is a rate for each
number of streams. What else the machine
does slows all of them down alike: that is one factor, followed by an exponential mean over the time
that turns took. It follows a machine that becomes slower at once, for streams are at stake; one
that becomes faster it follows slowly, for only a few more could be let in. And what
one stream gets alone says nothing of what many would get, who need every core: it can only make up
for slowness. What stands around turns takes the same cores (texts are planned, sound is encoded and
sent), and is not there yet when a worker measures itself: until turns of several streams tell
otherwise, it is taken to be `INITIAL_SLOWNESS`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

# Of turns: after so much work a change of the machine's speed is known to two thirds.
_SLOWER_SECONDS, _FASTER_SECONDS = 1.0, 5.0
# slowness; 31 seconds of speech a second alone were 24 with 25 listeners (two cores, clients
# beside)
INITIAL_SLOWNESS = 1.3
# a turn that took longer than this many times as expected was interrupted, which tells no speed
_MOST_SLOWNESS = 20.0


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """How fast.

    Attributes:
        rates: pairs of a number of streams that share a turn, ascending, and the samples per second
            of all of them together; at least one.
        slowness: how much longer turns take now than when the rates were measured; above 0.
    """

    rates: tuple[tuple[int, float], ...]
    slowness: float = 1.0

    def samples_per_second(self, num_streams: int) -> float:
        """What so many streams that share turns get, all together."""
        numbers, rates = zip(*self.rates, strict=True)
        return float(np.interp(num_streams, numbers, rates)) / self.slowness

    @property
    def full(self) -> float:
        """Samples per second with as many streams in a turn as pays best."""
        return max(rate for _, rate in self.rates) / self.slowness

    def after(self, num_streams: int, num_samples: int, seconds: float) -> Capacity:
        """What is known after a turn in which so many streams got so many samples, all together,
        within so many seconds.
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
