"""The addresses of OpenAI's speech API, so that programs written for it need nothing but another
base URL.

Sonant's own `seed`, `temperature`, `lexicon` and `timestamps` are further fields. OpenAI's voice
names speak with a voice of this service (`ServiceSettings.openai_voices`, else the default one).
Unknown fields are ignored here, because clients send what other services know. `instructions` that
say something are refused: no voice here can follow them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from service.encoding import Encoder, OpenaiFormat, TimingEvents
from service.frontend.speech_backend import SpeechBackend
from service.http.error_responses import OPENAI_PREFIX, RequestError
from service.http.lexicon_field import DESCRIPTION, RequestLexicon
from service.http.openapi import json_body
from service.http.request_body import read_body
from service.http.resume_cache import ResponseSpec
from service.http.routes import SPEECH_ANSWERS, with_example
from service.http.schemas import ProblemAnswer, bounds
from service.http.speech_responder import SpeechResponder
from service.protocol.speech_order import SpeechOrder, VoiceDescription
from service.settings import ServiceSettings
from vocoder.audio.formats import HTTP_FORMATS
from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.errors import ConfigError, InputError
from vocoder.seeds import MAX_SEED
from vocoder.synthesis.limits import LENGTH_SCALES, TEMPERATURES
from vocoder.synthesis.timeline import Event

MODEL = "sonant"
# The names of OpenAI's own models stand for it, so that programs need not be changed.
_MODEL: dict[str, Any] = {"id": MODEL, "object": "model", "created": 0, "owned_by": "sonant"}
_MODEL_LIST: dict[str, Any] = {"object": "list", "data": [_MODEL]}
_MODELS = (MODEL, "tts-1", "tts-1-hd", "gpt-4o-mini-tts")
ModelName = Annotated[str, Path(description="A name that `model` may be.", examples=[MODEL])]
_NO_TIMES = ("application/x-ndjson", "text/vtt", "application/x-subrip")  # of this route
_SSE = 'data: {"type": "speech.audio.delta", "audio": "UklGRg=="}\n\n'
_ANSWERS: dict[int | str, dict[str, Any]] = {
    **SPEECH_ANSWERS,
    200: {
        **SPEECH_ANSWERS[200],
        "description": "Speech, or events with it (`stream_format`).",
        "content": {
            media_type: content
            for media_type, content in SPEECH_ANSWERS[200]["content"].items()
            if media_type not in _NO_TIMES
        }
        | {"text/event-stream": {"schema": {"type": "object"}, "example": _SSE}},
    },
}
_PCM_RATE = 24_000  # what its documentation says of pcm, and its users count on
OPENAI_VOICES = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage",
    "shimmer", "verse",
)  # fmt: skip


class VoiceName(BaseModel):
    """A voice, as an object."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str = Field(description="Name of a voice.")


