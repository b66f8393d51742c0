"""What a client says over the WebSocket `/stream`: JSON, one message a frame."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from service.encoding import BareFormat
from service.http.error_responses import RequestError
from service.http.lexicon_field import RequestLexicon
from service.protocol.speech_order import SpeechOrder
from vocoder.seeds import MAX_SEED
from vocoder.text import SpeechInput

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class SocketSettings(BaseModel):
    """How the text that follows is spoken; what was said before keeps its own. A field that is
    absent is at its default.
    """

    model_config = _STRICT

    type: Literal["settings"] = "settings"
    voice: str | None = None
    speaker: Annotated[StrictStr, Field(min_length=1)] | StrictInt | None = None
    length_scale: float = 1.0
    pitch: float = 0.0
    volume: float = 1.0
    temperature: float | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    format: BareFormat = "pcm"
    sample_rate: int | None = None
    timestamps: bool = False
    lexicon: RequestLexicon = None

    def order(self, text: SpeechInput, seed: int) -> SpeechOrder:
        """A piece of text, as the worker knows it."""
        return SpeechOrder(
            text=text,
            voice=self.voice,
            speaker=self.speaker,
            length_scale=self.length_scale,
            pitch=self.pitch,
            volume=self.volume,
            temperature=self.temperature,
            seed=seed,
            timestamps=self.timestamps,
            lexicon=self.lexicon,
        )


class SocketText(BaseModel):
    """A piece of text, cut anywhere."""

    model_config = _STRICT

    type: Literal["text"]
    text: str


class SocketSsml(BaseModel):
    """A whole SSML document. What waited to be completed is spoken before it."""

    model_config = _STRICT

    type: Literal["ssml"]
    ssml: str
    ssml_strict: bool = False


class SocketCommand(BaseModel):
    """flush: speak what waits to be completed; cancel: fall silent, and forget all text; end:
    flush, and close when all has been heard.
    """

    model_config = _STRICT

    type: Literal["flush", "cancel", "end"]


SocketMessage = SocketSettings | SocketText | SocketSsml | SocketCommand
_KINDS: dict[object,
    type[SocketSettings] | type[SocketText] | type[SocketSsml] | type[SocketCommand]] = {
    "settings": SocketSettings, "text": SocketText, "ssml": SocketSsml, "flush": SocketCommand,
    "cancel": SocketCommand, "end": SocketCommand,
}  # fmt: skip


def parse_socket_message(data: dict[str, object]) -> SocketMessage:
    """A message, checked.

    Raises:
        RequestError: it is none.
    """
    kind = data.get("type")
    model = _KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise RequestError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_value",
            f"type: must be one of {', '.join(map(str, _KINDS))}",
            field="type",
        )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise RequestError.of_validation(error) from error
