"""An engine that works while its caller does something else, as one on a card does; and it counts
what is on its way.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from service.worker.warm_up import WARM_UP_SEED
from tests.service.gated_engine import GatedEngine
from vocoder.engine import Codes, Engine, Job, PendingCodes

PATIENCE = 30.0  # seconds, for what must happen


class Held:
    """A call that waits."""

    def __init__(self) -> None:
        self.begun, self.released = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.begun.set()
        assert self.released.wait(PATIENCE)


class OverlappingEngine(GatedEngine):
    overlaps = True

    def __init__(self, inner: Engine) -> None:
        super().__init__(inner)
        self.refusing: set[int] = set()  # seeds with which nothing is begun
        self.on_their_way: list[
            frozenset[int]
        ] = []  # seeds of each call that has been begun and not been finished
        self.most_on_their_way = 0
        self._lock = threading.Lock()
        self.held: dict[int, Held] = {}  # by seed, whose calls wait
        self._threads = ThreadPoolExecutor(2)

    def _begin(self, jobs: Sequence[Job]) -> PendingCodes:
        seeds = frozenset(job.state.seed for job in jobs)
        if seeds & self.refusing:
            raise RuntimeError("refused on purpose")
        with self._lock:
            assert not any(seeds & others for others in self.on_their_way), (
                "a stream is on its way twice"
            )
            self.on_their_way.append(seeds)
            if min(seeds, default=WARM_UP_SEED) < WARM_UP_SEED:
                self.most_on_their_way = max(self.most_on_their_way, len(self.on_their_way))
        return _Working(self, seeds, self._threads.submit(self._work, jobs))

    def _work(self, jobs: Sequence[Job]) -> list[Codes]:
        for job in jobs:
            if job.state.seed in self.held:
                self.held[job.state.seed].wait()
        return self._advance(jobs)

    def arrived(self, seeds: frozenset[int]) -> None:
        with self._lock:
            self.on_their_way.remove(seeds)


class _Working(PendingCodes):
    def __init__(
        self, engine: OverlappingEngine, seeds: frozenset[int], codes: Future[list[Codes]]
    ) -> None:
        self._engine, self._seeds, self._codes = engine, seeds, codes

    def ready(self) -> bool:
        return self._codes.done()

    def finish(self) -> list[Codes]:
        try:
            return self._codes.result()
        finally:
            self._engine.arrived(self._seeds)
