"""Piper's HTTP API: `POST /` with a text or with Piper's JSON answers a WAV file. With a text, the
other fields may stand in the query: a shell needs no JSON then.

As in Piper, an unknown voice or speaker takes the default, and unknown fields are ignored. `seed`
is ours. `GET /voices` stays ours: each key of Piper's is a voice, and ours has the key `voices`.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from service.frontend.speech_backend import SpeechBackend
from service.frontend.voice_choice import choose_speaker, choose_voice
from service.http.error_responses import RequestError
from service.http.request_body import media_type_of, read_body, read_bytes
from service.http.resume_cache import ResponseSpec
from service.http.routes import BODY_REFUSALS, REFUSALS, WAV
from service.http.schemas import bounds
from service.http.speech_responder import SpeechResponder
from service.protocol.speech_order import SpeechOrder, VoiceDescription
from service.settings import ServiceSettings
from vocoder.seeds import MAX_SEED
from vocoder.synthesis.limits import LENGTH_SCALES

_JSON, _TEXT = "application/json", "text/plain"


class PiperRequest(BaseModel):
    """Piper's JSON. `noise_scale` and `noise_w_scale` mean nothing to a WaveNet."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"text": "Hello.", "length_scale": 1.2}]},
    )

    text: str = Field(description="What is to be spoken.")
    voice: str | None = Field(None, description="Name of a voice; an unknown one is the default.")
    speaker: str | None = Field(None, description="Name of a speaker; an unknown one is the first.")
    speaker_id: int | str | None = Field(
        None, description="Index of a speaker, in place of its name."
    )
    length_scale: float = Field(
        1.0,
        description="How much longer everything lasts.",
        json_schema_extra=bounds(*LENGTH_SCALES),
    )
    seed: int | None = Field(
        None,
        description="Not Piper's: same request, same seed, same bytes.",
        json_schema_extra=bounds(0, MAX_SEED),
    )

    def response_spec(self, voices: tuple[VoiceDescription, ...]) -> ResponseSpec:
        """A WAV file, spoken by one of these voices, the default first."""
        voice = choose_voice(voices, name=self.voice)
        speaker = self.speaker if self.speaker_id is None else self.speaker_id
        return ResponseSpec(
            order=SpeechOrder(
                text=self.text,
                voice=voice.name,
                speaker=choose_speaker(voice, speaker),
                length_scale=self.length_scale,
                seed=self.seed,
                exact_length=True,
            )
        )


def make_piper_router(
    worker: SpeechBackend, settings: ServiceSettings, responder: SpeechResponder
) -> APIRouter:
    """The route, served by this worker."""
    router = APIRouter()
    content: dict[str, Any] = {
        _JSON: {"schema": {"$ref": "#/components/schemas/PiperRequest"}},
        _TEXT: {"schema": {"type": "string"}, "example": "Hello."},
    }

    @router.post(
        "/",
        response_class=Response,
        responses={200: WAV, **BODY_REFUSALS, **REFUSALS},
        openapi_extra={"requestBody": {"required": True, "content": content}},
    )
    async def speak_like_piper(request: Request) -> Response:
        """Speaks a text as Piper's server does: WAV, streamed as it is generated."""
        wanted = await _read(request, settings.body_limit)
        return await responder.answer(request, wanted.response_spec(worker.voices))

    return router


async def _read(request: Request, limit: int) -> PiperRequest:
    """The JSON; or the text, also where no content type is given, and all else from the query.

    Raises:
        RequestError: the body is of another kind or too large, or a field is wrong.
    """
    if "content-type" in request.headers and media_type_of(request, _JSON, _TEXT) == _JSON:
        return await read_body(request, PiperRequest, limit=limit)
    body = await read_bytes(request, limit)
    try:
        said = {**request.query_params, "text": body.decode()}
        return PiperRequest.model_validate(said, strict=False)
    except ValidationError as error:
        raise RequestError.of_validation(error) from error
    except UnicodeDecodeError as error:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            "invalid_encoding",
            f"the body is not UTF-8: {error.reason} at byte {error.start}",
            field="body",
        ) from error