class SpeechRequest(BaseModel):
    """The body of `POST /v1/audio/speech`."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "voice": "kathleen",
                    "input": "Hello. This voice was trained on an open corpus.",
                }
            ]
        },
    )

    model: str = Field(description=f"One of {', '.join(_MODELS)}: all mean the same.")
    input: str = Field(description="What is to be spoken.")
    voice: StrictStr | VoiceName = Field(
        description="A voice that `GET /v1/audio/voices` lists, or one of OpenAI's names."
    )
    response_format: OpenaiFormat = Field(
        "mp3",
        description="pcm is 24 kHz, 16 bits, little-endian; the others have the voice's rate.",
    )
    speed: float = Field(
        1.0, gt=0, description="2 is double speed.", json_schema_extra=bounds(*LENGTH_SCALES)
    )
    stream_format: Literal["audio", "sse"] = Field(
        "audio", description="sse: events with base64, as OpenAI's."
    )
    instructions: Literal[""] | None = Field(
        None, description="Empty or null: no voice here can follow instructions."
    )
    timestamps: bool = Field(
        False,
        description=(
            "Not OpenAI's, and with stream_format sse alone: whether speech.timestamp "
            "events tell when each sentence, word and phoneme is heard."
        ),
    )
    lexicon: RequestLexicon = Field(None, description=f"Not OpenAI's. {DESCRIPTION}")
    seed: int | None = Field(
        None,
        description="Not OpenAI's: same request, same seed, same bytes.",
        json_schema_extra=bounds(0, MAX_SEED),
    )
    temperature: float | None = Field(
        None,
        description="Not OpenAI's: how freely samples are drawn.",
        json_schema_extra=bounds(*TEMPERATURES),
    )

    @model_validator(mode="after")
    def _no_conflict(self) -> Self:
        if self.timestamps and self.stream_format != "sse":
            raise PydanticCustomError(
                "conflict",
                "timestamps come as events: with stream_format sse, or from /synthesize",
                {"field": "timestamps"},
            )
        return self

    def response_spec(self, voices: Collection[str], mapped: Mapping[str, str]) -> ResponseSpec:
        """The request as the rest of the service knows it.

        Args:
            voices: names of this service's voices.
            mapped: which of them speaks for a name of OpenAI's; for the others the default one.
        """
        voice = self.voice if isinstance(self.voice, str) else self.voice.id
        stands_for = voice if voice in voices or voice not in OPENAI_VOICES else mapped.get(voice)
        order = SpeechOrder(
            text=self.input,
            voice=stands_for,
            length_scale=1.0 / self.speed,
            temperature=self.temperature,
            seed=self.seed,
            lexicon=self.lexicon,
            timestamps=self.timestamps,
            exact_length=HTTP_FORMATS[self.response_format].tells_length,
        )
        return ResponseSpec(
            order=order,
            audio_format=self.response_format,
            sample_rate=_PCM_RATE if self.response_format == "pcm" else None,
        )


class SseEncoder:
    """Another encoder's bytes as server-sent events: `speech.audio.delta` with base64, and
    `speech.audio.done`.

    Args:
        inner: whose bytes.
        telling: what is heard when: each a `speech.timestamp`, ahead of its sound; None tells
            nothing.
    """

    def __init__(self, inner: Encoder, timing: TimingEvents | None) -> None:
        self._inner = inner
        self._timing = timing
        self._position = 0  # samples of the source that were fed

    def head(self) -> bytes:
        """An event, where the inner encoder has something to say already."""
        return _delta(self._inner.head())

    def encode(self, pcm: bytes) -> bytes:
        """Events, where there is something to say."""
        self._position += len(pcm) // BYTES_PER_SAMPLE
        told = [] if self._timing is None else self._timing.before_source(self._position)
        return _told(told) + _delta(self._inner.encode(pcm))

    def finish(self) -> bytes:
        """The last events."""
        told = [] if self._timing is None else self._timing.rest()
        done = {
            "type": "speech.audio.done",
            "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        }
        return _told(told) + _delta(self._inner.finish()) + _event(done)


def _delta(piece: bytes) -> bytes:
    return (
        _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
        if piece
        else b""
    )


def _told(events: Iterable[Event]) -> bytes:
    return b"".join(_event({"type": "speech.timestamp", "timestamp": event}) for event in events)


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def check_openai_voices(settings: ServiceSettings, voices: Iterable[VoiceDescription]) -> None:
    """Raises ConfigError where a name of OpenAI's stands for a voice that there is not."""
    known = [voice.name for voice in voices]
    for name, voice in settings.openai_voice_map.items():
        if voice not in known:
            raise ConfigError(
                f"openai_voices: {name} is to be spoken by {voice!r}, which is not loaded "
                f"(loaded: {', '.join(known)})"
            )


def make_openai_router(
    worker: SpeechBackend, settings: ServiceSettings, responder: SpeechResponder
) -> APIRouter:
    """The routes, served by this worker."""
    router = APIRouter(prefix=OPENAI_PREFIX)
    mapped = settings.openai_voice_map

    @router.post(
        "/audio/speech",
        response_class=Response,
        responses=_ANSWERS,
        openapi_extra=json_body(SpeechRequest),
    )
    async def create_speech(request: Request) -> Response:
        """Speaks a text, as OpenAI's address of this name does. Audio leaves as it is generated."""
        wanted = await read_body(request, SpeechRequest, limit=settings.body_limit)
        if wanted.model not in _MODELS:
            raise InputError(
                f"there is no model {wanted.model!r} here (known: {', '.join(_MODELS)})",
                field="model",
            )
        try:
            return await responder.answer(
                request,
                wanted.response_spec([voice.name for voice in worker.voices], mapped),
                wrap=SseEncoder if wanted.stream_format == "sse" else None,
            )
        except InputError as error:
            renamed = {"text": "input", "length_scale": "speed"}.get(error.field)
            if renamed is None:
                raise
            raise type(error)(str(error), field=renamed) from error

    @router.get("/models", responses=with_example(_MODEL_LIST))
    async def list_models() -> dict[str, Any]:
        """The one model, in OpenAI's shape."""
        return _MODEL_LIST

    @router.get(
        "/models/{model}",
        responses={
            **with_example(_MODEL),
            404: {"model": ProblemAnswer, "description": "There is no such model."},
        },
    )
    async def get_model(model: ModelName) -> dict[str, Any]:
        """The model by any of its names."""
        if model not in _MODELS:
            raise RequestError(
                HTTPStatus.NOT_FOUND,
                "model_not_found",
                f"there is no model {model!r} here (known: {', '.join(_MODELS)})",
                field="model",
            )
        return {**_MODEL, "id": model}

    @router.get("/audio/voices", responses=with_example({"voices": ["kathleen"]}))
    async def list_voice_names() -> dict[str, list[str]]:
        """Names that `voice` may be, the default first."""
        return {"voices": [voice.name for voice in worker.voices]}

    return router
