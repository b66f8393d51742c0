"""The serial number of an Ogg stream (RFC 3533), set as its pages are written.

libsndfile draws it from the clock, so that the same sound would give another file each time. Here
every page gets a chosen one, and with it a new checksum:
the same sound is the same bytes.

    page: "OggS" version type | granule 8 | serial 4 | sequence 4 | checksum 4 | segments 1 | table
    of their sizes | body
          0      4       5      6           14         18           22           26           27
"""

from __future__ import annotations

import struct
from typing import BinaryIO

_HEADER_BYTES = 27
_SERIAL, _CHECKSUM, _SEGMENTS = 14, 22, 26
_CAPTURE = b"OggS"


def _table() -> tuple[int, ...]:
    """Of CRC-32 with the polynomial 0x04c11db7, highest bit first, which is Ogg's and no library's
    of Python.
    """
    rows = []
    for index in range(256):
        value = index << 24
        for _ in range(8):
            value = (
                (value << 1) ^ 0x04C1_1DB7 if value & 0x8000_0000 else value << 1
            ) & 0xFFFF_FFFF
        rows.append(value)
    return tuple(rows)


_CRC = _table()


def page_checksum(page: bytes) -> int:
    """Of a page whose checksum field is zero: 0..2**32-1."""
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFF_FFFF) ^ _CRC[(value >> 24) ^ byte]
    return value


class OggSerial:
    """Takes the bytes of an Ogg stream in any pieces, and passes its pages on with another serial
    number.

    Args:
        file: where the pages go.
        serial: 0..2**32-1.
    """

    def __init__(self, file: BinaryIO, serial: int) -> None:
        self._file = file
        self._serial = struct.pack("<I", serial)
        self._pending = bytearray()

    def write(self, data: bytes) -> None:
        """More of the stream; every page that is complete with it is written."""
        self._pending += data
        while (size := self._page_size()) is not None:
            page = self._pending[:size]
            del self._pending[:size]
            page[_SERIAL : _SERIAL + 4] = self._serial
            page[_CHECKSUM : _CHECKSUM + 4] = bytes(4)
            page[_CHECKSUM : _CHECKSUM + 4] = struct.pack("<I", page_checksum(bytes(page)))
            self._file.write(page)

    def close(self) -> None:
        """No more comes."""
        assert not self._pending, f"an Ogg page was cut short: {len(self._pending)} bytes are left"

    def _page_size(self) -> int | None:
        """Bytes of the first page that is waiting, or None where some of it has yet to come."""
        if len(self._pending) < _HEADER_BYTES:
            return None
        assert self._pending.startswith(_CAPTURE), "this is no Ogg page"
        body = _HEADER_BYTES + self._pending[_SEGMENTS]
        if len(self._pending) < body:
            return None
        size = body + sum(self._pending[_HEADER_BYTES:body])
        return size if len(self._pending) >= size else None
