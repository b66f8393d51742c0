"""Calls of many threads are computed together, each gets its own result, and nobody waits for
ever.
"""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Sequence

import pytest

from tests.cuda.layers.arrivals import PATIENCE, Arrivals
from vocoder.cuda import dynamic_batcher as module
from vocoder.cuda.dynamic_batcher import DynamicBatcher


class Workshop:
    """A gathering of numbers whose squares are asked for; its work waits at a gate, which a test
    opens.

    Negative numbers cannot be squared here: whoever is in a call with one gets a `ValueError`.
    """

    def __init__(self, most: int = 10) -> None:
        self.calls: list[list[int]] = []
        self.begun = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.gathering: DynamicBatcher[int, int] = DynamicBatcher(self.work, most=most)
        self.arrivals = self.gathering._waiting = Arrivals()
        self.outcomes: dict[int, int | BaseException] = {}
        self.threads: list[threading.Thread] = []

    def work(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        self.begun.release()
        assert self.gate.acquire(timeout=PATIENCE)
        if min(items) < 0:
            raise ValueError(items)
        return [item * item for item in items]

    def call(self, item: int) -> None:
        """In a thread of its own; returns when it has arrived."""

        def called() -> None:
            try:
                self.outcomes[item] = self.gathering.submit(item)
            except BaseException as error:  # noqa: BLE001 - the test looks at it
                self.outcomes[item] = error

        self.threads.append(threading.Thread(target=called, name=str(item), daemon=True))
        self.threads[-1].start()
        self.arrivals.wait()

    def call_while_busy(self, items: Sequence[int]) -> None:
        """The first is being worked on when the others arrive, one by one."""
        self.call(items[0])
        assert self.begun.acquire(timeout=PATIENCE)
        for item in items[1:]:
            self.call(item)

    def finish(self) -> None:
        """Opens the gate for good."""
        self.gate.release(100)
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread.name} waits for ever"


def test_a_call_alone_is_computed_at_once() -> None:
    shop = Workshop()
    shop.gate.release(2)
    assert [shop.gathering.submit(3), shop.gathering.submit(4)] == [9, 16]
    assert shop.calls == [[3], [4]]


def test_what_arrives_meanwhile_is_computed_together_and_each_gets_its_own() -> None:
    shop = Workshop()
    shop.call_while_busy([5, 1, 9, 4, 7])
    shop.finish()
    assert shop.calls == [[5], [1, 9, 4, 7]]
    assert shop.outcomes == {item: item * item for item in (5, 1, 9, 4, 7)}


def test_no_more_than_so_many_are_and_who_came_first_comes_first() -> None:
    shop = Workshop(most=2)
    shop.call_while_busy([6, 1, 2, 3, 4, 5])
    shop.finish()
    assert shop.calls == [[6], [1, 2], [3, 4], [5]]
    assert shop.outcomes == {item: item * item for item in range(1, 7)}


def test_who_arrives_when_the_next_one_has_been_called_to_lead_comes_along() -> None:
    shop = Workshop()
    shop.call_while_busy([1, 2])
    shop.gate.release()
    assert shop.begun.acquire(timeout=PATIENCE)  # the second leads
    shop.call(3)
    shop.finish()
    assert shop.calls == [[1], [2], [3]]


def test_an_error_reaches_everyone_of_its_call_and_nobody_else() -> None:
    shop = Workshop(most=3)
    shop.call_while_busy([10, 1, -2, 3, 4, 5])
    shop.finish()
    assert shop.calls == [[10], [1, -2, 3], [4, 5]]
    assert {
        item: outcome for item, outcome in shop.outcomes.items() if isinstance(outcome, int)
    } == {10: 100, 4: 16, 5: 25}
    for item in (1, -2, 3):
        assert isinstance(shop.outcomes[item], ValueError)
    shop.gate.release()
    assert shop.gathering.submit(8) == 64


