"""Files that are there whole or not at all.

The contents go to a temporary name in the same folder, reach the disk (fsync), and only then take the real name, which POSIX does in one
step. Whoever is interrupted leaves what was there before.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vocoder.errors import InputError


@contextmanager
def whole_file(path: Path | str) -> Iterator[BinaryIO]:
    """A binary file to write into, which becomes `path` when the block ends well and vanishes when it does not.

    Args:
        path: the file to be; one that exists is replaced.

    Raises:
        InputError: the folder is missing or may not be written to, or `path` is a folder; `field` is the path.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a file to write", field=str(path))
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}.part"
    try:
        file = temporary.open("x+b")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})", field=str(path)) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name is an entry of the folder: it too must reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
