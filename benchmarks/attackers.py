"""Clients that mean harm, for `resident.py --attack`: each kind again and again, one at a time.

What the service may do to them is refuse, close, or let them wait; what it must not do is to let
them stop others. Counted is how each attack ended.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 45.0  # longer than the service waits for a head or a body
_PAUSE_SECONDS = 0.5  # between two attacks of a kind
_IDLE = 100  # connections of one who only connects
_JSON = "Content-Type: application/json\r\n"


class Attackers:
    """All kinds at once.

    Args:
        url: of the service.

    Attributes:
        ended: how often an attack ended how: "KIND: STATUS", "KIND: closed" or "KIND: open".
    """

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname or "", urlsplit(url).port or 80
        self._random = random.Random(7)
        self.ended: Counter[str] = Counter()

    async def run(self) -> None:
        """Until it is cancelled."""
        kinds: dict[str, Callable[[], Awaitable[str]]] = {
            "endless header": self._endless_header,
            "half a head": self._half_a_head,
            "half a body": self._half_a_body,
            "nested lists": lambda: self._post(b'{"text": ' + b"[" * 900_000),
            "many values": lambda: self._post(b'{"text": [' + b"1," * 400_000 + b"1]}"),
            "too large": lambda: self._post(b" " * 3_000_000),
            "compressed": lambda: self._post(
                gzip.compress(b" " * 1_000_000), "Content-Encoding: gzip\r\n"
            ),
            "deep document": lambda: self._post(_ssml("<p>" * 50_000)),
            "entities": lambda: self._post(_ssml("", '<!DOCTYPE a [<!ENTITY b "c">]>')),
            "long lexicon": lambda: self._post(
                json.dumps(
                    {"text": "Yes.", "lexicon": {f"w{n}": {"alias": "a"} for n in range(30_000)}}
                ).encode()
            ),
            "foreign WebSocket": self._foreign_websocket,
            "unknown streams": self._unknown_stream,
            "leaves at once": self._leaves_at_once,
            "idle connections": self._idle_connections,
        }
        await asyncio.gather(*(self._again(name, kind) for name, kind in kinds.items()))

    async def _again(self, name: str, attack: Callable[[], Awaitable[str]]) -> None:
        while True:
            try:
                outcome = await asyncio.wait_for(attack(), _PATIENCE_SECONDS)
            except TimeoutError:
                outcome = "open"
            except OSError:
                outcome = "closed"
            self.ended[f"{name}: {outcome}"] += 1
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _exchange(self, sent: bytes) -> str:
        """The status of the answer, or "closed"."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(sent)
            await writer.drain()
            return _status(await reader.readline())
        finally:
            writer.close()

    def _head(self, method: str, path: str, headers: str = "") -> bytes:
        return f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{headers}\r\n".encode()

    async def _post(self, body: bytes, headers: str = "") -> str:
        length = f"Content-Length: {len(body)}\r\n"
        return await self._exchange(
            self._head("POST", "/synthesize", _JSON + length + headers) + body
        )

    async def _endless_header(self) -> str:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            writer.write(b"GET / HTTP/1.1\r\nX-A: ")
            for _ in range(2_000):
                writer.write(b"a" * 65_536)
                await writer.drain()
            return _status(await reader.readline())
        finally:
            writer.close()

    async def _half_a_head(self) -> str:
        return await self._exchange(b"POST /synthesize HTTP/1.1\r\nHost: a\r\nX-")

    async def _half_a_body(self) -> str:
        return await self._exchange(
            self._head("POST", "/synthesize", _JSON + "Content-Length: 1000\r\n") + b'{"te'
        )

    async def _foreign_websocket(self) -> str:
        headers = (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://evil.example\r\n"
        )
        return await self._exchange(self._head("GET", "/stream", headers))

    async def _unknown_stream(self) -> str:
        name = self._random.getrandbits(64)
        return await self._exchange(self._head("GET", f"/streams/{name}", "Range: bytes=1-0\r\n"))

    async def _leaves_at_once(self) -> str:
        body = json.dumps({"text": "I shall not hear any of this. " * 30}).encode()
        length = f"Content-Length: {len(body)}\r\n"
        _, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(self._head("POST", "/synthesize", _JSON + length) + body)
        await writer.drain()
        await asyncio.sleep(self._random.random() * 0.2)
        writer.close()
        return "left"

    async def _idle_connections(self) -> str:
        opened = [await asyncio.open_connection(self._host, self._port) for _ in range(_IDLE)]
        try:
            await asyncio.gather(*(reader.read() for reader, _ in opened))
            return "closed"
        finally:
            for _, writer in opened:
                writer.close()


def _ssml(inside: str, before: str = "") -> bytes:
    return json.dumps({"ssml": f"{before}<speak>{inside}</speak>"}).encode()


def _status(line: bytes) -> str:
    return line.split()[1].decode() if line.startswith(b"HTTP/") else "closed"
