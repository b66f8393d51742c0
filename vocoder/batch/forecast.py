"""What a run would do, without doing it: `sonant render --dry-run`.

Every line is understood and, where it has to be spoken, planned, so the seconds of speech are
exact. How fast they can be made is measured: the first lines are spoken for some seconds, to
nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vocoder.audio.pcm import Int16Array
from vocoder.batch.list_entries import BadLine, ListEntry
from vocoder.batch.lists import ListFile
from vocoder.batch.manifest import Manifest
from vocoder.batch.record import Record
from vocoder.batch.render_orders import Defaults, OrderFactory, RenderOrder
from vocoder.batch.render_pool import RenderPool, RenderTask
from vocoder.batch.reporting import failed_record, now
from vocoder.errors import InputError, SonantError
from vocoder.synthesis.planning import Plan

MEASURED_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run would do.

    Attributes:
        to_render, to_copy, kept, failed: lines; as `vocoder.batch.progress.RunProgress`.
        seconds: of sound, of those to be rendered.
        times_real_time: how much faster than it is played sound is made; None where there is none
            to make.
    """

    to_render: int
    to_copy: int
    kept: int
    failed: int
    seconds: float
    times_real_time: float | None

    @property
    def duration_seconds(self) -> float:
        """How long the run would take."""
        return 0.0 if self.times_real_time is None else self.seconds / self.times_real_time


def forecast(
    wanted: ListFile,
    folder: Path,
    defaults: Defaults,
    *,
    threads: int,
    streams: int,
    failed: Callable[[Record], None],
    files_url: str | None = None,
) -> Forecast:
    """Looks at every line of a list, and touches nothing.

    Args:
        wanted: the list.
        folder: it need not exist.
        defaults: as `render`.
        threads: as `render`.
        streams: as `render`.
        failed: told of each line that could not be done.
        files_url: as `render`.

    Raises:
        InputError, SonantError: as `render`.
    """
    orders = OrderFactory(defaults)
    manifest = Manifest.look(folder, files_url)
    try:
        return _Forecaster(orders, manifest, failed).look(wanted, threads=threads, streams=streams)
    finally:
        manifest.close()


class _Forecaster:
    def __init__(
        self, orders: OrderFactory, manifest: Manifest, failed: Callable[[Record], None]
    ) -> None:
        self._orders = orders
        self._manifest = manifest
        self._failed = failed
        self._works: set[bytes] = set()
        self._first: list[tuple[RenderOrder, Plan]] = []
        self._counts = {"to_render": 0, "to_copy": 0, "kept": 0, "failed": 0}
        self._seconds = 0.0

    def look(self, wanted: ListFile, *, threads: int, streams: int) -> Forecast:
        for entry in wanted.entries():
            try:
                if isinstance(entry, BadLine):
                    raise InputError(entry.reason, field=entry.field)
                what = self._would(entry, streams)
            except SonantError as error:
                text = entry.text if isinstance(entry, ListEntry) else None
                self._failed(failed_record(entry.line, entry.id, error, text=text))
                what = "failed"
            self._counts[what] += 1
        rate = _measure(self._first, threads=threads, streams=streams) if self._first else None
        return Forecast(**self._counts, seconds=self._seconds, times_real_time=rate)

    def _would(self, entry: ListEntry, streams: int) -> str:
        order = self._orders.of(entry)
        known = self._manifest.of_id(entry.id)
        if known is not None and known.work == order.work and self._manifest.is_intact(known):
            return "kept"
        source = self._manifest.of_work(order.work)
        if bytes.fromhex(order.work) in self._works or (
            source is not None and source.id != entry.id and self._manifest.is_intact(source)
        ):
            return "to_copy"
        plan = self._orders.plan(order)
        self._orders.chapters(order, plan)  # fails where they would
        self._works.add(bytes.fromhex(order.work))
        self._seconds += plan.seconds
        if len(self._first) < streams and all(
            other.voice is order.voice for other, _ in self._first
        ):
            self._first.append((order, plan))
        return "to_render"


class _Nowhere:
    def write(self, samples: Int16Array) -> None:
        """To nobody."""


def _measure(planned: list[tuple[RenderOrder, Plan]], *, threads: int, streams: int) -> float:
    """Seconds of sound made in a second, from the first chunks to the last that fit into the
    time.
    """
    made: list[tuple[float, float]] = []  # when, and how many seconds of sound
    errors: list[BaseException] = []
    studio = RenderPool(
        threads=threads,
        streams=streams,
        deliver=lambda task, error: None if error is None else errors.append(error),
        heard=lambda seconds: made.append((time.perf_counter(), seconds)),
        broken=errors.append,
    )
    began = time.perf_counter()
    for order, plan in planned:
        utterance = order.voice.utterance(plan, seed=order.seed)
        studio.admit(
            RenderTask(
                order=order, plan=plan, name="", utterance=utterance, take=_Nowhere(), begun=now()
            )
        )
    studio.start()
    studio.close()
    studio.join(began + MEASURED_SECONDS - time.perf_counter())
    studio.stop()
    if errors:
        raise errors[0]
    return sum(seconds for _, seconds in made) / (made[-1][0] - began)
