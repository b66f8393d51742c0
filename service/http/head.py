"""HEAD: the headers that GET would have (RFC 9110, section 9.3.2)."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMiddleware:
    """ASGI middleware that answers HEAD as GET without a body. What makes the body hears that its
    client has left, so nothing more is made.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = asyncio.Event()

        async def receive_until_answered() -> Message:
            asking = asyncio.ensure_future(receive())
            ending = asyncio.ensure_future(answered.wait())
            done, rest = await asyncio.wait({asking, ending}, return_when="FIRST_COMPLETED")
            for task in rest:
                task.cancel()
            return asking.result() if asking in done else {"type": "http.disconnect"}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                answered.set()

        await self._app({**scope, "method": "GET"}, receive_until_answered, send_head)
