"""Preconditions of requests (RFC 9110, section 13): so that two who edit the same thing do not undo
each other's work unknowingly.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.datastructures import Headers

from service.http.error_responses import RequestError

_TAG = re.compile(r'(W/)?("[^"]*")')


def check_edit(headers: Headers, tag: str | None) -> None:
    """Whether an edit may be made.

    Args:
        headers: of the request; `If-Match` and `If-None-Match` count.
        tag: the entity tag of what is there, with its quotation marks; None where there is nothing.

    Raises:
        RequestError: 412; it has been edited since the client looked, or is there where the client
            counts on nothing.
    """
    wanted, unwanted = headers.get("if-match"), headers.get("if-none-match")
    if wanted is not None and not _matches(wanted, tag):
        message = "it is not what it was when you looked: get it again, and edit that"
        raise RequestError(
            HTTPStatus.PRECONDITION_FAILED, "precondition_failed", message, field="if-match"
        )
    if unwanted is not None and _matches(unwanted, tag):
        raise RequestError(
            HTTPStatus.PRECONDITION_FAILED,
            "precondition_failed",
            "there is one already",
            field="if-none-match",
        )


def is_known(headers: Headers, tag: str) -> bool:
    """Whether the client has it already, and says so by `If-None-Match`."""
    known = headers.get("if-none-match")
    return known is not None and _matches(known, tag, weakly=True)


def _matches(header: str, tag: str | None, *, weakly: bool = False) -> bool:
    if header.strip() == "*":
        return tag is not None
    return any(found[2] == tag and (weakly or not found[1]) for found in _TAG.finditer(header))
