"""The addresses of Sonant's own API, and what is done at each. Nothing is computed here: the event loop only moves bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import JSONResponse
from starlette.responses import Response

from service.body import read_body
from service.live import Live
from service.orders import SpeechWorker, VoiceDescription
from service.problems import RequestError
from service.schemas import ProblemAnswer, SynthesizeRequest
from service.settings import ServiceSettings
from service.speaking import Speaking
from vocoder.errors import InputError

_AUDIO_HEADERS = {
    "X-Seed": {"description": "The seed that was used: send it to hear the same again.", "schema": {"type": "string"}},
    "X-Sample-Rate": {"description": "Hz.", "schema": {"type": "integer"}},
    "X-Skipped": {
        "description": "Only where something could not be spoken: a JSON list of objects with text, start (in characters) and reason.",
        "schema": {"type": "string"},
    },
    "X-Stream-Id": {"description": "`GET /streams/{id}` gives the same bytes again, or the rest of them.", "schema": {"type": "string"}},
    "X-Queued-Seconds": {"description": "Only where the request has waited for room.", "schema": {"type": "number"}},
    "ETag": {"description": "Equal tags, equal bytes.", "schema": {"type": "string"}},
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_EVENTS = '{"type":"word","text":"hello","start_sample":1120,"end_sample":6720}\n'
AUDIO = {
    "description": "Speech; with `timestamps` also what is heard when (`docs/API_HTTP.md` has the lines).",
    "content": dict.fromkeys(("audio/wav", "audio/pcm", "audio/basic", "audio/flac", "audio/mpeg", "audio/ogg", "audio/aac"), _BINARY)
    | {"application/x-ndjson": {"schema": {"type": "string"}, "example": _EVENTS}},
    "headers": _AUDIO_HEADERS,
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    429: {"model": ProblemAnswer, "description": "This client has as much as it may; Retry-After says when to ask again."},
    500: {"model": ProblemAnswer, "description": "The service's own fault."},
    503: {"model": ProblemAnswer, "description": "No room for another stream; Retry-After says when to ask again."},
}
SPEECH_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: AUDIO,
    400: {"model": ProblemAnswer, "description": "The body is not JSON, or a header is wrong."},
    413: {"model": ProblemAnswer, "description": "The body is too large."},
    415: {"model": ProblemAnswer, "description": "The body is said not to be JSON."},
    422: {"model": ProblemAnswer, "description": "A field is wrong."},
    **REFUSALS,
}


def make_router(worker: SpeechWorker, settings: ServiceSettings, speaking: Speaking) -> APIRouter:
    """The routes, served by this worker."""
    router = APIRouter()
    body = {"required": True, "content": {"application/json": {"schema": SynthesizeRequest.model_json_schema()}}}

    @router.post("/synthesize", response_class=Response, responses=SPEECH_ANSWERS, openapi_extra={"requestBody": body})
    async def synthesize(request: Request) -> Response:
        """Speaks a text. Audio leaves as it is generated."""
        wanted = await read_body(request, SynthesizeRequest, limit=settings.body_limit)
        try:
            return await speaking.answer(request, wanted.wanted())
        except InputError as error:
            if wanted.speed is None or error.field != "length_scale":
                raise
            # The client never sent a length_scale: the field at fault is the one that it did send.
            raise InputError(f"speed {wanted.speed:g} is a length_scale of {1 / wanted.speed:g}: {error}", field="speed") from error

    @router.get(
        "/streams/{stream_id}",
        response_class=Response,
        responses={
            200: AUDIO,
            206: AUDIO | {"description": "The part of it that `Range` names."},
            304: {"description": "The bytes are those of `If-None-Match`."},
            404: {"model": ProblemAnswer, "description": "There is no stream of this id, or not any more."},
            416: {"model": ProblemAnswer, "description": "Nothing of the range is there."},
            **REFUSALS,
        },
    )
    async def streams(request: Request, stream_id: str) -> Response:
        """An answer that was given lately, again: all of it, or the bytes that `Range` names. It is made again, and is the same."""
        return await speaking.again(request, stream_id)

    @router.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        """Speaks a text while it is being written: `service.live`."""
        await Live(socket, worker, settings).run()

    @router.get("/voices")
    async def voices() -> dict[str, tuple[VoiceDescription, ...]]:
        """The voices that can be asked for, the default first."""
        return {"voices": worker.voices}

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
    async def metrics() -> Response:
        """What is counted, for Prometheus."""
        return Response(worker.metrics.exposition(), media_type="text/plain; version=0.0.4")

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answers as long as the event loop turns."""
        return {"status": "ok"}

    @router.get("/readyz", responses={503: {"model": ProblemAnswer, "description": "Starting, stopping, or broken."}})
    async def readyz() -> JSONResponse:
        """Whether new streams are taken on, room permitting."""
        status = worker.status
        if not status.ready:
            raise RequestError(503, "not_ready", "the service is starting, stopping or broken")
        return JSONResponse({"status": "ready", **{name: value for name, value in asdict(status).items() if name != "ready"}})

    return router
