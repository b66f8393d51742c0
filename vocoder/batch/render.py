"""Renders a list into a folder: `render` is the whole of `sonant render`, without its options and
its screen.

    feeder      reads the list, knows what is there already, and orders what is missing
    maker       makes it (vocoder.batch.makers), here or on other machines
    manifest    is told of each line that has been made, copied, or cannot be

All three run beside each other, and the caller's thread waits and can be interrupted.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from vocoder.batch.cluster import Cluster, ClusterMaker
from vocoder.batch.destinations import Destination
from vocoder.batch.list_entries import BadLine, ListEntry
from vocoder.batch.lists import ListFile
from vocoder.batch.makers import Broken, Heard, LocalMaker, Made, Maker
from vocoder.batch.manifest import Manifest
from vocoder.batch.names import Names
from vocoder.batch.parquet import is_installed
from vocoder.batch.progress import ProgressListener, RunProgress
from vocoder.batch.record import Record
from vocoder.batch.render_orders import Defaults, OrderFactory, RenderOrder
from vocoder.batch.reporting import failed_record, now
from vocoder.batch.subtitle_files import SubtitleFile, subtitle_name
from vocoder.errors import InputError, SonantError
from vocoder.synthesis.planning import Plan
from vocoder.text import source_text

_TICK_SECONDS = 0.1
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class _Duplicate:
    """A line that asks for what is being made for another."""

    entry: ListEntry
    name: str


def render(
    wanted: ListFile,
    folder: Path,
    defaults: Defaults,
    *,
    threads: int,
    streams: int,
    strict: bool = False,
    watcher: ProgressListener | None = None,
    files_url: str | None = None,
    cluster: Cluster | None = None,
) -> RunProgress:
    """Renders every line of a list that is not there yet, and writes the manifest.

    Args:
        wanted: the list.
        folder: made if missing; nothing outside it is touched.
        defaults: what counts where a line says nothing.
        threads: at least 1.
        streams: at least 1: lines that are spoken at once.
        strict: ends the run with the first line that cannot be done; what others have begun is left
            for another run.
        watcher: is told how it goes.
        files_url: where the files go in place of the folder, as
            `vocoder.batch.destinations.RemoteDestination`; the manifest stays in the folder.
        cluster: whose machines make the files; None: this one does. Then `threads` and `streams`
            are those of each of its workers.

    Returns:
        what has become of the lines.

    Raises:
        InputError: the list, the folder, the URL, the cluster or the defaults are wrong as a whole.
        SonantError: the default voice or the engine cannot be used.
        OSError: the disk is full, or cannot be written to.

    Whatever is raised, also an interruption: what is finished is in the manifest, and nothing else
    is left.
    """
    orders = OrderFactory(defaults)
    # What is wrong with the list as a whole shows with its first line: before there is a folder.
    entries = wanted.entries()
    entries = _with_first(next(entries, None), entries)
    manifest = Manifest.open(folder, files_url)

    def maker(made: Made, heard: Heard, broken: Broken) -> Maker:
        if cluster is None:
            return LocalMaker(
                orders,
                manifest.files,
                defaults,
                threads=threads,
                streams=streams,
                made=made,
                heard=heard,
                broken=broken,
            )
        return ClusterMaker(
            cluster,
            manifest,
            files_url,
            defaults,
            threads=threads,
            streams=streams,
            made=made,
            heard=heard,
        )

    try:
        tally = _RenderRun(
            entries,
            manifest,
            orders,
            maker,
            form=defaults.subtitles,
            strict=strict,
            watcher=watcher or ProgressListener(),
        ).run()
        if is_installed():
            manifest.write_table()
        return tally
    finally:
        manifest.close()


class _RenderRun:
    """One run. The lock guards the tally, the table of what is being made and the watcher."""

    def __init__(
        self,
        entries: Generator[ListEntry | BadLine],
        manifest: Manifest,
        orders: OrderFactory,
        maker: Callable[[Made, Heard, Broken], Maker],
        *,
        form: str | None,
        strict: bool,
        watcher: ProgressListener,
    ) -> None:
        self._entries = entries
        self._manifest = manifest
        self._orders = orders
        self._form = form
        self._strict = strict
        self._watcher = watcher
        self._tally = RunProgress()
        self._names = Names()
        for record in manifest.done():
            if record.id is not None and record.path is not None:
                self._names.keep(record.id, record.path.rpartition(".")[0])
        self._lock = threading.Lock()
        self._making: dict[str, list[_Duplicate]] = {}  # works, and the lines that wait for a copy
        self._stopping = threading.Event()
        self._ended = threading.Event()  # set when nothing more will be made
        self._error: BaseException | None = None
        self._maker = maker(self._made, self._heard, self._break)
        self._feeder = threading.Thread(
            target=self._guarded, args=(self._feed,), name="feeder", daemon=True
        )

    def run(self) -> RunProgress:
        try:
            self._maker.start()
            self._feeder.start()
            # Not by joining: Python 3.11 takes a thread for ended whose `join` was interrupted, and
            # would not wait for it in `_wind_up`.
            over = False
            while not over:
                over = self._ended.wait(_TICK_SECONDS) or self._stopping.is_set()
                with self._lock:
                    tally = replace(self._tally)
                self._watcher.ticked(tally)
        finally:
            self._wind_up()
        if self._error is not None:
            raise self._error
        return self._tally

    def _wind_up(self) -> None:
        """Ends all threads, and clears away what is not finished."""
        self._stopping.set()
        self._maker.stop()
        if self._feeder.ident is not None:
            # it may be waiting for a line of a pipe that nobody writes
            self._feeder.join(_PATIENCE_SECONDS)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (`run` raises it)
            self._break(error)

    def _break(self, error: BaseException) -> None:
        with self._lock:
            self._error = self._error or error
        self._stopping.set()

    # The feeder's thread

    def _feed(self) -> None:
        with closing(self._entries):
            for entry in self._entries:
                if self._stopping.is_set():
                    return
                if isinstance(entry, BadLine):
                    self._fail(
                        failed_record(
                            entry.line, entry.id, InputError(entry.reason, field=entry.field)
                        )
                    )
                    continue
                try:
                    self._take_on(entry, self._orders.of(entry))
                except SonantError as error:
                    self._fail(failed_record(entry.line, entry.id, error, text=entry.text))
        self._maker.finish()
        self._ended.set()

    def _take_on(self, entry: ListEntry, order: RenderOrder) -> None:
        known = self._manifest.of_id(entry.id)
        if known is not None and known.work == order.work and self._manifest.is_intact(known):
            self._complete(known, order)
            self._count("kept", entry)
            return
        name = f"{self._names.of(entry.id)}.{order.format}"
        with self._lock:
            twins = self._making.get(order.work)
            if twins is not None:
                twins.append(_Duplicate(entry=entry, name=name))
                return
        source = self._manifest.of_work(order.work)
        if source is not None and self._copy(source, entry, name, lambda: self._orders.plan(order)):
            return
        with self._lock:
            self._making[order.work] = []
        try:
            self._maker.make(order, name)
        except SonantError:
            with self._lock:
                del self._making[order.work]
            raise

    def _complete(self, known: Record, order: RenderOrder) -> None:
        """Writes the subtitles that are lacking beside sound that is there: nothing is spoken for
        them.
        """
        assert known.path is not None
        if self._form is None or self._manifest.subtitles_of(known, self._form) is not None:
            return
        subtitles = SubtitleFile.of(self._orders.plan(order), sound=known.path, form=self._form)
        subtitles.write(self._manifest.files)
        self._manifest.append(
            replace(known, subtitles=subtitles.name, subtitles_sha256=subtitles.sha256)
        )

    # The maker's threads

    def _heard(self, seconds: float) -> None:
        with self._lock:
            self._tally.seconds += seconds

    def _made(self, order: RenderOrder, record: Record) -> None:
        if record.status == "failed":
            self._fail(record)
        else:
            self._manifest.append(record)
            self._count("rendered", order.entry, seconds=record.seconds or 0.0)
        # Only now: who asks for the same finds either this or the record.
        with self._lock:
            twins = self._making.pop(order.work)
        for twin in twins:
            if record.status == "failed":
                self._fail(replace(record, line=twin.entry.line, id=twin.entry.id))
            elif not self._copy(record, twin.entry, twin.name, None):
                raise OSError(None, "has been changed by another program", record.path)

    # Any thread

    def _copy(
        self, source: Record, entry: ListEntry, name: str, plan: Callable[[], Plan] | None
    ) -> bool:
        """The file of a line that asks for the same as another; False where the other's file is not
        what its record says.

        `plan`: what is said, for subtitles that the other has not; None where it must have them.
        """
        begun = now()
        if source.id == entry.id or not self._manifest.is_intact(source):
            return False
        with self._manifest.reading(source) as file:
            if file is None:
                return False
            _copy_file(file, self._manifest.files, name)
        subtitles = None
        if self._form is not None:
            data = self._manifest.subtitles_of(source, self._form)
            if data is not None:
                subtitles = SubtitleFile(name=subtitle_name(name, self._form), data=data)
            elif plan is not None:
                subtitles = SubtitleFile.of(plan(), sound=name, form=self._form)
            else:
                return False
            subtitles.write(self._manifest.files)
        record = replace(
            source,
            line=entry.line,
            id=entry.id,
            same_as=source.same_as or source.id,
            path=name,
            subtitles=None if subtitles is None else subtitles.name,
            subtitles_sha256=None if subtitles is None else subtitles.sha256,
            begun=begun,
            finished=now(),
        )
        if not self._manifest.is_intact(record):
            return False
        self._manifest.append(record)
        self._count("copied", entry)
        return True

    def _count(self, what: str, entry: ListEntry, *, seconds: float = 0.0) -> None:
        with self._lock:
            self._tally.lines += 1
            self._tally.characters += len(source_text(entry.text))
            match what:
                case "rendered":
                    self._tally.rendered += 1
                    self._tally.spoken_characters += len(source_text(entry.text))
                    self._tally.rendered_seconds += seconds
                case "copied":
                    self._tally.copied += 1
                case _:
                    self._tally.kept += 1

    def _fail(self, record: Record) -> None:
        self._manifest.append(record)
        with self._lock:
            self._tally.lines += 1
            self._tally.failed += 1
            self._watcher.failed(record)
        if self._strict:
            self._stopping.set()


def _with_first(
    first: ListEntry | BadLine | None, others: Generator[ListEntry | BadLine]
) -> Generator[ListEntry | BadLine]:
    with closing(others):
        if first is not None:
            yield first
        yield from others


def _copy_file(file: BinaryIO, files: Destination, name: str) -> None:
    with files.writing(name) as copy:
        shutil.copyfileobj(file, copy)
