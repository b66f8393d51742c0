"""Files that are there whole or not at all.

The contents go to a temporary name in the same folder, reach the disk (fsync), and only then take
the real name, which POSIX does in one step. Whoever is interrupted leaves what was there before.
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
def whole_file(path: Path | str, *, follow_links: bool = True) -> Iterator[BinaryIO]:
    """A binary file to write into, which becomes `path` when the block ends well and vanishes when
    it does not.

    Args:
        path: the file to be; one that exists is replaced, and one that a symbolic link names is
            replaced behind the link. A device or a pipe (/dev/null) is
            written into as it is: there is nothing to replace.
        follow_links: False where nothing outside the folder may be touched: then it is a link
            itself that is replaced, and a device or a pipe is refused.

    Raises:
        InputError: the folder is missing or may not be written to, or `path` is a folder; `field`
            is the path.
    """
    target = Path(os.path.realpath(path)) if follow_links else Path(path)
    if target.is_dir() and (follow_links or not target.is_symlink()):
        raise InputError(f"{path}: is a folder, not a file to write", field=str(path))
    regular = target.is_file() or not target.exists() or (target.is_symlink() and not follow_links)
    if not regular and not follow_links:
        raise InputError(
            f"{path}: is neither a file nor a link, and is left alone", field=str(path)
        )
    opened = target.parent / f".{target.name}.{secrets.token_hex(4)}.part" if regular else target
    try:
        file = opened.open("xb" if regular else "wb")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror})", field=str(path)
        ) from error
    if not regular:
        with file:
            yield file
        return
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        opened.replace(target)
    except BaseException:
        opened.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """The new name is an entry of the folder: it too must reach the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