def test_an_error_keeps_nothing_alive() -> None:
    """A traceback knows the frames it came through: what they hold may be a batch on a GPU, and
    there may be no memory for the next.
    """

    class Item:
        pass

    def fail(items: Sequence[Item]) -> list[int]:
        raise ValueError(len(items))

    gathering: DynamicBatcher[Item, int] = DynamicBatcher(fail, most=4)
    item = Item()
    alive = weakref.ref(item)
    gc.disable()
    try:
        with pytest.raises(ValueError, match="1"):
            gathering.submit(item)
        del item
        assert alive() is None
    finally:
        gc.enable()


def test_the_wrong_number_of_results_is_an_error_for_everyone() -> None:
    gathering: DynamicBatcher[int, int] = DynamicBatcher(lambda items: [*items, 0], most=4)
    with pytest.raises(AssertionError, match="2 results for 1 items"):
        gathering.submit(1)


def test_a_leader_that_is_interrupted_at_work_leaves_the_others_to_the_next() -> None:
    shop = Workshop()
    interruptions = iter([False, True, False])

    def interrupted(items: Sequence[int]) -> list[int]:
        results = shop.work(items)
        if next(interruptions):
            raise KeyboardInterrupt
        return results

    shop.gathering._work = interrupted
    shop.call_while_busy([1, 2, 3, 4])
    shop.finish()
    assert shop.calls == [[1], [2, 3, 4], [3, 4]]
    assert isinstance(shop.outcomes.pop(2), KeyboardInterrupt)
    assert shop.outcomes == {1: 1, 3: 9, 4: 16}


def interrupt(
    monkeypatch: pytest.MonkeyPatch, name: str, wait: Callable[[threading.Event], None]
) -> None:
    """Interrupts the thread of this name where it waits, after `wait`."""

    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if threading.current_thread().name != name:
                return super().wait(timeout)
            wait(self)
            raise KeyboardInterrupt

    class Threading:
        Event, Lock = Interrupted, threading.Lock

    monkeypatch.setattr(module, "threading", Threading)


@pytest.mark.parametrize("called_to_lead", [False, True])
def test_who_is_interrupted_while_it_waits_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, called_to_lead: bool
) -> None:
    gone = threading.Event()

    def wait(woken: threading.Event) -> None:
        if called_to_lead:
            while not woken.is_set():
                assert threading.Event.wait(woken, PATIENCE)
        gone.set()

    interrupt(monkeypatch, "2", wait)
    shop = Workshop()
    shop.call_while_busy([1, 2, 3])
    if not called_to_lead:
        assert gone.wait(PATIENCE)
        shop.threads[1].join(PATIENCE)
    shop.finish()
    assert shop.calls == [[1], [3]]
    assert isinstance(shop.outcomes.pop(2), KeyboardInterrupt)
    assert shop.outcomes == {1: 1, 3: 9}


def test_many_threads_get_what_is_theirs_and_one_works_at_a_time() -> None:
    working = threading.Lock()
    sizes = []

    def work(items: Sequence[int]) -> list[int]:
        assert working.acquire(blocking=False), "two work at once"
        sizes.append(len(items))
        working.release()
        if any(item % 50 == 0 for item in items):
            raise ValueError
        return [-item for item in items]

    gathering: DynamicBatcher[int, int] = DynamicBatcher(work, most=3)
    together = threading.Barrier(8)
    wrong: list[object] = []
    failed: list[int] = []

    def run(first: int) -> None:
        together.wait(PATIENCE)
        for item in range(first, first + 200):
            try:
                if gathering.submit(item) != -item:
                    wrong.append(item)
            except ValueError:
                failed.append(item)
            except BaseException as error:  # noqa: BLE001 - the test looks at it
                wrong.append(error)

    threads = [
        threading.Thread(target=run, args=(1000 * number + 1,), daemon=True) for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert not wrong
    assert {item for item in failed if item % 50 == 0} == {
        1000 * number + item for number in range(8) for item in (50, 100, 150, 200)
    }
    assert sum(sizes) == 1600
    assert max(sizes) <= 3
