"""An engine that a test can hold: nothing that anybody hears is generated without a permit while it
is gated; and it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from service.worker.warm_up import WARM_UP_SEED
from vocoder.engine import Codes, Engine, Job

# more than ever wait: a worker that died in the test may wait as well as the one that took its
# place
_EVERYBODY = 1_000


class GatedEngine(Engine):
    name = "gated"
    precision = "fp32"
    isa = "test"

    def __init__(self, inner: Engine) -> None:
        self.config = inner.config
        self._inner = inner
        self._permits: SimpleQueue[None] | None = None
        self.made: Counter[int] = Counter()  # samples by seed
        self.batches: list[tuple[int, ...]] = []  # seeds of each call
        self.failing: set[int] = set()  # seeds that break

    def gate(self) -> None:
        self._permits = SimpleQueue()

    def allow(self, calls: int) -> None:
        assert self._permits is not None
        for _ in range(calls):
            self._permits.put(None)

    def allow_the_next(self) -> None:
        """One call, if every call allowed before has begun: a worker that is still starting finds
        no heap of permits.
        """
        assert self._permits is not None
        if self._permits.empty():
            self._permits.put(None)

    def open(self) -> None:
        permits, self._permits = self._permits, None
        if permits is not None:
            for _ in range(_EVERYBODY):
                permits.put(None)

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        if all(job.state.seed >= WARM_UP_SEED for job in jobs):
            return self._inner.advance(jobs)
        if self._permits is not None:
            self._permits.get()
        if any(job.state.seed in self.failing for job in jobs):
            raise RuntimeError("broken on purpose")
        codes = self._inner.advance(jobs)
        self.batches.append(tuple(job.state.seed for job in jobs))
        for job in jobs:
            self.made[job.state.seed] += job.num_samples
        return codes

    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        return self._inner.logits(job, codes)
