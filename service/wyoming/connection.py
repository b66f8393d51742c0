"""One connection of the Wyoming protocol.

Three tasks, as in `service.http.websocket`: one listens; the opener has the next piece planned and
begun while the speaker still sends the one before it. Answers come in the order of what was asked.

`synthesize` is spoken whole: with the same seed it is the `pcm` of `POST /synthesize`. Of a text
stream each sentence is spoken as soon as it is complete; sentence n with seed + n.

An error is sent as an event and ends the connection, because clients such as Home Assistant wait
for sound until then. Only a sentence that cannot be spoken is told and left out, as the text stream
goes on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
)

from service.frontend.client_limits import Client
from service.frontend.lexicon_store import LexiconStore
from service.frontend.live_stream import LiveStream
from service.frontend.piece_opener import PieceOpener
from service.frontend.speech_backend import SpeechBackend
from service.frontend.voice_choice import choose_speaker, choose_voice
from service.http.error_responses import RequestError, problem_of
from service.http.incremental_text import MOST_PENDING, SentenceBuffer
from service.http.tasks import cancel_tasks
from service.observability.logs import REQUESTS, log_text_of
from service.protocol.speech_order import SpeechOrder
from service.settings import ServiceSettings
from service.wyoming.events import (
    LINE_LIMIT,
    ByteBudget,
    ChunkData,
    PingData,
    StartData,
    SynthesizeData,
    VoiceData,
    check_data,
    read_data,
    read_head,
)
from service.wyoming.info import info_of
from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.errors import SonantError, TextError
from vocoder.seeds import MAX_SEED, choose_seed
from vocoder.text import SpeechInput, Ssml, source_text

_MOST_ASKED = 8  # pieces that wait to be opened; then no more is read
_FEED = 1_000  # characters that are looked for sentences at once

log = logging.getLogger(REQUESTS)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    order: SpeechOrder
    opener: PieceOpener
    is_sentence: bool  # of a text stream


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    error: Exception
    is_last: bool = True


@dataclass(kw_only=True)
class _TextStream:
    start: StartData
    opener: PieceOpener
    next_seed: int
    sentences: SentenceBuffer = field(default_factory=SentenceBuffer)
    document: str = ""  # of SSML, which is spoken once it is complete

    def take_seed(self) -> int:
        seed, self.next_seed = self.next_seed, (self.next_seed + 1) % (MAX_SEED + 1)
        return seed


class WyomingConnection:
    """Text in, sound out, until either side ends it.

    Args:
        reader, writer: of the connection; the reader's limit is LINE_LIMIT.
        worker: who speaks.
        settings: of the service.
        lexicons: that are stored.
        budget: of the events that all connections hold.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        worker: SpeechBackend,
        settings: ServiceSettings,
        lexicons: LexiconStore,
        budget: ByteBudget,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._worker = worker
        self._settings = settings
        self._lexicons = lexicons
        self._budget = budget
        peer = writer.get_extra_info("peername")
        self._client = Client(address=peer[0] if peer else "")
        self._request_id = secrets.token_hex(8)
        self._text: _TextStream | None = None
        self._asked: asyncio.Queue[Event | _Piece | _Refusal] = asyncio.Queue(_MOST_ASKED)
        self._opened: asyncio.Queue[Event | LiveStream | _Refusal] = asyncio.Queue(1)
        self._unanswered = 0  # that were asked
        self._streams: set[LiveStream] = set()  # that are open
        self._finishing = False
        self._pieces = self._sent = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked that was not answered."""
        return self._unanswered == 0

    def finish(self) -> None:
        """Ends the connection once all that was asked is answered; one that is idle is the caller's
        to end.
        """
        self._finishing = True

    async def run(self) -> None:
        """Until either side ends the connection."""
        begun = time.monotonic()
        tasks = [
            asyncio.create_task(work) for work in (self._listen(), self._open(), self._speak())
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except (OSError, EOFError):
            pass  # the client has left
        finally:
            for stream in self._streams:
                stream.close()
            self._writer.close()
            self._log(time.monotonic() - begun)
            await cancel_tasks(*tasks)

    def _log(self, seconds: float) -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": self._request_id,
            "protocol": "wyoming",
            "pieces": self._pieces,
            "bytes": self._sent,
            "seconds": round(seconds, 4),
            "address": self._client.address,
        }
        log.info("%s", json.dumps(line))

    # What the client says.

    async def _listen(self) -> None:
        """Takes events until the client leaves, or sends one that is wrong."""
        try:
            while line := await self._next_line():
                event, data_length, payload_length = read_head(
                    line, limit=self._settings.body_limit
                )
                with self._budget.holding(data_length + payload_length):
                    async with asyncio.timeout(self._settings.body_seconds):
                        event = await read_data(event, self._reader, data_length)
                        await self._reader.readexactly(payload_length)  # sound, which none wants
                    await self._take(event)
        except (RequestError, SonantError) as error:
            await self._ask(_Refusal(error=error))
            await asyncio.Event().wait()  # the speaker ends the connection, after what came before

    async def _next_line(self) -> bytes:
        """The first line of the next event; b"" where the client has left.

        Raises:
            TimeoutError: the client has said nothing for too long, and waits for nothing.
        """
        while True:
            try:
                async with asyncio.timeout(self._settings.idle_seconds):
                    return await self._reader.readline()
            except TimeoutError:
                if self.is_idle:
                    raise
            except ValueError as error:
                raise RequestError(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    "body_too_large",
                    f"the first line of an event has at most {LINE_LIMIT} bytes",
                ) from error

    async def _take(self, event: Event) -> None:
        """Does what an event asks. Unknown ones are those of another kind of service."""
        if Describe.is_type(event.type):
            await self._ask(info_of(self._worker.voices).event())
        elif Ping.is_type(event.type):
            await self._ask(Pong(text=check_data(event, PingData).text).event())
        elif Synthesize.is_type(event.type):
            if self._text is None:  # else it repeats the stream's text, for older services
                whole = check_data(event, SynthesizeData)
                await self._ask_to_speak(
                    whole, _input(whole, whole.text), whole.seed, opener=self._opener()
                )
        elif SynthesizeStart.is_type(event.type):
            if self._text is not None:
                raise _out_of_order("a text stream is open already: synthesize-stop ends it")
            start = check_data(event, StartData)
            self._text = _TextStream(
                start=start, opener=self._opener(), next_seed=choose_seed(start.seed)
            )
        elif SynthesizeChunk.is_type(event.type):
            await self._feed(self._open_text(), check_data(event, ChunkData).text)
        elif SynthesizeStop.is_type(event.type):
            text, self._text = self._open_text(), None
            pieces = [text.document] if text.start.text_format == "ssml" else text.sentences.flush()
            for piece in pieces:
                await self._speak_sentence(text, piece)
            await self._ask(SynthesizeStopped().event())

    def _open_text(self) -> _TextStream:
        if self._text is None:
            raise _out_of_order("no text stream is open: synthesize-start begins one")
        return self._text

    def _opener(self) -> PieceOpener:
        return PieceOpener(self._worker, self._lexicons, self._client)

    async def _feed(self, stream: _TextStream, text: str) -> None:
        if stream.start.text_format == "ssml":
            stream.document += text
            _check_pending(len(stream.document), self._settings.body_limit)
            return
        for first in range(0, len(text), _FEED):
            for sentence in stream.sentences.feed(text[first : first + _FEED]):
                await self._speak_sentence(stream, sentence)
            _check_pending(len(stream.sentences.pending), MOST_PENDING)

    async def _speak_sentence(self, stream: _TextStream, sentence: str) -> None:
        await self._ask_to_speak(
            stream.start,
            _input(stream.start, sentence),
            stream.take_seed(),
            opener=stream.opener,
            is_sentence=True,
        )

    async def _ask_to_speak(
        self,
        wanted: StartData,
        text: SpeechInput,
        seed: int | None,
        *,
        opener: PieceOpener,
        is_sentence: bool = False,
    ) -> None:
        named = wanted.voice or VoiceData()
        voice = choose_voice(self._worker.voices, name=named.name, language=named.language)
        order = SpeechOrder(
            text=text, voice=voice.name, speaker=choose_speaker(voice, named.speaker), seed=seed
        )
        self._pieces += 1
        await self._ask(_Piece(order=order, opener=opener, is_sentence=is_sentence))

    async def _ask(self, what: Event | _Piece | _Refusal) -> None:
        self._unanswered += 1
        await self._asked.put(what)

    # What it hears.

    async def _open(self) -> None:
        while True:
            what = await self._asked.get()
            if not isinstance(what, _Piece):
                await self._opened.put(what)
                continue
            if self._settings.log_text:
                log_text_of(self._request_id, source_text(what.order.text))
            try:
                stream = await what.opener.open(what.order)
            except SonantError as error:
                is_last = not (what.is_sentence and isinstance(error, TextError))
                await self._opened.put(_Refusal(error=error, is_last=is_last))
                if is_last:
                    await asyncio.Event().wait()  # nothing that comes after it is begun
                continue
            self._streams.add(stream)
            await self._opened.put(stream)

    async def _speak(self) -> None:
        """Sends answers until the last."""
        is_last = False
        while not is_last:
            what = await self._opened.get()
            if isinstance(what, LiveStream):
                is_last = not await self._send_stream(what)
            elif isinstance(what, _Refusal):
                await self._send_error(what.error)
                is_last = what.is_last
            else:
                await self._send(what)
            self._unanswered -= 1
            is_last = is_last or (self._finishing and self.is_idle)

    async def _send_stream(self, stream: LiveStream) -> bool:
        """Whether all of it was sent."""
        layout = {"rate": stream.sample_rate, "width": BYTES_PER_SAMPLE, "channels": 1}
        try:
            start = AudioStart(**layout).event()
            await self._send(Event(type=start.type, data={**start.data, "seed": stream.seed}))
            while pcm := await stream.read():
                await self._send(AudioChunk(audio=pcm, **layout).event())
                self._sent += len(pcm)
            await self._send(AudioStop().event())
        except SonantError as error:
            await self._send_error(error)
            return False
        finally:
            stream.close()
            self._streams.discard(stream)
        return True

    async def _send_error(self, error: Exception) -> None:
        problem = problem_of(error)
        await self._send(Error(text=problem.message, code=problem.code).event())

    async def _send(self, event: Event) -> None:
        async with asyncio.timeout(self._settings.stall_seconds):
            await async_write_event(event, self._writer)


def _input(wanted: StartData, text: str) -> SpeechInput:
    return Ssml(text) if wanted.text_format == "ssml" else text


def _check_pending(num_characters: int, limit: int) -> None:
    if num_characters > limit:
        raise RequestError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_much_text",
            f"more than {limit} characters would wait to be spoken",
            field="text",
        )


def _out_of_order(message: str) -> RequestError:
    return RequestError(HTTPStatus.CONFLICT, "out_of_order", message, field="type")
