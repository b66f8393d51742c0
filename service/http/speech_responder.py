"""From an order to an answer with sound, whichever route it came by; and the same answer again,
from any byte.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from service.encoding import (
    Encoder,
    Layout,
    TimingEvents,
    layout_of,
    make_encoder,
    make_timed_encoder,
    timed_layout,
)
from service.frontend.lexicon_store import LexiconStore
from service.frontend.live_stream import LiveStream
from service.frontend.speech_backend import SpeechBackend
from service.http.audio_response import AudioResponse, EncodedPart
from service.http.byte_ranges import ByteRange, parse_range
from service.http.error_responses import RequestError
from service.http.etag import etag_of
from service.http.paths import outer_path
from service.http.preconditions import is_known
from service.http.request_context import cancel_if_disconnected, client_of, wait_seconds_of
from service.http.resume_cache import ResponseSpec, ResumableStream, ResumeCache
from service.observability.logs import log_text
from service.protocol.queries import SubtitlesQuery
from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SkippedText, voice_of
from service.settings import ServiceSettings
from vocoder.text import source_text

SUBTITLE_TYPES = {"vtt": "text/vtt", "srt": "application/x-subrip; charset=utf-8"}  # media types
_SKIPPED_BYTES = 2048  # of a header, about: clients and proxies take headers of 4 to 8 KB in all


class SpeechResponder:
    """Answers with sound.

    Args:
        worker: who makes it.
        settings: of the service.
        lexicons: that are stored.
    """

    def __init__(
        self, worker: SpeechBackend, settings: ServiceSettings, lexicons: LexiconStore
    ) -> None:
        self._worker = worker
        self._lexicons = lexicons
        self._settings = settings
        self._resume_cache = ResumeCache(settings)

    async def answer(
        self,
        request: Request,
        spec: ResponseSpec,
        *,
        wrap: Callable[[Encoder, TimingEvents | None], Encoder] | None = None,
    ) -> Response:
        """What is wanted, as it is made.

        Args:
            request: whose body has been read.
            spec: what it asks for.
            wrap: puts the bytes into events, and what is heard when, where the order asks for it;
                such an answer cannot be picked up again.

        Raises:
            RequestError, SonantError: before anything is sent.
        """
        self._check_format(spec)
        self._log(request, spec)
        spec = replace(spec, order=await self._lexicons.with_entries(spec.order))
        stream = await self._open(request, spec)
        try:
            encoder, layout = (
                self._encoder(spec, stream),
                _layout(spec, stream.num_samples, stream.sample_rate),
            )
            if wrap is not None:
                events = Layout(media_type="text/event-stream", sample_rate=layout.sample_rate)
                headers = _headers(stream, events)
                timing = (
                    TimingEvents(
                        stream.new_sentences,
                        source_rate=stream.sample_rate,
                        rate=layout.sample_rate,
                    )
                    if stream.timed
                    else None
                )
                return AudioResponse(
                    stream,
                    wrap(encoder, timing),
                    events,
                    whole=False,
                    stall_seconds=self._settings.stall_seconds,
                    headers=headers,
                )
            spec = replace(spec, order=replace(spec.order, seed=stream.seed))
            resumable = ResumableStream(
                spec=spec,
                etag=etag_of(spec, self._worker.voices),
                num_samples=stream.num_samples,
                sample_rate=stream.sample_rate,
                snapshots=stream.snapshots,
            )
            stream_id = self._resume_cache.put(resumable, time.monotonic())
            headers = _headers(stream, layout) | {
                "ETag": resumable.etag,
                "X-Stream-Id": stream_id,
                "Content-Location": outer_path(request.scope, f"/streams/{stream_id}"),
            }
            return AudioResponse(
                stream,
                encoder,
                layout,
                whole=spec.order.whole,
                stall_seconds=self._settings.stall_seconds,
                headers=headers,
            )
        except BaseException:
            stream.close()
            raise

    async def subtitles(
        self, request: Request, spec: ResponseSpec, form: Literal["vtt", "srt"]
    ) -> Response:
        """The subtitles of what is wanted; nothing is spoken, so the same comes whatever the seed.

        Raises:
            SonantError: as above.
        """
        self._check_format(spec)
        self._log(request, spec)
        order = await self._lexicons.with_entries(spec.order)
        subtitles = await cancel_if_disconnected(
            request, self._worker.ask(SubtitlesQuery(order=order, form=form), client_of(request))
        )
        assert isinstance(subtitles, str)
        return Response(subtitles, media_type=SUBTITLE_TYPES[form])

    async def resume(self, request: Request, stream_id: str) -> Response:
        """An answer that was given lately, or a range of its bytes.

        Raises:
            RequestError: 404 no such stream, 416 no such range; SonantError as above.
        """
        resumable = self._resume_cache.find(stream_id, time.monotonic())
        if resumable is None:
            raise RequestError(
                HTTPStatus.NOT_FOUND,
                "unknown_stream",
                "there is no stream of this id, or not any more",
                field="id",
            )
        if is_known(request.headers, resumable.etag):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": resumable.etag})
        spec = resumable.spec
        layout = _layout(spec, resumable.num_samples, resumable.sample_rate)
        applies = (
            layout.num_bytes is not None
            and request.headers.get("if-range", resumable.etag) == resumable.etag
        )
        part = (
            parse_range(request.headers.get("range"), layout.num_bytes)
            if applies and layout.num_bytes is not None
            else None
        )
        first_sample, cut = _encoded_part_of(part, layout)
        stream = await self._open(
            request, spec, first_sample=first_sample, saved=resumable.before(first_sample)
        )
        try:
            encoder = self._encoder(spec, stream)
            headers = _headers(stream, layout) | {"ETag": resumable.etag, "X-Stream-Id": stream_id}
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

    async def _open(
        self,
        request: Request,
        spec: ResponseSpec,
        *,
        first_sample: int = 0,
        saved: SavedStream | None = None,
    ) -> LiveStream:
        opening = self._worker.open(
            spec.order,
            client_of(request),
            wait_seconds=wait_seconds_of(request),
            first_sample=first_sample,
            saved=saved,
        )
        return await cancel_if_disconnected(request, opening)

    def _log(self, request: Request, spec: ResponseSpec) -> None:
        if self._settings.log_text:
            log_text(request, source_text(spec.order.text))

    def _check_format(self, spec: ResponseSpec) -> None:
        """Refuses a rate that the format does not have before anything is made. A voice that there
        is not is the worker's to refuse.
        """
        for voice in self._worker.voices:
            if spec.order.voice in (None, voice.name):
                _layout(spec, 1, voice.sample_rate)
                return

    def _encoder(self, spec: ResponseSpec, stream: LiveStream) -> Encoder:
        if not spec.timed:
            return make_encoder(
                spec.audio_format,
                num_samples=stream.num_samples,
                source_rate=stream.sample_rate,
                rate=spec.sample_rate,
            )
        voice = voice_of(spec.order, self._worker.voices)
        skipped = [asdict(one) for one in stream.skipped]
        start = {
            "voice": voice.name,
            "release": voice.release,
            "seed": stream.seed,
            "skipped": skipped,
        }
        return make_timed_encoder(
            stream.new_sentences,
            start,
            num_samples=stream.num_samples,
            source_rate=stream.sample_rate,
            rate=spec.sample_rate,
        )


def _layout(spec: ResponseSpec, num_samples: int | None, source_rate: int) -> Layout:
    if spec.timed:
        return timed_layout(source_rate=source_rate, rate=spec.sample_rate)
    return layout_of(
        spec.audio_format, num_samples=num_samples, source_rate=source_rate, rate=spec.sample_rate
    )


def _encoded_part_of(part: ByteRange | None, layout: Layout) -> tuple[int, EncodedPart]:
    """From which sample a range has to be made, and which of the bytes from there on it is."""
    if part is None:
        return 0, EncodedPart()
    if not layout.seekable or layout.bytes_per_sample is None or part.first < layout.head_bytes:
        return 0, EncodedPart(first=part.first, num_bytes=part.length)
    first_sample, within = divmod(part.first - layout.head_bytes, layout.bytes_per_sample)
    return first_sample, EncodedPart(with_head=False, first=within, num_bytes=part.length)


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
    if stream.ignored:
        headers["X-Ignored"] = skipped_header(stream.ignored)
    return headers


def skipped_header(skipped: Sequence[SkippedText]) -> str:
    """What could not be spoken, as a JSON list in ASCII: as many pieces as fit, and the number of
    those that do not.
    """
    pieces: list[str] = []
    for one in skipped:
        piece = json.dumps(asdict(one))
        if sum(map(len, pieces)) + len(piece) > _SKIPPED_BYTES:
            pieces.append(json.dumps({"more": len(skipped) - len(pieces)}))
            break
        pieces.append(piece)
    return f"[{', '.join(pieces)}]"
