"""Rendering by the machines of a Ray cluster: `sonant render --ray`. The same code as on one
machine, in actors.

    this process    reads the list, keeps the manifest, orders what is missing
    Ray Data        deals the orders out, a few at a time, and deals again what a worker that died
                    has had
    workers         actors with a voice each, in which `LocalMaker` makes files, as it does here

A file depends on its order alone, so it does not matter which machine makes it, or whether two do:
each is there whole or not at all, and has the same bytes.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import pickle
import queue
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocoder.batch.destinations import destination_of
from vocoder.batch.list_entries import ListEntry
from vocoder.batch.makers import Heard, LocalMaker, Made
from vocoder.batch.manifest import NAME, Manifest
from vocoder.batch.record import Record
from vocoder.batch.render_orders import Defaults, OrderFactory, RenderOrder
from vocoder.batch.reporting import failed_record
from vocoder.errors import EngineError, InputError, SonantError

HERE = "local"  # the address of a cluster that is started for the run, on this machine
_PATIENCE_SECONDS = 5.0
_TICK_SECONDS = 0.1
_SHARE = 3  # an actor's streams are dealt out in so many portions, ...
_IN_HAND = 5  # ... and it has so many of them in hand, so that its streams are never idle


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Machines that render.

    Attributes:
        workers: actors; None: as many as the cluster has room for when the run begins.
    """

    workers: int | None = None


