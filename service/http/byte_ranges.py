"""Byte ranges of an answer (RFC 9110, section 14): one range is enough for whoever lost a
connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from service.http.error_responses import RequestError


@dataclass(frozen=True, kw_only=True)
class ByteRange:
    """Bytes `first` to `last`, both included; not empty."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many."""
        return self.last - self.first + 1


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The range that is asked for.

    Args:
        header: of `Range`.
        size: bytes of the whole, at least 1.

    Returns:
        None where the whole is to be sent: there is no header, or it is not one range of bytes,
            which a server may leave out of account.

    Raises:
        RequestError: 416: nothing of the range is there.
    """
    found = re.fullmatch(
        r"\s*bytes\s*=\s*([0-9]{0,19})-([0-9]{0,19})\s*", header or "", re.IGNORECASE
    )
    if found is None or found[0].strip().endswith("=-"):
        return None
    if not found[1]:
        suffix = int(found[2])
        if suffix == 0:
            raise _unsatisfiable(size)
        return ByteRange(first=max(0, size - suffix), last=size - 1)
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    if first >= size:
        raise _unsatisfiable(size)
    return ByteRange(first=first, last=min(last, size - 1))


def _unsatisfiable(size: int) -> RequestError:
    message = f"there are {size} bytes, and none in this range"
    return RequestError(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "range_not_satisfiable",
        message,
        field="range",
        headers={"Content-Range": f"bytes */{size}"},
    )
