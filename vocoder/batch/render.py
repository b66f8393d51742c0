"""Renders a list into a folder: `render` is the whole of `sonant render`, without its options and its screen.

    feeder      reads the list, plans, knows what is there already, and hands sessions on; never more than can be spoken soon
    studio      speaks (vocoder.batch.studio), a thread a core
    finisher    brings files to the disk, gives them their names, writes the manifest

All three run beside each other, and the caller's thread waits and can be interrupted. What is in memory is what is being spoken.
"""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from vocoder.audio.whole_file import whole_file
from vocoder.batch.beside import Subtitles, name_beside
from vocoder.batch.entries import BadLine, Entry
from vocoder.batch.lists import ListFile
from vocoder.batch.manifest import Manifest
from vocoder.batch.names import Names
from vocoder.batch.orders import Defaults, Order, Orders
from vocoder.batch.parquet import is_installed
from vocoder.batch.progress import Tally, Watcher
from vocoder.batch.record import Record
from vocoder.batch.reporting import failed_record, now, session_record
from vocoder.batch.studio import Session, Studio
from vocoder.batch.take import Take
from vocoder.engine.reference import one_torch_thread
from vocoder.errors import InputError, SonantError
from vocoder.planning import Plan
from vocoder.text import written

_AHEAD = 2  # sessions a thread that are planned and wait
_TICK_SECONDS = 0.1
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class _Twin:
    """A line that asks for what a session is already making."""

    entry: Entry
    name: str


@dataclass(kw_only=True)
class _Making:
    """A session, and the lines that wait for a copy of its file."""

    session: Session
    take: Take
    twins: list[_Twin] = field(default_factory=list)


def render(wanted: ListFile, folder: Path, defaults: Defaults, *, threads: int, streams: int, strict: bool = False, watcher: Watcher | None = None) -> Tally:
    """Renders every line of a list that is not there yet, and writes the manifest.

    Args:
        wanted: the list.
        folder: made if missing; nothing outside it is touched.
        defaults: what counts where a line says nothing.
        threads: at least 1.
        streams: at least 1: lines that are spoken at once.
        strict: ends the run with the first line that cannot be done; what others have begun is left for another run.
        watcher: is told how it goes.

    Returns:
        what has become of the lines.

    Raises:
        InputError: the list, the folder or the defaults are wrong as a whole.
        SonantError: the default voice or the engine cannot be used.
        OSError: the disk is full, or cannot be written to.

    Whatever is raised, also an interruption: what is finished is in the manifest, and nothing else is left.
    """
    orders = Orders(defaults)
    # What is wrong with the list as a whole shows with its first line: before there is a folder.
    entries = wanted.entries()
    entries = _with_first(next(entries, None), entries)
    manifest = Manifest.open(folder)
    try:
        # All threads compute with torch, beside each other: the number of its own is set once, before they begin.
        with one_torch_thread():
            tally = _Run(entries, manifest, orders, defaults, threads=threads, streams=streams, strict=strict, watcher=watcher or Watcher()).run()
        if is_installed():
            manifest.write_table()
        return tally
    finally:
        manifest.close()


