"""The addresses, and what is done at each. Nothing is computed here: the event loop only moves bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from service.asking import client_of, unless_left, wait_of
from service.body import read_synthesize_request
from service.orders import SpeechOrder, SpeechWorker, VoiceDescription
from service.problems import RequestError
from service.response import AudioResponse
from service.schemas import ProblemAnswer, SynthesizeRequest
from service.settings import ServiceSettings
from service.stream import LiveStream
from vocoder.errors import InputError

_AUDIO_HEADERS = {
    "X-Seed": {"description": "The seed that was used: send it to hear the same again.", "schema": {"type": "string"}},
    "X-Sample-Rate": {"description": "Hz.", "schema": {"type": "integer"}},
    "X-Skipped": {
        "description": "Only where something could not be spoken: a JSON list of objects with text, start (in characters) and reason.",
        "schema": {"type": "string"},
    },
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_SYNTHESIZE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Speech.", "content": {"audio/wav": _BINARY, "audio/pcm": _BINARY}, "headers": _AUDIO_HEADERS},
    400: {"model": ProblemAnswer, "description": "The body is not JSON."},
    413: {"model": ProblemAnswer, "description": "The body is too large."},
    415: {"model": ProblemAnswer, "description": "The body is said not to be JSON."},
    422: {"model": ProblemAnswer, "description": "A field is wrong."},
    503: {"model": ProblemAnswer, "description": "No room for another stream; Retry-After says when to ask again."},
}


def make_router(worker: SpeechWorker, settings: ServiceSettings) -> APIRouter:
    """The routes, served by this worker."""
    router = APIRouter()
    body = {"required": True, "content": {"application/json": {"schema": SynthesizeRequest.model_json_schema()}}}

    @router.post("/synthesize", response_class=Response, responses=_SYNTHESIZE_ANSWERS, openapi_extra={"requestBody": body})
    async def synthesize(request: Request) -> Response:
        """Speaks a text. Audio leaves as it is generated."""
        wanted = await read_synthesize_request(request, limit=settings.body_limit)
        stream = await _open(worker, wanted, request)
        try:
            return AudioResponse(stream, audio_format=wanted.format, whole=not wanted.stream, stall_seconds=settings.stall_seconds)
        except BaseException:
            stream.close()
            raise

    @router.get("/voices")
    async def voices() -> dict[str, tuple[VoiceDescription, ...]]:
        """The voices that can be asked for, the default first."""
        return {"voices": worker.voices}

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


async def _open(worker: SpeechWorker, wanted: SynthesizeRequest, request: Request) -> LiveStream:
    order: SpeechOrder = wanted.order()
    try:
        return await unless_left(request, worker.open(order, client_of(request), wait_seconds=wait_of(request)))
    except InputError as error:
        if wanted.speed is None or error.field != "length_scale":
            raise
        # The client never sent a length_scale: the field at fault is the one that it did send.
        raise InputError(f"speed {wanted.speed:g} is a length_scale of {order.length_scale:g}: {error}", field="speed") from error
