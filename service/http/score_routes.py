"""`POST /score`: a recording is sent, as the body or as a form, and a voice says how probable it
is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import asdict
from http import HTTPStatus
from importlib.util import find_spec
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.formparsers import MultiPartException, MultiPartParser

from service.frontend.speech_backend import SpeechBackend
from service.http.error_responses import RequestError
from service.http.request_body import read_bytes
from service.http.request_context import cancel_if_disconnected, client_of
from service.http.routes import BODY_REFUSALS, REFUSALS
from service.http.schemas import ProblemAnswer
from service.protocol.queries import ScoreQuery, ScoreResult
from service.settings import ServiceSettings

_RECORDING = "recording"


class ScoreRequest(BaseModel):
    """What is said beside the recording: in the query, or in the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    voice: Annotated[
        str | None,
        Field(
            description="Name of the voice that judges; the default voice where absent.",
            examples=["kathleen"],
        ),
    ] = None
    speaker: Annotated[
        str | None,
        Field(
            min_length=1,
            description="Name of one of its speakers, or its index; the first where absent.",
            examples=["0"],
        ),
    ] = None
    frames: Annotated[
        Literal["true", "false"],
        Field(description="Whether the bits of each frame are told as well.", examples=["true"]),
    ] = "false"


class ScoreAnswer(BaseModel):
    """How probable a recording is."""

    voice: str
    release: str
    sample_rate: int = Field(
        description="Hz: that of the voice, at which the recording was judged."
    )
    num_samples: int = Field(description="Of the recording, at that rate.")
    seconds: float
    log_likelihood: float = Field(
        description="The natural logarithm of the recording's probability: exact."
    )
    bits: float = Field(description="The same to the base 2, without its sign.")
    bits_per_sample: float = Field(description="On average; lower is better.")
    hop_length: int = Field(description="Samples of a frame.")
    bits_per_frame: list[float] | None = Field(None, description="Only where `frames` is true.")


_EXAMPLE = {
    "voice": "kathleen", "release": "4", "sample_rate": 16_000, "num_samples": 16_000,
    "seconds": 1.0, "log_likelihood": -44_361.4, "bits": 64_000.0,
    "bits_per_sample": 4.0, "hop_length": 160,
}  # fmt: skip
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "type": "object",
    "properties": {
        _RECORDING: {"type": "string", "format": "binary"},
        **ScoreRequest.model_json_schema()["properties"],
    },
    "required": [_RECORDING],
    "additionalProperties": False,
}


def make_score_router(worker: SpeechBackend, settings: ServiceSettings) -> APIRouter:
    """The route, served by this worker."""
    router = APIRouter()
    fields = ScoreRequest.model_json_schema()["properties"]
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in fields.items()
    ]
    content = dict.fromkeys(("audio/wav", "audio/flac", "application/octet-stream"), _BINARY) | {
        "multipart/form-data": {"schema": _FORM}
    }
    responses: dict[int | str, dict[str, Any]] = {
        200: {
            "model": ScoreAnswer,
            "description": "How probable it is.",
            "content": {"application/json": {"example": _EXAMPLE}},
        },
        **BODY_REFUSALS,
        **REFUSALS,
        501: {
            "model": ProblemAnswer,
            "description": "This service is installed without what analyses recordings.",
        },
    }

    @router.post(
        "/score",
        responses=responses,
        openapi_extra={
            "requestBody": {"required": True, "content": content},
            "parameters": parameters,
        },
    )
    async def score_recording(request: Request) -> JSONResponse:
        """Tells how probable a recording is under a voice: its exact log-likelihood, in nats and in
        bits. Worked at in the gaps that live streams leave.
        """
        if find_spec("pyworld") is None:
            raise RequestError(
                HTTPStatus.NOT_IMPLEMENTED,
                "not_available",
                "recordings are analysed by pyworld, which is not installed here",
            )
        recording, wanted = await _read(request, settings.recording_limit)
        speaker = (
            int(wanted.speaker)
            if wanted.speaker is not None and wanted.speaker.isascii() and wanted.speaker.isdigit()
            else wanted.speaker
        )
        query = ScoreQuery(recording=recording, voice=wanted.voice, speaker=speaker)
        scored = await cancel_if_disconnected(request, worker.ask(query, client_of(request)))
        assert isinstance(scored, ScoreResult)
        answer = asdict(scored)
        if wanted.frames == "false":
            del answer["bits_per_frame"]
        return JSONResponse(answer)

    return router


async def _read(request: Request, limit: int) -> tuple[bytes, ScoreRequest]:
    """The recording, and what is said beside it.

    Raises:
        RequestError: the body is of another kind, or too large, or a field is wrong.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    said = _once(request.query_params.multi_items())
    if media_type == "multipart/form-data":
        recording, in_form = await _read_form(request, limit)
        return recording, _checked(_once([*said.items(), *in_form]))
    if not (media_type.startswith("audio/") or media_type in ("application/octet-stream", "")):
        message = (
            f"the content type must be audio/wav, audio/flac or another of sound, or "
            f"multipart/form-data, not {media_type}"
        )
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            message,
            field="content-type",
        )
    return await read_bytes(request, limit), _checked(said)


async def _read_form(request: Request, limit: int) -> tuple[bytes, list[tuple[str, str]]]:
    body = await read_bytes(request, limit)

    async def stream() -> AsyncGenerator[bytes]:
        yield body

    try:
        form = await MultiPartParser(
            request.headers, stream(), max_files=1, max_fields=8, max_part_size=limit
        ).parse()
    except MultiPartException as error:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            "invalid_form",
            f"the form cannot be read: {error.message}",
            field="body",
        ) from error
    recording: bytes | None = None
    said: list[tuple[str, str]] = []
    try:
        for name, value in form.multi_items():
            if isinstance(value, str):
                said.append((name, value))
            elif name == _RECORDING:
                recording = await value.read()
            else:
                raise RequestError(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    "unknown_field",
                    f"{name}: there is no file of this name",
                    field=name,
                )
    finally:
        await form.close()
    if recording is None:
        raise RequestError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "missing_field",
            f"{_RECORDING}: there must be a file of this name in the form",
            field=_RECORDING,
        )
    return recording, said


def _once(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Fields by their names, each of which may be there once."""
    said: dict[str, str] = {}
    for name, value in items:
        if name in said:
            raise RequestError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "conflicting_fields",
                f"{name}: is there twice",
                field=name,
            )
        said[name] = value
    return said


def _checked(said: dict[str, str]) -> ScoreRequest:
    try:
        return ScoreRequest.model_validate(said)
    except ValidationError as error:
        raise RequestError.of_validation(error) from error
