"""What a request says beside its body: who asks, how long the client would wait for room, and
whether it is still there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TypeVar

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.types import Receive

from service.frontend.client_limits import Client
from service.http.error_responses import CLIENT_LEFT, RequestError
from service.http.tasks import cancel_tasks

Result = TypeVar("Result")
MOST_WAIT_SECONDS = 60


def client_of(request: HTTPConnection) -> Client:
    """Who asks."""
    # left there by service.http.middleware
    key: str | None = request.scope.get("state", {}).get("key")
    return Client(address="" if request.client is None else request.client.host, key=key)


def wait_seconds_of(request: Request) -> float:
    """How long the client would wait for room: `Prefer: wait=SECONDS` (RFC 7240), at most a minute;
    0 where it does not say.

    Raises:
        RequestError: the number of seconds is not one.
    """
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        name, equals, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() != "wait" or not equals:
            continue
        if not re.fullmatch(r"[0-9]{1,9}", value.strip()):
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                "invalid_header",
                f"Prefer: wait must be a number of seconds, not {value.strip()!r}",
                field="prefer",
            )
        return float(min(int(value), MOST_WAIT_SECONDS))
    return 0.0


async def cancel_if_disconnected(
    request: Request, work: Coroutine[object, object, Result]
) -> Result:
    """What the work gives; it is cancelled where the client leaves before.

    Args:
        request: whose body has been read.
        work: something that takes a while.

    Raises:
        RequestError: the client has left.
    """
    working, leaving = (
        asyncio.create_task(work),
        asyncio.create_task(wait_for_disconnect(request.receive)),
    )
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise RequestError(CLIENT_LEFT, "client_left", "the client has left")
        return working.result()
    finally:
        await cancel_tasks(working, leaving)


async def wait_for_disconnect(receive: Receive) -> None:
    """Until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