@contextmanager
def connected(
    address: str, *, workers: int | None = None, cores: int | None = None
) -> Iterator[Cluster]:
    """A cluster, for as long as the block lasts.

    Args:
        address: of a cluster ("auto": the one that runs on this machine), or `HERE`.
        workers: as `Cluster`.
        cores: of a cluster that is started here; None: those of the machine.

    Raises:
        InputError: Ray is missing, or there is no cluster at the address; `field` is "ray".
    """
    if importlib.util.find_spec("ray") is None:
        raise InputError(
            (
                "rendering on a cluster needs Ray, which is not installed: pip install "
                "'sonant[distributed]'"
            ),
            field="ray",
        )
    if address not in (HERE, "auto"):
        _check_answers(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told what is rendered here
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what is wrong is raised
    import ray

    terminated = signal.getsignal(signal.SIGTERM)
    try:
        if address == HERE:
            ray.init(
                num_cpus=cores,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        else:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise InputError(
            f"{address}: there is no Ray cluster ({' '.join(str(error).split())[:200]})",
            field="ray",
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, terminated)  # Ray has its own way of ending a process
    try:
        yield Cluster(workers=workers)
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Ray itself would try for ten minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(f"{address}: there is no Ray cluster ({error})", field="ray") from error


class ClusterMaker:
    """A `Maker` whose files are made by the actors of a cluster.

    Args:
        cluster: that this process is connected to.
        manifest: of the run. Its folder is seen by every worker under the same path, unless the
            files go elsewhere.
        files_url: where the files go; None: into the manifest's folder.
        defaults: of the run.
        threads, streams: of each actor.
        made, heard: told how it goes, by the thread that calls `finish`.
    """

    def __init__(
        self,
        cluster: Cluster,
        manifest: Manifest,
        files_url: str | None,
        defaults: Defaults,
        *,
        threads: int,
        streams: int,
        made: Made,
        heard: Heard,
    ) -> None:
        self._cluster = cluster
        self._manifest = manifest
        self._files_url = files_url
        self._defaults = defaults
        self._threads = threads
        self._streams = streams
        self._made = made
        self._heard = heard
        self._orders: dict[
            str, tuple[RenderOrder, str]
        ] = {}  # by their work: orders, and names of files
        self._told: queue.SimpleQueue[tuple[str, Record] | BaseException | None] = (
            queue.SimpleQueue()
        )
        self._stopping = threading.Event()

    def start(self) -> None:
        """Nothing begins before all orders are there: what is to be dealt out is a table."""

    def make(self, order: RenderOrder, name: str) -> None:
        """As `Maker.make`. What cannot be planned is told later, by who plans it."""
        self._orders[order.work] = (order, name)

    def finish(self) -> None:
        """As `Maker.finish`.

        Raises:
            EngineError: the workers cannot render.
        """
        if not self._orders:
            return
        threading.Thread(target=self._pump, name="cluster", daemon=True).start()
        while not self._stopping.is_set():
            try:
                told = self._told.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                continue
            if told is None:
                break
            if isinstance(told, BaseException):
                lines = [line.strip() for line in str(told).splitlines() if line.strip()]
                raise EngineError(
                    f"the cluster cannot render: {lines[-1] if lines else type(told).__name__}"
                ) from told
            work, record = told
            order, _ = self._orders.pop(work)
            self._heard(record.seconds or 0.0)
            self._made(order, record)
        else:
            return
        if self._orders:
            raise EngineError(f"the cluster has lost {len(self._orders)} lines")
        self._manifest.clear_leftovers()  # of workers that died

    def stop(self) -> None:
        """As `Maker.stop`. What the actors have in hand ends with the connection; what they leave
        half written, the next run clears away.
        """
        self._stopping.set()

    def _pump(self) -> None:
        """Its own thread, because who waits for the cluster cannot be interrupted."""
        try:
            for row in self._rows():
                self._told.put((row["work"], Record.of_line(row["record"])))
        except BaseException as error:  # noqa: BLE001  (`finish` raises it)
            self._told.put(error)
        else:
            self._told.put(None)

    def _rows(self) -> Iterator[dict[str, Any]]:
        """What has become of each order, in whichever order that happens."""
        import ray
        import ray.data

        for handler in logging.getLogger("ray.data").handlers:
            if handler.get_name() == "console":
                handler.setLevel(logging.CRITICAL + 1)  # it has a file too; what is wrong is raised
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        portion = max(self._streams // _SHARE, 1)
        on_gpu = self._defaults.engine == "cuda"
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        room = (
            int(resources.get("GPU", 0))
            if on_gpu
            else int(resources.get("CPU", 0)) // self._threads
        )
        portions = -(-len(self._orders) // portion)
        workers = min(self._cluster.workers or max(room, 1), portions)
        rows = [
            {"order": pickle.dumps((order.entry, name, order.work))}
            for order, name in self._orders.values()
        ]
        data = ray.data.from_items(rows, override_num_blocks=portions).map_batches(
            _RenderActor,
            fn_constructor_args=(
                self._defaults,
                str(self._manifest.folder.absolute()),
                self._files_url,
                self._threads,
                self._streams,
            ),
            batch_size=None,  # a block, which is a portion
            compute=ray.data.ActorPoolStrategy(
                size=workers,
                max_tasks_in_flight_per_actor=_IN_HAND,
                max_concurrent_calls_per_actor=_IN_HAND,
                enable_true_multi_threading=True,
            ),
            num_cpus=self._threads,
            num_gpus=1 if on_gpu else 0,
        )
        yield from data.iter_rows()


class _RenderActor:
    """An actor. Its calls come from several threads at once, and share one `LocalMaker`."""

    def __init__(
        self, defaults: Defaults, folder: str, files_url: str | None, threads: int, streams: int
    ) -> None:
        import torch

        torch.set_num_threads(1)  # all threads of the studio compute beside each other
        if files_url is None and not (Path(folder) / NAME).exists():
            raise InputError(
                (
                    f"{folder}: is not seen by {os.uname().nodename}: give a folder that all "
                    f"machines share, or --files URL"
                ),
                field="output",
            )
        self._orders = OrderFactory(defaults)
        self._planning = threading.Lock()  # by one thread at a time, as elsewhere
        self._changed = threading.Condition()
        self._records: dict[str, Record] = {}
        self._error: BaseException | None = None
        files = destination_of(Path(folder), files_url)
        self._maker = LocalMaker(
            self._orders,
            files,
            defaults,
            threads=threads,
            streams=streams,
            made=self._made,
            heard=lambda _: None,
            broken=self._break,
        )
        self._maker.start()

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """A portion: rows of "order" to rows of "work" and "record"."""
        wanted = [pickle.loads(order) for order in batch["order"]]
        for entry, name, work in wanted:
            self._begin(entry, name, work)
        works = [work for _, _, work in wanted]
        with self._changed:
            self._changed.wait_for(
                lambda: self._error is not None or all(work in self._records for work in works)
            )
            if self._error is not None:
                raise self._error
            return {"work": works, "record": [self._records.pop(work).to_line() for work in works]}

    def _begin(self, entry: ListEntry, name: str, work: str) -> None:
        try:
            with self._planning:
                order = self._orders.of(entry)
                if order.work != work:
                    raise InputError(
                        f"{os.uname().nodename} has another release of Sonant or of the voice",
                        field="ray",
                    )
                self._maker.make(order, name)
        except SonantError as error:
            self._keep(work, failed_record(entry.line, entry.id, error, text=entry.text))

    def _made(self, order: RenderOrder, record: Record) -> None:
        self._keep(order.work, record)

    def _keep(self, work: str, record: Record) -> None:
        with self._changed:
            self._records[work] = record
            self._changed.notify_all()

    def _break(self, error: BaseException) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()
