"""Sound on the wire: a response that sends what a stream gives, and notices when the client leaves.

Starlette's own streaming response learns of a client that left in one way or another depending on the server's version of ASGI; this one
always listens while it sends, so generation stops within a chunk of the client's leaving. Once the status has been sent, all that can be
done about a failure is to break the body off: the announced length is then not reached, which every client notices.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from service.asking import until_left
from service.problems import problem_response
from service.schemas import AudioFormat
from service.stream import LiveStream, SkippedText
from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.audio.wav import wav_header
from vocoder.errors import SonantError

_MEDIA_TYPES: dict[AudioFormat, str] = {"wav": "audio/wav", "pcm": "audio/pcm"}


_SKIPPED_BYTES = 2048  # of a header, about: clients and proxies take headers of 4 to 8 KB in all


def skipped_header(skipped: Sequence[SkippedText]) -> str:
    """What could not be spoken, as a JSON list in ASCII: as many pieces as fit, and the number of those that do not."""
    pieces: list[str] = []
    for one in skipped:
        piece = json.dumps(asdict(one))
        if sum(map(len, pieces)) + len(piece) > _SKIPPED_BYTES:
            pieces.append(json.dumps({"more": len(skipped) - len(pieces)}))
            break
        pieces.append(piece)
    return f"[{', '.join(pieces)}]"


class AudioResponse(Response):
    """Sends a stream, and closes it.

    Args:
        stream: closed when the response ends, however it ends.
        audio_format: wav or pcm.
        whole: send nothing before everything is there.
        stall_seconds: a client that takes nothing for so long is gone.

    Raises:
        InputError: a WAV file cannot hold so many samples.
    """

    def __init__(self, stream: LiveStream, *, audio_format: AudioFormat, whole: bool, stall_seconds: float) -> None:
        self._stream = stream
        self._head = wav_header(stream.sample_rate, stream.num_samples) if audio_format == "wav" else b""
        self._whole = whole
        self._stall_seconds = stall_seconds
        self.status_code = 200
        self.media_type = _MEDIA_TYPES[audio_format]
        self.background = None
        headers = {
            "Content-Length": str(len(self._head) + BYTES_PER_SAMPLE * stream.num_samples),
            "X-Seed": str(stream.seed),
            "X-Sample-Rate": str(stream.sample_rate),
            "Cache-Control": "no-store",
        }
        if stream.queued_seconds > 0:
            headers["X-Queued-Seconds"] = f"{stream.queued_seconds:.3f}"
        if stream.skipped:
            headers["X-Skipped"] = skipped_header(stream.skipped)
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends until the end of the sound, or of the client."""
        sending = asyncio.create_task(self._send(scope, receive, send))
        leaving = asyncio.create_task(until_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stream.close()
            ended_by_itself = sending.done()
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
        if ended_by_itself:
            sending.result()  # a defect is not to be lost

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            piece = await self._stream.read()
            if self._whole:
                piece += b"".join([more async for more in self._rest()])
        except SonantError as error:
            await problem_response(error)(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await self._send_body(send, self._head + piece)
            async for more in self._rest():
                await self._send_body(send, more)
        except (SonantError, OSError, TimeoutError):
            return  # broken off: whoever broke it has logged it, or it was the client
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _rest(self) -> AsyncIterator[bytes]:
        while piece := await self._stream.read():
            yield piece

    async def _send_body(self, send: Send, body: bytes) -> None:
        message: Message = {"type": "http.response.body", "body": body, "more_body": True}
        async with asyncio.timeout(self._stall_seconds):
            await send(message)
