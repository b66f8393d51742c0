"""Sound on the wire: a response that sends what a stream gives, and notices when the client leaves.

Starlette's own streaming response learns of a client that left in one way or another depending on
the server's version of ASGI; this one always listens while it sends, so generation stops within a
chunk of the client's leaving. Once the status has been sent, all that can be
done about a failure is to break the body off: the announced length, or the end of the chunked body,
is then not reached, which every client notices.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from service.encoding import Encoder, Layout
from service.frontend.live_stream import LiveStream
from service.http.error_responses import problem_response
from service.http.request_context import wait_for_disconnect
from service.http.tasks import cancel_tasks
from vocoder.errors import SonantError


@dataclass(frozen=True, kw_only=True)
class EncodedPart:
    """Which part of the encoder's bytes is sent.

    Attributes:
        with_head: whether what comes before all sound is among the bytes that are counted.
        first: bytes that are left out at the beginning.
        num_bytes: that are sent; None for all.
    """

    with_head: bool = True
    first: int = 0
    num_bytes: int | None = None


class AudioResponse(Response):
    """Sends a stream, and closes it.

    Args:
        stream: closed when the response ends, however it ends.
        encoder: of the stream's samples; fresh.
        layout: of what the encoder gives.
        whole: send nothing before everything is there.
        stall_seconds: a client that takes nothing for so long is gone.
        headers: beside those that follow from the layout.
        status_code: 200, or 206 for a part.
        cut: the part.
    """

    def __init__(
        self,
        stream: LiveStream,
        encoder: Encoder,
        layout: Layout,
        *,
        whole: bool,
        stall_seconds: float,
        headers: Mapping[str, str],
        status_code: int = 200,
        cut: EncodedPart | None = None,
    ) -> None:
        self._stream = stream
        self._encoder = encoder
        self._inline = layout.inline
        self._whole = whole
        self._stall_seconds = stall_seconds
        self._cut = cut or EncodedPart()
        self.status_code = status_code
        self.media_type = layout.media_type
        self.background = None
        known = layout.num_bytes if self._cut.num_bytes is None else self._cut.num_bytes
        self.init_headers({**headers, **({} if known is None else {"Content-Length": str(known)})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends until the end of the sound, or of the client."""
        sending = asyncio.create_task(self._send(scope, receive, send))
        leaving = asyncio.create_task(wait_for_disconnect(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stream.close()
            ended_by_itself = sending.done()
            await cancel_tasks(sending, leaving)
        if ended_by_itself:
            sending.result()  # a defect is not to be lost

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        pieces = self._cut_out(self._encoded())
        try:
            first = await anext(pieces, b"")
            if self._whole:
                first += b"".join([piece async for piece in pieces])
        except SonantError as error:
            await problem_response(error, scope)(scope, receive, send)
            return
        if self._whole:
            self.headers["Content-Length"] = str(len(first))
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        try:
            await self._send_body(send, first)
            async for piece in pieces:
                await self._send_body(send, piece)
        except (SonantError, OSError, TimeoutError):
            return  # broken off: whoever broke it has logged it, or it was the client
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _encoded(self) -> AsyncIterator[bytes]:
        """What the encoder gives, joined so that the first piece comes when there is sound, not
        before.
        """
        before = self._encoder.head() if self._cut.with_head else b""
        while pcm := await self._stream.read():
            piece = before + (
                self._encoder.encode(pcm)
                if self._inline
                else await asyncio.to_thread(self._encoder.encode, pcm)
            )
            before = b""
            if piece:
                yield piece
        yield before + (
            self._encoder.finish()
            if self._inline
            else await asyncio.to_thread(self._encoder.finish)
        )

    async def _cut_out(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        skip, left = self._cut.first, self._cut.num_bytes
        async for piece in pieces:
            kept = piece[skip:] if left is None else piece[skip : skip + left]
            skip = max(0, skip - len(piece))
            if left is not None:
                left -= len(kept)
            if kept:
                yield kept
            if left == 0:
                return

    async def _send_body(self, send: Send, body: bytes) -> None:
        message: Message = {"type": "http.response.body", "body": body, "more_body": True}
        async with asyncio.timeout(self._stall_seconds):
            await send(message)
