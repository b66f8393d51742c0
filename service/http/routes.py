"""The addresses of Sonant's own API, and what is done at each. Nothing is computed here: the event
loop only moves bytes.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, WebSocket
from fastapi.responses import JSONResponse
from starlette.responses import Response

from service.frontend.lexicon_store import LexiconStore
from service.frontend.speech_backend import SpeechBackend
from service.http.error_responses import RequestError
from service.http.openapi import json_body
from service.http.request_body import read_body
from service.http.request_context import cancel_if_disconnected, client_of
from service.http.schemas import PhonemizeRequest, ProblemAnswer, SynthesizeRequest
from service.http.speech_responder import SpeechResponder
from service.http.websocket import SpeechSocket
from service.observability.logs import log_text
from service.protocol.queries import PhonemesQuery, PhonemizedText
from service.protocol.speech_order import VoiceDescription
from service.settings import ServiceSettings
from vocoder.audio.formats import HTTP_FORMATS
from vocoder.errors import InputError
from vocoder.synthesis.limits import LENGTH_SCALES
from vocoder.text import source_text

_AUDIO_HEADERS = {
    "X-Seed": {
        "description": "The seed that was used: send it to hear the same again.",
        "schema": {"type": "string"},
    },
    "X-Sample-Rate": {"description": "Hz.", "schema": {"type": "integer"}},
    "X-Skipped": {
        "description": (
            "Only where something could not be spoken: a JSON list of objects with "
            "text, start (in characters) and reason."
        ),
        "schema": {"type": "string"},
    },
    "X-Ignored": {
        "description": (
            "Only where markup of an SSML document was passed over: a JSON list as X-Skipped."
        ),
        "schema": {"type": "string"},
    },
    "X-Stream-Id": {
        "description": "`GET /streams/{id}` gives the same bytes again, or the rest of them.",
        "schema": {"type": "string"},
    },
    "X-Queued-Seconds": {
        "description": "Only where the request has waited for room.",
        "schema": {"type": "number"},
    },
    "ETag": {"description": "Equal tags, equal bytes.", "schema": {"type": "string"}},
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_EVENTS = '{"type":"word","text":"hello","start_sample":1120,"end_sample":6720}\n'
SUBTITLES: dict[str, Any] = {
    "description": "WebVTT or SubRip.",
    "content": {
        "text/vtt": {
            "schema": {"type": "string"},
            "example": "WEBVTT\n\n00:00:00.070 --> 00:00:00.420\nHello.\n",
        },
        "application/x-subrip": {
            "schema": {"type": "string"},
            "example": "1\n00:00:00,070 --> 00:00:00,420\nHello.\n",
        },
    },
}
AUDIO = {
    "description": (
        "Speech; with `timestamps` also what is heard when (`docs/API_HTTP.md` has the lines)."
    ),
    "content": {form.media_type: _BINARY for form in HTTP_FORMATS.values()}
    | {
        "application/x-ndjson": {"schema": {"type": "string"}, "example": _EVENTS},
        **SUBTITLES["content"],
    },
    "headers": _AUDIO_HEADERS,
}
WAV = AUDIO | {"description": "Speech.", "content": {"audio/wav": _BINARY}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    429: {
        "model": ProblemAnswer,
        "description": "This client has as much as it may; Retry-After says when to ask again.",
    },
    500: {"model": ProblemAnswer, "description": "The service's own fault."},
    503: {
        "model": ProblemAnswer,
        "description": "No room for another stream; Retry-After says when to ask again.",
    },
}
BODY_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": ProblemAnswer, "description": "The body is not JSON, or a header is wrong."},
    413: {"model": ProblemAnswer, "description": "The body is too large."},
    415: {"model": ProblemAnswer, "description": "The body is said not to be JSON."},
    422: {"model": ProblemAnswer, "description": "A field is wrong."},
}
_READING = {
    "voice": "kathleen",
    "language": "en-us",
    "sentences": [
        {
            "text": "Hello.",
            "start": 0,
            "end": 6,
            "words": [
                {
                    "text": "hello",
                    "phonemes": ["h", "ə", "l", "oʊ"],
                    "start": 0,
                    "end": 5,
                    "rule": "word",
                    "told": "",
                }
            ],
            "phonemes": ["sil", "h", "ə", "l", "oʊ", "sil"],
        }
    ],
    "skipped": [],
    "ignored": [],
}
SPEECH_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: AUDIO,
    **BODY_REFUSALS,
    **REFUSALS,
}
READING_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "How it is read.", "content": {"application/json": {"example": _READING}}},
    **BODY_REFUSALS,
    **REFUSALS,
}


_READY = {
    "status": "ready",
    "open_streams": 3,
    "making": 2,
    "queued": 0,
    "background": 0,
    "places": 11,
    "capacity": 14.2,
}
_VOICE = VoiceDescription(
    name="kathleen", release="10", language="en-us", licence="CC0-1.0", speakers=("kathleen", ),
    sample_rate=16_000, temperature=0.6, engine="native",
    precision="int8", is_default=True,
)  # fmt: skip
_METRICS = (
    "# HELP sonant_ready 1 where new streams are taken on, room permitting.\n# TYPE "
    "sonant_ready gauge\nsonant_ready 1.0\n"
)
StreamId = Annotated[
    str, Path(description="`X-Stream-Id` of the answer.", examples=["wY4pJ3o0cXkqz8mF2bTn5g"])
]


def with_example(example: object) -> dict[int | str, dict[str, Any]]:
    """What a route answers, as the document shows it."""
    return {200: {"content": {"application/json": {"example": example}}}}


def make_router(
    worker: SpeechBackend,
    settings: ServiceSettings,
    responder: SpeechResponder,
    lexicons: LexiconStore,
) -> APIRouter:
    """The routes, served by this worker."""
    router = APIRouter()

    @router.post(
        "/synthesize",
        response_class=Response,
        responses=SPEECH_ANSWERS,
        openapi_extra=json_body(SynthesizeRequest),
    )
    async def synthesize(request: Request) -> Response:
        """Speaks a text. Audio leaves as it is generated."""
        wanted = await read_body(request, SynthesizeRequest, limit=settings.body_limit)
        subtitles = wanted.subtitles(request.headers.get("accept", ""))
        try:
            if subtitles is not None:
                return await responder.subtitles(request, wanted.response_spec(), subtitles)
            return await responder.answer(request, wanted.response_spec())
        except InputError as error:
            if wanted.speed is None or error.field != "length_scale":
                raise
            # The client never sent a length_scale: the field at fault is the one that it did send.
            fastest, slowest = (1 / limit for limit in LENGTH_SCALES)
            raise InputError(
                f"speed must lie in {slowest:g}..{fastest:g}, not {wanted.speed:g}", field="speed"
            ) from error

    @router.get(
        "/streams/{stream_id}",
        response_class=Response,
        responses={
            200: AUDIO,
            206: AUDIO | {"description": "The part of it that `Range` names."},
            304: {"description": "The bytes are those of `If-None-Match`."},
            404: {
                "model": ProblemAnswer,
                "description": "There is no stream of this id, or not any more.",
            },
            416: {"model": ProblemAnswer, "description": "Nothing of the range is there."},
            **REFUSALS,
        },
    )
    async def resume_stream(request: Request, stream_id: StreamId) -> Response:
        """An answer that was given lately, again: all of it, or the bytes that `Range` names. It is
        made again, and is the same.
        """
        return await responder.resume(request, stream_id)

    @router.post(
        "/phonemize",
        responses=READING_ANSWERS,
        openapi_extra=json_body(PhonemizeRequest),
    )
    async def phonemize(request: Request) -> PhonemizedText:
        """Tells how a text is read: its words with their phonemes in IPA and the rules that read
        them, and what cannot be spoken. Nothing is spoken.
        """
        wanted = await read_body(request, PhonemizeRequest, limit=settings.body_limit)
        given = wanted.given()
        if settings.log_text:
            log_text(request, source_text(given))
        lexicon = await lexicons.entries_for(given, voice=wanted.voice, lexicon=wanted.lexicon)
        query = PhonemesQuery(text=given, voice=wanted.voice, lexicon=lexicon)
        reading = await cancel_if_disconnected(request, worker.ask(query, client_of(request)))
        assert isinstance(reading, PhonemizedText)
        return reading

    @router.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        """Speaks a text while it is being written: `service.http.websocket`."""
        await SpeechSocket(socket, worker, settings, lexicons).run()

    @router.get("/voices", responses=with_example({"voices": [asdict(_VOICE)]}))
    async def list_voices() -> dict[str, tuple[VoiceDescription, ...]]:
        """The voices that can be asked for, the default first."""
        return {"voices": worker.voices}

    @router.get(
        "/metrics",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _METRICS}}}
        },
    )
    async def read_metrics() -> Response:
        """What is counted, for Prometheus."""
        return Response(worker.metrics.exposition(), media_type="text/plain; version=0.0.4")

    @router.get("/healthz", responses=with_example({"status": "ok"}))
    async def check_health() -> dict[str, str]:
        """Answers as long as the event loop turns."""
        return {"status": "ok"}

    @router.get(
        "/readyz",
        responses={
            **with_example(_READY),
            503: {"model": ProblemAnswer, "description": "Starting, stopping, or broken."},
        },
    )
    async def check_readiness() -> JSONResponse:
        """Whether new streams are taken on, room permitting."""
        status = worker.status
        if not status.ready:
            raise RequestError(503, "not_ready", "the service is starting, stopping or broken")
        return JSONResponse(
            {
                "status": "ready",
                **{name: value for name, value in asdict(status).items() if name != "ready"},
            }
        )

    return router
