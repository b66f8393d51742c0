"""From an order to an answer with sound, whichever route it came by; and the same answer again, from any byte."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from service.encoding import Encoder, Layout, Telling, layout_of, make_encoder, make_timed_encoder, timed_layout
from service.frontend.lexicon_store import Lexicons
from service.frontend.live_stream import LiveStream
from service.frontend.speech_backend import SpeechWorker
from service.http.audio_response import AudioResponse, Cut
from service.http.byte_ranges import ByteRange, parse_range
from service.http.errors import RequestError
from service.http.etag import etag_of
from service.http.request_context import client_of, unless_left, wait_of
from service.http.resume_cache import Shelf, Shelved, Wanted
from service.observability.logs import tell_text
from service.protocol.queries import SubtitlesWanted
from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SkippedText, voice_of
from service.settings import ServiceSettings
from vocoder.text import written

SUBTITLE_TYPES = {"vtt": "text/vtt", "srt": "application/x-subrip; charset=utf-8"}  # media types
_SKIPPED_BYTES = 2048  # of a header, about: clients and proxies take headers of 4 to 8 KB in all


class Speaking:
    """Answers with sound.

    Args:
        worker: who makes it.
        settings: of the service.
        lexicons: that are stored.
    """

    def __init__(self, worker: SpeechWorker, settings: ServiceSettings, lexicons: Lexicons) -> None:
        self._worker = worker
        self._lexicons = lexicons
        self._settings = settings
        self._shelf = Shelf(settings)

    async def answer(self, request: Request, wanted: Wanted, *, wrap: Callable[[Encoder, Telling | None], Encoder] | None = None) -> Response:
        """What is wanted, as it is made.

        Args:
            request: whose body has been read.
            wanted: what it asks for.
            wrap: puts the bytes into events, and what is heard when, where the order asks for it; such an answer cannot be picked up again.

        Raises:
            RequestError, SonantError: before anything is sent.
        """
        self._check_format(wanted)
        self._log(request, wanted)
        wanted = replace(wanted, order=await self._lexicons.applied(wanted.order))
        stream = await self._open(request, wanted)
        try:
            encoder, layout = self._encoder(wanted, stream), _layout(wanted, stream.num_samples, stream.sample_rate)
            if wrap is not None:
                events = Layout(media_type="text/event-stream", sample_rate=layout.sample_rate)
                headers = _headers(stream, events)
                telling = Telling(stream.begun, source_rate=stream.sample_rate, rate=layout.sample_rate) if stream.timed else None
                return AudioResponse(stream, wrap(encoder, telling), events, whole=False, stall_seconds=self._settings.stall_seconds, headers=headers)
            wanted = replace(wanted, order=replace(wanted.order, seed=stream.seed))
            shelved = Shelved(
                wanted=wanted,
                etag=etag_of(wanted, self._worker.voices),
                num_samples=stream.num_samples,
                sample_rate=stream.sample_rate,
                snapshots=stream.snapshots,
            )
            stream_id = self._shelf.put(shelved, time.monotonic())
            headers = _headers(stream, layout) | {"ETag": shelved.etag, "X-Stream-Id": stream_id, "Content-Location": f"/streams/{stream_id}"}
            return AudioResponse(stream, encoder, layout, whole=wanted.order.whole, stall_seconds=self._settings.stall_seconds, headers=headers)
        except BaseException:
            stream.close()
            raise

    async def subtitles(self, request: Request, wanted: Wanted, form: Literal["vtt", "srt"]) -> Response:
        """The subtitles of what is wanted; nothing is spoken, so the same comes whatever the seed.

        Raises:
            SonantError: as above.
        """
        self._check_format(wanted)
        self._log(request, wanted)
        order = await self._lexicons.applied(wanted.order)
        subtitles = await unless_left(request, self._worker.ask(SubtitlesWanted(order=order, form=form), client_of(request)))
        assert isinstance(subtitles, str)
        return Response(subtitles, media_type=SUBTITLE_TYPES[form])

    async def again(self, request: Request, stream_id: str) -> Response:
        """An answer that was given lately, or a range of its bytes.

        Raises:
            RequestError: 404 no such stream, 416 no such range; SonantError as above.
        """
        shelved = self._shelf.find(stream_id, time.monotonic())
        if shelved is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "unknown_stream", "there is no stream of this id, or not any more", field="id")
        if request.headers.get("if-none-match") in (shelved.etag, "*"):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": shelved.etag})
        wanted = shelved.wanted
        layout = _layout(wanted, shelved.num_samples, shelved.sample_rate)
        applies = layout.num_bytes is not None and request.headers.get("if-range", shelved.etag) == shelved.etag
        part = parse_range(request.headers.get("range"), layout.num_bytes) if applies and layout.num_bytes is not None else None
        first_sample, cut = _where(part, layout)
        stream = await self._open(request, wanted, first_sample=first_sample, saved=shelved.before(first_sample))
        try:
            encoder = self._encoder(wanted, stream)
            headers = _headers(stream, layout) | {"ETag": shelved.etag, "X-Stream-Id": stream_id}
            if part is not None:
                headers["Content-Range"] = f"bytes {part.first}-{part.last}/{layout.num_bytes}"
            return AudioResponse(
                stream,
                encoder,
                layout,
                whole=False,
                stall_seconds=self._settings.stall_seconds,
                headers=headers,
                status_code=HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT,
                cut=cut,
            )
        except BaseException:
            stream.close()
            raise

    async def _open(self, request: Request, wanted: Wanted, *, first_sample: int = 0, saved: SavedStream | None = None) -> LiveStream:
        opening = self._worker.open(wanted.order, client_of(request), wait_seconds=wait_of(request), first_sample=first_sample, saved=saved)
        return await unless_left(request, opening)

    def _log(self, request: Request, wanted: Wanted) -> None:
        if self._settings.log_text:
            tell_text(request, written(wanted.order.text))

    def _check_format(self, wanted: Wanted) -> None:
        """Refuses a rate that the format does not have before anything is made. A voice that there is not is the worker's to refuse."""
        for voice in self._worker.voices:
            if wanted.order.voice in (None, voice.name):
                _layout(wanted, 1, voice.sample_rate)
                return

    def _encoder(self, wanted: Wanted, stream: LiveStream) -> Encoder:
        if not wanted.timed:
            return make_encoder(wanted.audio_format, num_samples=stream.num_samples, source_rate=stream.sample_rate, rate=wanted.sample_rate)
        voice = voice_of(wanted.order, self._worker.voices)
        skipped = [asdict(one) for one in stream.skipped]
        start = {"voice": voice.name, "release": voice.release, "seed": stream.seed, "skipped": skipped}
        return make_timed_encoder(stream.begun, start, num_samples=stream.num_samples, source_rate=stream.sample_rate, rate=wanted.sample_rate)


