"""The files of a job as one stream: a ZIP archive, written as it is read, so that it needs neither
disk nor memory.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PIECE_BYTES = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of an archive.

    Attributes:
        name: in the archive.
        source: where it is, or what is in it.
    """

    name: str
    source: Path | bytes


class _Pipe(io.RawIOBase):
    """What is written, until it is taken. It cannot be sought in, so sizes come behind the files
    that they are of.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self._waiting += piece
        return len(piece)

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def zipped(members: Iterator[Member]) -> Iterator[bytes]:
    """The archive's bytes, piece by piece. Sound is not compressed: most of it is already.

    Raises:
        OSError: a file is not there any more.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            # A date that is always the same: the same job is the same archive.
            info = zipfile.ZipInfo(member.name)
            info.external_attr = 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as entry:
                if isinstance(member.source, bytes):
                    entry.write(member.source)
                else:
                    with member.source.open("rb") as file:
                        while piece := file.read(_PIECE_BYTES):
                            entry.write(piece)
                            yield pipe.take()
            yield pipe.take()
    yield pipe.take()
