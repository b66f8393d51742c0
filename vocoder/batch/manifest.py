"""The manifest: what has become of each line, one JSON object a line, on the disk before the next
is begun.

    manifest.jsonl      grows by a record when a line is finished; of two records of an id the later
                        counts
    manifest.parquet    the records that count, in the order of the list, when a run ends

Whoever holds the manifest holds the folder: a lock keeps a second run out, and goes when its
process does, however that ends. A record is written after its file has reached the disk, so what
was killed may have left a file without a record, and never a record without its file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Self

from vocoder.audio.formats import FILE_FORMATS
from vocoder.batch.destinations import Destination, FolderDestination, destination_of
from vocoder.batch.names import is_fine
from vocoder.batch.parquet import write_rows
from vocoder.batch.record import Record, columns
from vocoder.errors import ConfigError, InputError

NAME, TABLE = "manifest.jsonl", "manifest.parquet"
_READ = 1 << 20  # bytes at a time


class Manifest:
    """The records of a folder. `append` and the questions may be asked by several threads.

    Args:
        folder: where the manifest is.
        files: where the files are.
        descriptor: of manifest.jsonl; None where there is none yet, and none may be made (a dry
            run).
    """

    def __init__(self, folder: Path, files: Destination, descriptor: int | None) -> None:
        self.folder = folder
        self.files = files
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._end = 0
        self._by_id: dict[
            bytes, tuple[int, int]
        ] = {}  # digest of an id -> number of the line, where the last record begins
        self._by_work: dict[bytes, int] = {}  # digest -> where the last record that is done begins
        self._nameless: list[
            tuple[int, int]
        ] = []  # records of this run that have no id: as `_by_id`
        self._read()

    @classmethod
    def open(cls, folder: Path, files_url: str | None = None) -> Self:
        """The manifest of a folder, for writing: both are made if missing, and what a killed run
        has left half written is cleared away.

        Args:
            folder: of the manifest.
            files_url: where the files are, as `RemoteFiles`; None: in the folder.

        Raises:
            InputError: the folder cannot be made or written to, another run has it, or its manifest
                is something else; `field` is "output".
                Or as `RemoteFiles`.
        """
        path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(
                path,
                os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
                0o666,
            )
        except OSError as error:
            raise InputError(
                f"{path}: cannot be written ({error.strerror})", field="output"
            ) from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InputError(f"{path}: is no file", field="output")
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(
                    f"{folder}: another sonant render is writing into this folder", field="output"
                ) from error
            manifest = cls(folder, destination_of(folder, files_url), descriptor)
            manifest._cut_torn_record()
            manifest.files.make_place()
            manifest.clear_leftovers()
        except BaseException:
            os.close(descriptor)
            raise
        return manifest

    @classmethod
    def look(cls, folder: Path, files_url: str | None = None) -> Self:
        """As `open`, to read alone: nothing is made, locked or cleared away."""
        path = folder / NAME
        files = destination_of(folder, files_url)
        try:
            return cls(
                folder,
                files,
                os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC),
            )
        except FileNotFoundError:
            return cls(folder, files, None)
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read ({error.strerror})", field="output"
            ) from error

    def clear_leftovers(self) -> None:
        """Removes what is half written, of the files and of the table."""
        self.files.clear_leftovers()
        FolderDestination(self.folder).clear_leftovers()

    def close(self) -> None:
        """Lets the folder go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def append(self, record: Record) -> None:
        """One more record, which is on the disk when this returns.

        Raises:
            OSError: the disk is full, or cannot be written to for another reason.
        """
        assert self._descriptor is not None
        data = record.to_line()
        with self._lock:
            written = os.write(self._descriptor, data)
            if written < len(data):  # a full disk: the next write says so
                os.write(self._descriptor, data[written:])
            os.fsync(self._descriptor)
            self._index(record, self._end)
            if record.id is None:
                self._nameless.append((record.line, self._end))
            self._end += len(data)

    def of_id(self, identity: str) -> Record | None:
        """The record of an id that counts."""
        with self._lock:
            found = self._by_id.get(_digest(identity))
        return None if found is None else self._at(found[1])

    def of_work(self, work: str) -> Record | None:
        """The last record that is done of this work; its file need not be there any more."""
        with self._lock:
            offset = self._by_work.get(bytes.fromhex(work))
        return None if offset is None else self._at(offset)

    def is_intact(self, record: Record) -> bool:
        """Whether the record's file is there, and is what the record says."""
        with self.reading(record) as file:
            return (
                file is not None
                and hashlib.file_digest(file, "sha256").hexdigest() == record.sha256
            )

    @contextmanager
    def reading(self, record: Record) -> Iterator[BufferedReader | None]:
        """The record's file, for reading; None where it is missing, of another size, or not a plain
        file of this folder.
        """
        with self._open(record, record.path, FILE_FORMATS) as file:
            if file is None or file.seek(0, os.SEEK_END) != record.num_bytes:
                yield None
                return
            file.seek(0)
            yield file

    def subtitles_of(self, record: Record, form: str) -> bytes | None:
        """What is in the record's subtitles of this form; None where there are none, or not what
        the record says.
        """
        with self._open(record, record.subtitles, (form,)) as file:
            data = None if file is None else file.read()
        return (
            data
            if data is not None and hashlib.sha256(data).hexdigest() == record.subtitles_sha256
            else None
        )

    @contextmanager
    def _open(
        self, record: Record, name: str | None, extensions: Collection[str]
    ) -> Iterator[BufferedReader | None]:
        # The manifest could have been written by anybody: what is no name of ours is not opened.
        stem, dot, extension = (name or "").rpartition(".")
        if record.status != "done" or not (dot and is_fine(stem) and extension in extensions):
            yield None
            return
        with self.files.reading(f"{stem}.{extension}") as file:
            yield file

    def done(self) -> Iterator[Record]:
        """Every record that counts and is done."""
        for _, offset in list(self._by_id.values()):
            record = self._at(offset)
            if record.status == "done":
                yield record

    def write_table(self) -> None:
        """Writes manifest.parquet: the record that counts of each id, and the lines of this run
        that have none; pyarrow must be there.
        """
        offsets = sorted([*self._by_id.values(), *self._nameless])
        write_rows(
            self.folder / TABLE, columns(), (self._at(offset).to_row() for _, offset in offsets)
        )

    def _index(self, record: Record, offset: int) -> None:
        if record.id is not None:
            self._by_id[_digest(record.id)] = (record.line, offset)
        if record.status == "done" and record.work is not None:
            self._by_work[bytes.fromhex(record.work)] = offset

    def _read(self) -> None:
        if self._descriptor is None:
            return
        with os.fdopen(os.dup(self._descriptor), "rb", buffering=_READ) as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break  # the last one, torn
                try:
                    record = Record.of_line(line)
                except ConfigError as error:
                    path = self.folder / NAME
                    raise InputError(
                        (
                            f"{path}, line {number}: is no record of sonant render ({error}): mend "
                            f"it, or move the file away"
                        ),
                        field="output",
                    ) from error
                self._index(record, self._end)
                self._end += len(line)

    def _cut_torn_record(self) -> None:
        assert self._descriptor is not None
        if os.fstat(self._descriptor).st_size > self._end:
            os.ftruncate(self._descriptor, self._end)

    def _at(self, offset: int) -> Record:
        assert self._descriptor is not None
        data = b""
        while b"\n" not in data:
            data += os.pread(self._descriptor, 4_096, offset + len(data))
        return Record.of_line(data.partition(b"\n")[0])


def _digest(identity: str) -> bytes:
    return hashlib.sha256(identity.encode()).digest()[:16]
