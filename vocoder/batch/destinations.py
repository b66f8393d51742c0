"""Where the files of a run lie: in its folder, or wherever pyarrow or fsspec can write (an object
store, a file system of a cluster).

Files are there whole or not at all, and names are those that `vocoder.batch.names` makes: a place
is flat, and nothing outside it is touched.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from vocoder.audio.whole_file import whole_file
from vocoder.batch.names import is_fine
from vocoder.batch.parquet import NEEDED, is_installed
from vocoder.errors import InputError

if TYPE_CHECKING:
    import pyarrow.fs

# what a file is called that is not whole yet, here and by `whole_file`
_LEFTOVER = re.compile(r"\.([A-Za-z0-9_.-]+)\.[0-9a-f]{8}\.part")


class Destination(Protocol):
    """A place for files. Any thread may use it."""

    def make_place(self) -> None:
        """Makes it where it is missing.

        Raises:
            InputError: it cannot be made.
        """

    def writing(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file to write into, which can be sought in, and is there when the block ends well.

        Raises:
            InputError: there is something of this name that is no file, or the place cannot be
                written to.
            OSError: it does not take it.
        """

    def reading(self, name: str) -> AbstractContextManager[BufferedReader | None]:
        """A file, which can be sought in; None where there is none that can be read."""

    def spool(self) -> AbstractContextManager[BinaryIO]:
        """A file without a name, for what is too long for the memory; it goes whatever happens."""

    def clear_leftovers(self) -> None:
        """Removes what somebody who was killed has left half written."""


class FolderDestination:
    """A folder of this machine, or one that several machines see.

    Args:
        folder: that exists.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make_place(self) -> None:
        """It is there."""

    def writing(self, name: str) -> AbstractContextManager[BinaryIO]:
        """As `Destination.writing`; a link of this name is replaced, not followed."""
        return whole_file(self.folder / name, follow_links=False)

    @contextmanager
    def reading(self, name: str) -> Iterator[BufferedReader | None]:
        """As `Destination.reading`; what is no plain file is none."""
        try:
            descriptor = os.open(
                self.folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
        except OSError:  # missing, a link, or not to be read: then it has to be made
            yield None
            return
        with os.fdopen(descriptor, "rb") as file:
            yield file if stat.S_ISREG(os.fstat(descriptor).st_mode) else None

    def spool(self) -> AbstractContextManager[BinaryIO]:
        """As `Destination.spool`, on the disk that the files go to."""
        return tempfile.TemporaryFile(dir=self.folder)

    def clear_leftovers(self) -> None:
        """As `Destination.clear_leftovers`: only what bears a name that this package gives; the
        folder may hold other things.
        """
        for path in self.folder.iterdir():
            if _is_leftover(path.name) and not path.is_dir():
                path.unlink(missing_ok=True)


class RemoteDestination:
    """A place that a URL names.

    Args:
        url: of a folder, as pyarrow (file, s3, gs, hdfs) or, for every other scheme, fsspec has
            them.

    Raises:
        InputError: pyarrow is missing, or the URL names nothing; `field` is "files".
    """

    def __init__(self, url: str) -> None:
        if not is_installed():
            raise InputError(f"files elsewhere than in a folder: {NEEDED}", field="files")
        self._url = url
        self._file_system, self._root = _resolved(url)

    def make_place(self) -> None:
        """As `Destination.make_place`; `field` is "files"."""
        try:
            self._file_system.create_dir(self._root, recursive=True)
        except OSError as error:
            raise InputError(
                f"{self._url}: cannot be written to ({error})", field="files"
            ) from error

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """As `Destination.writing`. It is made here, and goes there when it is whole: first under
        another name, for some stores take a file in parts.
        """
        with self.spool() as file:
            yield file
            file.seek(0)
            partly = self._path(f".{name}.{secrets.token_hex(4)}.part")
            try:
                with self._file_system.open_output_stream(partly) as there:
                    shutil.copyfileobj(file, there)
                self._file_system.move(partly, self._path(name))
            except BaseException:
                self._delete(partly)
                raise

    @contextmanager
    def reading(self, name: str) -> Iterator[BufferedReader | None]:
        """As `Destination.reading`."""
        try:
            file = self._file_system.open_input_file(self._path(name))
        except FileNotFoundError:
            yield None
            return
        with BufferedReader(file) as buffered:
            yield buffered

    def spool(self) -> AbstractContextManager[BinaryIO]:
        """As `Destination.spool`, where this machine keeps its temporary files."""
        return tempfile.TemporaryFile()

    def clear_leftovers(self) -> None:
        """As `Destination.clear_leftovers`."""
        from pyarrow.fs import FileSelector

        for found in self._file_system.get_file_info(FileSelector(self._root)):
            if found.is_file and _is_leftover(found.base_name):
                self._delete(found.path)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _delete(self, path: str) -> None:
        try:
            self._file_system.delete_file(path)
        except FileNotFoundError:
            return  # nothing has come of it yet


def destination_of(folder: Path, url: str | None) -> Destination:
    """The place that a run writes to: its folder, or the URL where one is given. Errors as
    `RemoteDestination`.
    """
    return FolderDestination(folder) if url is None else RemoteDestination(url)


def _resolved(url: str) -> tuple[pyarrow.fs.FileSystem, str]:
    from pyarrow import ArrowException
    from pyarrow.fs import FileSystem, FSSpecHandler, PyFileSystem

    if "://" not in url:
        raise InputError(f"{url!r} is no URL: a folder is given with --output alone", field="files")
    try:
        if url.partition("://")[0] in ("file", "s3", "gs", "gcs", "hdfs", "viewfs"):
            file_system, root = FileSystem.from_uri(url)
        else:
            from fsspec.core import url_to_fs

            other, root = url_to_fs(url)
            file_system = PyFileSystem(FSSpecHandler(other))
    except (ArrowException, OSError, ValueError, ImportError) as error:
        raise InputError(f"{url}: is no place for files ({error})", field="files") from error
    return file_system, root.rstrip("/")


def _is_leftover(name: str) -> bool:
    match = _LEFTOVER.fullmatch(name)
    return match is not None and (
        match[1] == "manifest.parquet" or is_fine(match[1].rpartition(".")[0])
    )
