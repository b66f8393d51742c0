"""Coqui's HTTP API: `GET /api/tts` answers a WAV file.

An unknown speaker takes the first, and unknown parameters are ignored (`style_wav`, `language_id`).
`seed` is ours.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from service.frontend.speech_backend import SpeechBackend
from service.frontend.voice_choice import choose_speaker
from service.http.error_responses import RequestError
from service.http.resume_cache import ResponseSpec
from service.http.routes import BODY_REFUSALS, REFUSALS, WAV
from service.http.speech_responder import SpeechResponder
from service.protocol.speech_order import SpeechOrder, VoiceDescription


class CoquiRequest(BaseModel):
    """The query of `GET /api/tts`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text: str = Field(description="What is to be spoken.", examples=["Hello."])
    speaker_id: str | None = Field(
        None,
        description="Name or index of a speaker of the default voice; an unknown one is the first.",
        examples=["kathleen"],
    )
    seed: int | None = Field(
        None, description="Not Coqui's: same request, same seed, same bytes.", examples=[7]
    )

    def response_spec(self, voice: VoiceDescription) -> ResponseSpec:
        """A WAV file, spoken by this voice."""
        return ResponseSpec(
            order=SpeechOrder(
                text=self.text,
                voice=voice.name,
                speaker=choose_speaker(voice, self.speaker_id),
                seed=self.seed,
                exact_length=True,
            )
        )


def make_coqui_router(worker: SpeechBackend, responder: SpeechResponder) -> APIRouter:
    """The route, served by this worker."""
    router = APIRouter()
    schema = CoquiRequest.model_json_schema()
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": field}
        for name, field in schema["properties"].items()
    ]

    @router.get(
        "/api/tts",
        response_class=Response,
        responses={200: WAV, 422: BODY_REFUSALS[422], **REFUSALS},
        openapi_extra={"parameters": parameters},
    )
    async def speak_like_coqui(request: Request) -> Response:
        """Speaks a text as Coqui's server does: WAV, streamed as it is generated."""
        try:
            wanted = CoquiRequest.model_validate(dict(request.query_params))
        except ValidationError as error:
            raise RequestError.of_validation(error) from error
        return await responder.answer(request, wanted.response_spec(worker.voices[0]))

    return router
