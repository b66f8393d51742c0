"""The WebSocket `/stream`: text in pieces as it is written, sound out as soon as a sentence is
complete.

    in      JSON    settings, text, ssml, flush, cancel, end
    out     JSON    speaking (before the sound of each piece), sentence, mark, word, phoneme (where
            timestamps are wanted), flushed, cancelled, error, done
            binary  sound, of the piece that was announced last

Two tasks beside the one that listens: the opener has the next piece planned and begun while the
speaker still sends the one before it, so that there is no gap between them. Piece n is spoken with
seed + n: what `/synthesize` gives for that text and seed is the same sound.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from service.encoding import TimingEvents, layout_of, make_encoder
from service.frontend.lexicon_store import LexiconStore
from service.frontend.live_stream import LiveStream
from service.frontend.piece_opener import PieceOpener
from service.frontend.speech_backend import SpeechBackend
from service.http.error_responses import RequestError, problem_of
from service.http.incremental_text import MOST_PENDING, SentenceBuffer
from service.http.request_body import INLINE_PARSE_BYTES, parse_json
from service.http.request_context import client_of
from service.http.tasks import cancel_tasks
from service.http.websocket_messages import (
    SocketCommand,
    SocketMessage,
    SocketSettings,
    SocketSsml,
    SocketText,
    parse_socket_message,
)
from service.observability.logs import log_text
from service.settings import ServiceSettings
from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.errors import CapacityError, InputError, SonantError
from vocoder.seeds import MAX_SEED, choose_seed
from vocoder.text import Ssml, field_name_of, source_text

_TRY_AGAIN_LATER, _NORMAL = 1013, 1000


@dataclass(frozen=True, kw_only=True)
class _TextPiece:
    text: str | Ssml
    settings: SocketSettings
    seed: int


@dataclass(frozen=True, kw_only=True)
class _OpenedPiece:
    piece: _TextPiece
    stream: LiveStream


# in the row of pieces: "flush" and "end" are answered when all before them has been sent
_Marker = SocketCommand


class SpeechSocket:
    """One connection.

    Args:
        socket: not accepted yet.
        worker: who makes the sound.
        settings: of the service.
        lexicons: that are stored; a piece is spoken with what is there when it is opened.
    """

    def __init__(
        self,
        socket: WebSocket,
        worker: SpeechBackend,
        settings: ServiceSettings,
        lexicons: LexiconStore,
    ) -> None:
        self._socket = socket
        self._service = settings
        self._opener = PieceOpener(worker, lexicons, client_of(socket))
        self._settings = SocketSettings()
        self._pieces = SentenceBuffer()
        self._next_seed = choose_seed(None)
        self._queue: asyncio.Queue[_TextPiece | _Marker] = asyncio.Queue()
        self._opened: asyncio.Queue[_OpenedPiece | _Marker] = asyncio.Queue(1)
        self._characters = 0  # in the row
        self._streams: set[LiveStream] = set()  # that are open
        self._over = False
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Until either side ends the connection."""
        await self._socket.accept()
        working = self._work()
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                await asyncio.wait({listening, working}, return_when=asyncio.FIRST_COMPLETED)
                if listening.done() and listening.result() == "cancel":
                    await self._cancel_work(working)
                    await self._send_json({"type": "cancelled"})
                    working, listening = self._work(), asyncio.create_task(self._listen())
                    continue
                if working.done():
                    working.result()
                break
        except (WebSocketDisconnect, OSError, TimeoutError):
            pass  # the client has left
        finally:
            # First of all, and without waiting: whoever ends this task may not let it wait.
            self._over = True
            self._close_streams()
            await cancel_tasks(listening)
            await self._cancel_work(working)

    def _work(self) -> asyncio.Task[None]:
        async def both() -> None:
            tasks = {
                asyncio.create_task(self._open_pieces()),
                asyncio.create_task(self._speak_pieces()),
            }
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                await cancel_tasks(*tasks)

        return asyncio.create_task(both())

    async def _cancel_work(self, working: asyncio.Task[None]) -> None:
        """Stops both tasks, and closes what they had opened."""
        await cancel_tasks(working)
        self._close_streams()
        self._queue, self._opened = asyncio.Queue(), asyncio.Queue(1)
        self._pieces, self._characters = SentenceBuffer(), 0

    def _close_streams(self) -> None:
        for stream in self._streams:
            stream.close()
        self._streams.clear()

    # What the client says.

    async def _listen(self) -> str:
        """Takes messages until one that changes everything: "cancel"; or the client has left:
        "left".
        """
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return "left"
            try:
                # with a lexicon, perhaps: no work for the event loop
                long = len(message.get("text") or "") > INLINE_PARSE_BYTES
                parsed = (
                    await asyncio.to_thread(self._parse, message) if long else self._parse(message)
                )
                if isinstance(parsed, SocketCommand) and parsed.type == "cancel":
                    return "cancel"
                self._take(parsed)
            except (RequestError, SonantError) as error:
                await self._send_error(error)

    def _parse(self, message: Any) -> SocketMessage:
        text = message.get("text")
        if text is None:
            raise RequestError(
                400, "invalid_json", "messages are JSON, in text frames", field="message"
            )
        if len(text) > self._service.body_limit:
            raise RequestError(
                413,
                "body_too_large",
                f"a message has at most {self._service.body_limit} characters",
                field="message",
            )
        return parse_socket_message(parse_json(text.encode("utf-8", "surrogatepass")))

    def _take(self, message: SocketMessage) -> None:
        more = (
            len(message.text)
            if isinstance(message, SocketText)
            else len(message.ssml)
            if isinstance(message, SocketSsml)
            else 1
        )
        # a command counts as one character
        if self._characters + len(self._pieces.pending) + more > MOST_PENDING:
            raise RequestError(
                429,
                "too_much_text",
                f"more than {MOST_PENDING} characters would wait to be spoken",
                field="text",
            )
        if isinstance(message, SocketSettings):
            # refuses a rate that there is not
            layout_of(message.format, num_samples=1, source_rate=8_000, rate=message.sample_rate)
            self._put(self._pieces.flush())  # what was said before keeps its own settings
            self._settings = message
            if message.seed is not None:
                self._next_seed = message.seed
        elif isinstance(message, SocketText):
            self._put(self._pieces.feed(message.text))
        elif isinstance(message, SocketSsml):
            self._put([*self._pieces.flush(), Ssml(message.ssml, strict=message.ssml_strict)])
        else:
            self._put(self._pieces.flush())
            self._characters += 1
            self._queue.put_nowait(message)

    def _put(self, texts: Sequence[str | Ssml]) -> None:
        for text in texts:
            self._characters += len(source_text(text))
            self._queue.put_nowait(
                _TextPiece(text=text, settings=self._settings, seed=self._next_seed)
            )
            self._next_seed = (self._next_seed + 1) % (MAX_SEED + 1)

    # What it hears.

    async def _open_pieces(self) -> None:
        while True:
            message = await self._queue.get()
            if isinstance(message, SocketCommand):
                self._characters -= 1
                await self._opened.put(message)
                continue
            self._characters -= len(source_text(message.text))
            if self._service.log_text:
                log_text(self._socket, source_text(message.text))
            try:
                stream = await self._opener.open(message.settings.order(message.text, message.seed))
            except CapacityError as error:
                await self._send_error(error)
                await self._opened.put(SocketCommand(type="cancel"))
                # what was opened before is still heard, then the connection ends
                await asyncio.get_running_loop().create_future()
            except InputError as error:
                await self._send_error(error)
                continue
            if self._over:
                stream.close()
                return
            self._streams.add(stream)
            await self._opened.put(_OpenedPiece(piece=message, stream=stream))

    async def _speak_pieces(self) -> None:
        while True:
            opened = await self._opened.get()
            if isinstance(opened, _OpenedPiece):
                await self._speak(opened)
            elif opened.type == "flush":
                await self._send_json({"type": "flushed"})
            else:
                if opened.type == "end":
                    await self._send_json({"type": "done"})
                await self._send_message(
                    {
                        "type": "websocket.close",
                        "code": _NORMAL if opened.type == "end" else _TRY_AGAIN_LATER,
                    }
                )
                return

    async def _speak(self, opened: _OpenedPiece) -> None:
        stream, piece = opened.stream, opened.piece
        try:
            form, rate = piece.settings.format, piece.settings.sample_rate
            layout = layout_of(
                form, num_samples=stream.num_samples, source_rate=stream.sample_rate, rate=rate
            )
            encoder = make_encoder(
                form, num_samples=stream.num_samples, source_rate=stream.sample_rate, rate=rate
            )
            await self._send_json(
                {
                    "type": "speaking",
                    field_name_of(piece.text): source_text(piece.text),
                    "seed": stream.seed,
                    "format": form,
                    "sample_rate": layout.sample_rate,
                    "num_bytes": layout.num_bytes,
                    "skipped": [
                        {"text": one.text, "start": one.start, "reason": one.reason}
                        for one in stream.skipped
                    ],
                    **({"ignored": [*map(asdict, stream.ignored)]} if stream.ignored else {}),
                }
            )
            timing = (
                TimingEvents(
                    stream.new_sentences, source_rate=stream.sample_rate, rate=layout.sample_rate
                )
                if stream.timed
                else None
            )
            position = 0
            while pcm := await stream.read():
                position += len(pcm) // BYTES_PER_SAMPLE
                for event in [] if timing is None else timing.before_source(position):
                    await self._send_json(event)
                await self._send_sound(
                    encoder.encode(pcm)
                    if layout.inline
                    else await asyncio.to_thread(encoder.encode, pcm)
                )
            for event in [] if timing is None else timing.rest():
                await self._send_json(event)
            await self._send_sound(
                encoder.finish() if layout.inline else await asyncio.to_thread(encoder.finish)
            )
        except SonantError as error:
            await self._send_error(error)
        finally:
            stream.close()
            self._streams.discard(stream)

    async def _send_error(self, error: Exception) -> None:
        await self._send_json({"type": "error", "error": problem_of(error).model_dump()})

    async def _send_json(self, message: Mapping[str, object]) -> None:
        await self._send_message(
            {
                "type": "websocket.send",
                "text": json.dumps(message, separators=(",", ":"), ensure_ascii=False),
            }
        )

    async def _send_sound(self, sound: bytes) -> None:
        if sound:
            await self._send_message({"type": "websocket.send", "bytes": sound})

    async def _send_message(self, message: Message) -> None:
        async with self._sending, asyncio.timeout(self._service.stall_seconds):
            if self._socket.application_state is not WebSocketState.CONNECTED:
                # the other of two tasks was faster to find out, or to close
                raise WebSocketDisconnect
            try:
                await self._socket.send(message)
            # the server closed it, as the client sent what is no frame, and is about to tell
            except RuntimeError as error:
                raise WebSocketDisconnect from error