class _Run:
    """One run. The lock guards the tally, the table of what is being made and the watcher."""

    def __init__(
        self,
        entries: Generator[Entry | BadLine],
        manifest: Manifest,
        orders: Orders,
        defaults: Defaults,
        *,
        threads: int,
        streams: int,
        strict: bool,
        watcher: Watcher,
    ) -> None:
        self._entries = entries
        self._manifest = manifest
        self._orders = orders
        self._loudness = defaults.loudness
        self._form = defaults.subtitles
        self._strict = strict
        self._watcher = watcher
        self._tally = Tally()
        self._names = Names()
        for record in manifest.done():
            if record.id is not None and record.path is not None:
                self._names.keep(record.id, record.path.rpartition(".")[0])
        self._lock = threading.Lock()
        self._making: dict[str, _Making] = {}
        self._room = threading.Semaphore(streams + _AHEAD * threads)
        self._finished: queue.SimpleQueue[tuple[Session, SonantError | None] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._ended = threading.Event()  # set when nothing more will be finished
        self._error: BaseException | None = None
        self._studio = Studio(threads=threads, streams=streams, deliver=self._deliver, heard=self._heard, broken=self._break)
        self._feeder = threading.Thread(target=self._guarded, args=(self._feed,), name="feeder", daemon=True)
        self._finisher = threading.Thread(target=self._guarded, args=(self._finish,), name="finisher", daemon=True)

    def run(self) -> Tally:
        try:
            self._studio.start()
            self._finisher.start()
            self._feeder.start()
            # Not by joining: Python 3.11 takes a thread for ended whose `join` was interrupted, and would not wait for it in `_wind_up`.
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
        self._studio.stop()
        if self._feeder.ident is not None:
            self._feeder.join(_PATIENCE_SECONDS)  # it may be waiting for a line of a pipe that nobody writes
        self._finished.put(None)
        if self._finisher.ident is not None:
            self._finisher.join()
        for making in self._making.values():
            making.take.abandon()

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
                    self._fail(failed_record(entry.line, entry.id, InputError(entry.reason, field=entry.field)))
                    continue
                try:
                    self._take_on(entry, self._orders.of(entry))
                except SonantError as error:
                    self._fail(failed_record(entry.line, entry.id, error, text=entry.text))
        self._studio.close()
        self._studio.join()
        self._finished.put(None)

    def _take_on(self, entry: Entry, order: Order) -> None:
        known = self._manifest.of_id(entry.id)
        if known is not None and known.work == order.work and self._manifest.is_intact(known):
            self._complete(known, order)
            self._count("kept", entry)
            return
        name = f"{self._names.of(entry.id)}.{order.format}"
        with self._lock:
            making = self._making.get(order.work)
            if making is not None:
                making.twins.append(_Twin(entry=entry, name=name))
                return
        source = self._manifest.of_work(order.work)
        if source is not None and self._copy(source, entry, name, lambda: self._orders.plan(order)):
            return
        while not self._room.acquire(timeout=_TICK_SECONDS):
            if self._stopping.is_set():
                return
        self._begin(order, name)

    def _begin(self, order: Order, name: str) -> None:
        begun = now()
        try:
            plan = self._orders.plan(order)
            subtitles = None if self._form is None else Subtitles.of(plan, sound=name, form=self._form)
            take = Take(
                self._manifest.folder / name,
                sample_rate=plan.sample_rate,
                format_name=order.format,
                num_samples=plan.num_samples,
                loudness=self._loudness,
                subtitles=subtitles,
                serial=int(order.work[:8], 16),
                name="the sound",
            )
        except SonantError:
            self._room.release()
            raise
        session = Session(order=order, plan=plan, name=name, utterance=order.voice.utterance(plan, seed=order.seed), take=take, begun=begun)
        with self._lock:
            self._making[order.work] = _Making(session=session, take=take)
        self._studio.admit(session)

    def _complete(self, known: Record, order: Order) -> None:
        """Writes the subtitles that are lacking beside sound that is there: nothing is spoken for them."""
        assert known.path is not None
        if self._form is None or self._manifest.subtitles_of(known, self._form) is not None:
            return
        subtitles = Subtitles.of(self._orders.plan(order), sound=known.path, form=self._form)
        subtitles.write(self._manifest.folder)
        self._manifest.append(replace(known, subtitles=subtitles.name, subtitles_sha256=subtitles.sha256))

    # The studio's threads

    def _deliver(self, session: Session, error: SonantError | None) -> None:
        self._finished.put((session, error))

    def _heard(self, seconds: float) -> None:
        with self._lock:
            self._tally.seconds += seconds

    # The finisher's thread

    def _finish(self) -> None:
        try:
            self._finish_all()
        finally:
            self._ended.set()

    def _finish_all(self) -> None:
        while (delivered := self._finished.get()) is not None:
            session, error = delivered
            if self._stopping.is_set():
                continue  # `_wind_up` clears it away
            with self._lock:
                making = self._making[session.order.work]
            record = self._completed(session, making.take, error)
            # Only now: who asks for the same finds either this or the record.
            with self._lock:
                del self._making[session.order.work]
            self._room.release()
            self._copy_to_twins(making, record)

    def _copy_to_twins(self, making: _Making, record: Record) -> None:
        for twin in making.twins:
            if record.status == "failed":
                self._fail(replace(record, line=twin.entry.line, id=twin.entry.id))
            elif not self._copy(record, twin.entry, twin.name, lambda: making.session.plan):
                raise OSError(None, "has been changed by another program", str(self._manifest.folder / making.session.name))

    def _completed(self, session: Session, take: Take, error: SonantError | None) -> Record:
        entry = session.order.entry
        if error is not None:
            take.abandon()
            record = failed_record(entry.line, entry.id, error, text=entry.text)
            self._fail(record)
            return record
        record = session_record(session, take.finish(), finished=now())
        self._manifest.append(record)
        self._count("rendered", entry, seconds=session.plan.seconds)
        return record

    # Any thread

    def _copy(self, source: Record, entry: Entry, name: str, plan: Callable[[], Plan]) -> bool:
        """The file of a line that asks for the same as another; False where the other's file is not what its record says."""
        begun = now()
        if source.id == entry.id or not self._manifest.is_intact(source):
            return False
        with self._manifest.reading(source) as file:
            if file is None:
                return False
            _copy_file(file, self._manifest.folder / name)
        subtitles = None
        if self._form is not None:
            data = self._manifest.subtitles_of(source, self._form)
            subtitles = Subtitles.of(plan(), sound=name, form=self._form) if data is None else Subtitles(name=name_beside(name, self._form), data=data)
            subtitles.write(self._manifest.folder)
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

    def _count(self, what: str, entry: Entry, *, seconds: float = 0.0) -> None:
        with self._lock:
            self._tally.lines += 1
            self._tally.characters += len(written(entry.text))
            match what:
                case "rendered":
                    self._tally.rendered += 1
                    self._tally.spoken_characters += len(written(entry.text))
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


def _with_first(first: Entry | BadLine | None, others: Generator[Entry | BadLine]) -> Generator[Entry | BadLine]:
    with closing(others):
        if first is not None:
            yield first
        yield from others


def _copy_file(file: BinaryIO, path: Path) -> None:
    with whole_file(path, follow_links=False) as copy:
        shutil.copyfileobj(file, copy)
