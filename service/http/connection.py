"""One connection of HTTP/1: uvicorn's protocol with limits on what is sent before an answer.

A request that has not fully arrived costs the service memory and a file descriptor. So its head
may only be so large, and head and body must arrive in time. The number of connections is limited,
too. Whoever breaks a limit gets 431, 408 or 503, and the connection is closed.
"""

from __future__ import annotations

import asyncio
import json
import resource
from asyncio.events import TimerHandle
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.settings import ServiceSettings

HEAD_LIMIT = 65_536  # bytes of a request's first line and headers
_SPARE_DESCRIPTORS = 64  # for what is no connection: pipes of workers, files, the listener
_LEAST_DESCRIPTORS = 16  # connections that are left where descriptors are few


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """Limits of every connection.

    Attributes:
        connections: that may be open at once.
        head_seconds: from the connection, or the end of the answer before, to the end of a head.
        body_seconds: from the end of the head to that of the body, beside what `body_rate` allows.
        body_rate: bytes a second that a body must reach.
    """

    connections: int
    head_seconds: float
    body_seconds: float
    body_rate: float = 10_000.0

    @classmethod
    def of_settings(cls, settings: ServiceSettings) -> ConnectionLimits:
        """As the settings say; no more connections than the process has file descriptors for."""
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        available = max(soft - _SPARE_DESCRIPTORS, _LEAST_DESCRIPTORS)
        return cls(
            connections=min(settings.connection_limit, available),
            head_seconds=settings.head_seconds,
            body_seconds=settings.body_seconds,
        )


class ClosingCycle(RequestResponseCycle):
    """A request of HTTP/1.0 and its answer, whose end is that of the connection where no length is
    known: that version has no chunked bodies (RFC 9112, section 6.3).
    """

    _ends_by_closing = False

    async def send(self, message: ASGISendEvent) -> None:
        """Sends a part of the answer."""
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message.get("headers", [])}
            self._ends_by_closing = b"content-length" not in names
            if self._ends_by_closing:
                self.chunked_encoding = False
        elif message["type"] == "http.response.body" and self._ends_by_closing:
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


def raise_descriptor_limit() -> None:
    """Lets the process open as many files as its hard limit allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limited_protocol(limits: ConnectionLimits) -> type[HttpToolsProtocol]:
    """The protocol that uvicorn makes for each connection."""

    class Limited(LimitedProtocol):
        limits_of_all = limits

    return Limited


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with `limits_of_all`."""

    limits_of_all: ConnectionLimits

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timer: TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0
        self._body_bytes = 0
        self._body_since = 0.0
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for a request, where there is room for one more connection."""
        super().connection_made(transport)
        if len(self.connections) > self.limits_of_all.connections:
            self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "at_capacity",
                "as many connections are open as there may be",
                retry_after=1,
            )
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts what arrives, and reads it."""
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        else:
            self._body_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_LIMIT:
            self._refuse_head()

    def on_headers_complete(self) -> None:
        """The head is there: from now on the body is waited for."""
        if self._refused:
            return
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_LIMIT:
            self._refuse_head()
            return
        self._stop_timer()
        self._in_head = False
        super().on_headers_complete()
        if self.scope["http_version"] == "1.0":
            # uvicorn names the class; its task takes `send` from here only when it begins.
            self.cycle.__class__ = ClosingCycle
        if self._timer is None and not self.transport.is_closing():
            self._body_bytes, self._body_since = 0, self.loop.time()
            self._timer = self.loop.call_later(self.limits_of_all.body_seconds, self._check_body)

    def on_body(self, body: bytes) -> None:
        """Nothing of a request that was refused."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        if self._refused:
            return
        self._stop_timer()
        self._in_head, self._head_bytes = True, 0
        super().on_message_complete()

    def on_message_begin(self) -> None:
        """Another request, perhaps on a connection that was kept."""
        super().on_message_begin()
        if self._timer is None and not self._refused:
            self._await_head()

    def handle_websocket_upgrade(self) -> None:
        """Nothing is waited for on a connection that becomes a WebSocket."""
        self._stop_timer()
        super().handle_websocket_upgrade()

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self.limits_of_all.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_head()  # the next request may come slowly while this one is answered
            return
        if self._head_bytes == 0:  # nothing was asked, so nothing is answered
            self._refused = True
            self.transport.close()
            return
        self._refuse(
            HTTPStatus.REQUEST_TIMEOUT, "request_timeout", "the request's head did not arrive"
        )

    def _check_body(self) -> None:
        """Closes where the body is slower than it may be; asks again later where it is not."""
        self._timer = None
        limits = self.limits_of_all
        allowed = limits.body_seconds + self._body_bytes / limits.body_rate
        left = self._body_since + allowed - self.loop.time()
        if self.flow.read_paused:  # it is the service that does not read on
            left = max(left, limits.body_seconds)
        if left > 0:
            self._timer = self.loop.call_later(left, self._check_body)
            return
        self._refuse(
            HTTPStatus.REQUEST_TIMEOUT, "request_timeout", "the request's body did not arrive"
        )

    def _refuse_head(self) -> None:
        self._refuse(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "head_too_large",
            f"the request's head is larger than {HEAD_LIMIT} bytes",
        )

    def _refuse(
        self, status: HTTPStatus, code: str, message: str, *, retry_after: int | None = None
    ) -> None:
        """Answers where nothing has been answered yet, and closes the connection."""
        self._refused = True
        self._stop_timer()
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            body = json.dumps({"error": {"code": code, "message": message, "field": None}}).encode()
            lines = [
                f"HTTP/1.1 {status.value} {status.phrase}",
                "content-type: application/json",
                f"content-length: {len(body)}",
                "connection: close",
                *([] if retry_after is None else [f"retry-after: {retry_after}"]),
                "",
                "",
            ]
            self.transport.write("\r\n".join(lines).encode() + body)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # the application hears that its client is gone
            self.cycle.message_event.set()
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
