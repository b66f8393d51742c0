"""One request, driven by hand: what arrives can be looked at while it arrives, and the client can
stall or leave.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message


class AsgiCall:
    """Begins a request at once. `body` is what has arrived so far."""

    def __init__(
        self, app: ASGIApp, body: dict[str, Any], *, headers: dict[str, str] | None = None
    ) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self._left = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._arrived = asyncio.Event()
        self._request: Message | None = {
            "type": "http.request",
            "body": json.dumps(body).encode(),
            "more_body": False,
        }
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/synthesize",
            "raw_path": b"/synthesize",
            "query_string": b"",
            "root_path": "",
            "headers": [
                (name.encode(), value.encode())
                for name, value in {"content-type": "application/json", **(headers or {})}.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self.done = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if self._request is not None:
            message, self._request = self._request, None
            return message
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            await self._reading.wait()
            self.body += message.get("body", b"")
        self._arrived.set()

    def leave(self) -> None:
        self._left.set()

    def stop_reading(self) -> None:
        self._reading.clear()

    def read_on(self) -> None:
        self._reading.set()

    async def until(self, num_bytes: int, seconds: float = 10) -> None:
        """Until so much has arrived; fails after so long."""
        async with asyncio.timeout(seconds):
            while len(self.body) < num_bytes:
                self._arrived.clear()
                await self._arrived.wait()

    async def finished(self) -> bytes:
        async with asyncio.timeout(20):
            await self.done
        return bytes(self.body)