def _layout(wanted: Wanted, num_samples: int | None, source_rate: int) -> Layout:
    if wanted.timed:
        return timed_layout(source_rate=source_rate, rate=wanted.sample_rate)
    return layout_of(wanted.audio_format, num_samples=num_samples, source_rate=source_rate, rate=wanted.sample_rate)


def _where(part: ByteRange | None, layout: Layout) -> tuple[int, Cut]:
    """From which sample a range has to be made, and which of the bytes from there on it is."""
    if part is None:
        return 0, Cut()
    if not layout.seekable or layout.bytes_per_sample is None or part.first < layout.head_bytes:
        return 0, Cut(first=part.first, num_bytes=part.length)
    first_sample, within = divmod(part.first - layout.head_bytes, layout.bytes_per_sample)
    return first_sample, Cut(with_head=False, first=within, num_bytes=part.length)


def _headers(stream: LiveStream, layout: Layout) -> dict[str, str]:
    headers = {
        "X-Seed": str(stream.seed),
        "X-Sample-Rate": str(layout.sample_rate),
        "Cache-Control": "no-store",
        "Accept-Ranges": "none" if layout.num_bytes is None else "bytes",
    }
    if stream.queued_seconds > 0:
        headers["X-Queued-Seconds"] = f"{stream.queued_seconds:.3f}"
    if stream.skipped:
        headers["X-Skipped"] = skipped_header(stream.skipped)
    return headers


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
