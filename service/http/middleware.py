"""What every request goes through: it gets an id, shows its key, and leaves a line in the log.

The line is JSON, with the request's id, what was asked for and what became of it: never the text,
nor a key. A WebSocket's is written when it is closed.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.frontend.client_limits import Client
from service.http.error_responses import RequestError, problem_response
from service.http.paths import inner_path
from service.http.request_context import client_of
from service.keys import ApiKeys
from service.observability.logs import REQUESTS
from service.observability.traces import NO_TRACES, RequestTrace, Traces
from vocoder.errors import CapacityError, ClientLimitError

log = logging.getLogger(REQUESTS)
REQUEST_ID = "X-Request-Id"
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_POLICY_VIOLATION = 1008
_METRICS = "/metrics"
_PUBLIC_PATHS = ("/", "/healthz", "/readyz", "/openapi.json")
_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
_SPEAKING_PATHS = ("/streams", "/api/tts")  # that are charged whatever the method
_PUBLIC_PREFIX = "/page/"  # the page's own files: it is the page that asks for the key


def is_public(method: str, path: str, *, guard_metrics: bool) -> bool:
    """Whether anybody may ask for a path in this way, without a key: `GET /` is the page, and
    `POST /` speaks.
    """
    if method not in _LOOKING:
        return False
    if path == _METRICS:
        return not guard_metrics
    return path in _PUBLIC_PATHS or path.startswith(_PUBLIC_PREFIX)


def _is_charged(scope: Scope) -> bool:
    """Whether a request makes work: it speaks, asks, orders or edits. Looking is free."""
    return scope["method"] not in _LOOKING or inner_path(scope).startswith(_SPEAKING_PATHS)


class RequestMiddleware:
    """ASGI middleware.

    Args:
        app: what lies behind.
        keys: one of which must be shown; None: nothing is asked for.
        guard_metrics: whether for `/metrics` as well.
        charge: counts a request against what its client may have, before its body is read; raises
            ClientLimitError.
        root_path: under which a proxy serves this; "" for none.
        held_bodies_limit: bytes of the bodies of all requests that are open.
        allow_origins: whose pages may open a WebSocket, beside those of the service's own origin.
        traces: are told of every request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: ApiKeys | None,
        charge: Callable[[Client], None],
        held_bodies_limit: int,
        root_path: str = "",
        guard_metrics: bool = False,
        allow_origins: Sequence[str] = (),
        traces: Traces = NO_TRACES,
    ) -> None:
        self._app = app
        self._traces = traces
        self._keys = keys
        self._charge = charge
        self._held_limit, self._held = held_bodies_limit, 0
        self._allow_origins = allow_origins
        self._guard_metrics = guard_metrics
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or refuses it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        if self._root_path:
            scope["root_path"] = self._root_path
        with self._traces.request(scope) as trace:
            await self._log(scope, receive, send, trace)

    async def _log(self, scope: Scope, receive: Receive, send: Send, trace: RequestTrace) -> None:
        headers, begun = Headers(scope=scope), time.monotonic()
        given = headers.get(REQUEST_ID, "")
        request_id = given if _VALID_ID.fullmatch(given) else secrets.token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status, sent = 0, 0

        async def send_on(message: Message) -> None:
            nonlocal status, sent
            if message["type"] in {"http.response.start", "websocket.accept"}:
                status = message.get("status", HTTPStatus.SWITCHING_PROTOCOLS)
                trace.answered(status)
                message.setdefault("headers", [])
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            elif message["type"] == "websocket.close" and status == 0:
                status = HTTPStatus.FORBIDDEN  # what the server makes of it
            else:
                sent += len(
                    message.get("body")
                    or message.get("bytes")
                    or (message.get("text") or "").encode()
                )
            await send(message)

        let_through = self._handle_websocket if scope["type"] == "websocket" else self._handle_http
        try:
            await let_through(scope, headers, receive, send_on)
        except Exception:
            # answered further out, where its cause is logged
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            raise
        finally:
            line = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "request_id": request_id,
                "method": scope.get("method", "GET"),  # a WebSocket begins as one
                "path": scope["path"],
                "status": status,
                "bytes": sent,
                "seconds": round(time.monotonic() - begun, 4),
                "address": scope["client"][0] if scope.get("client") else None,
                "key": state.get("key"),
            }
            if trace.trace_id is not None:
                line["trace_id"] = trace.trace_id
            log.info("%s", json.dumps(line))

    async def _handle_http(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send
    ) -> None:
        held = 0

        async def receive_held() -> Message:
            nonlocal held
            message = await receive()
            size = len(message.get("body", b""))
            if self._held + size > self._held_limit:
                raise CapacityError(
                    f"{self._held_limit} bytes of requests are being read, which is as many as "
                    "may be",
                    retry_after_seconds=1.0,
                )
            held += size
            self._held += size
            return message

        try:
            scope["state"]["key"] = self._key(scope, headers)
            if _is_charged(scope):
                self._charge(client_of(HTTPConnection(scope)))
        except (RequestError, ClientLimitError) as refusal:
            await problem_response(refusal, scope)(scope, receive, send)
            return
        try:
            await self._app(scope, receive_held, send)
        finally:
            self._held -= held

    async def _handle_websocket(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send
    ) -> None:
        try:
            self._check_origin(headers)
            scope["state"]["key"] = self._key(scope, headers)
        except RequestError:
            await receive()  # the client's wish to connect
            # before it was accepted: the server answers 403
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        await self._app(scope, receive, send)

    def _check_origin(self, headers: Headers) -> None:
        """Refuses a page of another origin: browsers open WebSockets for every page, and leave it
        to the service to look (RFC 6455, section 10.2).
        """
        origin = headers.get("origin")
        if origin is None or "*" in self._allow_origins or origin in self._allow_origins:
            return
        if urlsplit(origin).netloc != headers.get("host"):
            raise RequestError(
                HTTPStatus.FORBIDDEN,
                "foreign_origin",
                "pages of this origin may not: the service was started without --allow-origin",
                field="origin",
            )

    def _key(self, scope: Scope, headers: Headers) -> str | None:
        """The name of the key that was shown, where one is asked for."""
        # a WebSocket has no method
        method, path = scope.get("method", "GET"), inner_path(scope)
        if self._keys is None or is_public(method, path, guard_metrics=self._guard_metrics):
            return None
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        shown = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        name = self._keys.name_of(shown) if shown else None
        if name is None:
            message = (
                "this API key is not good"
                if shown
                else "an API key must be shown: Authorization: Bearer KEY"
            )
            raise RequestError(
                HTTPStatus.UNAUTHORIZED,
                "unauthorized",
                message,
                field="authorization",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return name
