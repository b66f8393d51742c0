"""What a request may hold. Types are strict and unknown fields are refused; ranges are the voice's
business (`vocoder.synthesis.settings`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Annotated, Literal, Self, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic.config import JsonDict, JsonValue
from pydantic_core import PydanticCustomError

from service.encoding import SAMPLE_RATES, AudioFormat
from service.http.lexicon_field import DESCRIPTION, RequestLexicon
from service.http.resume_cache import ResponseSpec
from service.protocol.speech_order import SpeechOrder
from vocoder.audio.formats import HTTP_FORMATS
from vocoder.seeds import MAX_SEED
from vocoder.synthesis.limits import LENGTH_SCALES, PITCHES, TEMPERATURES, VOLUMES
from vocoder.text import INPUT_FIELDS, SpeechInput, speech_input_of

_ACCEPTED: dict[str, Literal["vtt", "srt"]] = {"text/vtt": "vtt", "application/x-subrip": "srt"}


def _times(value: object) -> object:
    """Said here because a union would say what the first of its members wants."""
    if isinstance(value, bool) or value in ("vtt", "srt"):
        return value
    raise PydanticCustomError("times", 'must be true, false, "vtt" or "srt"')


_SSML = (
    "<speak>It was <emphasis>not</emphasis> me. <break time='300ms'/> <prosody rate='slow' "
    "pitch='+2st'>Honestly.</prosody></speak>"
)
# "oneOf" in words that generators of clients, which stop at it, pass over.
_GIVEN: dict[str, JsonDict] = {
    kind: {"required": [kind], "properties": {kind: {"type": "string"}}} for kind in INPUT_FIELDS
}
_NONE: JsonDict = {"not": {"anyOf": [*_GIVEN.values()]}}
_TWO: list[JsonValue] = [{"allOf": [*pair]} for pair in combinations(_GIVEN.values(), 2)]
_ONE_OF_THEM: JsonDict = {"anyOf": [_NONE, *_TWO]}


def bounds(lowest: float, highest: float) -> Callable[[JsonDict], None]:
    """Writes the range of a number into its schema; whoever speaks checks it, and says more."""

    def write(schema: JsonDict) -> None:
        for form in cast("list[JsonDict]", schema.get("anyOf", [schema])):
            if form.get("type") in {"number", "integer"}:
                form["minimum"], form["maximum"] = lowest, highest

    return write


class _SpeechInputFields(BaseModel):
    """What is to be read: exactly one of three."""

    text: str | None = Field(
        None,
        description="What is to be spoken: any Unicode. One of text, ssml and phonemes is there.",
    )
    ssml: str | None = Field(
        None, description="An SSML document in place of a text (`docs/SSML.md`).", examples=[_SSML]
    )
    ssml_strict: bool = Field(
        False,
        description=(
            "Whether SSML that is not done here is refused. Otherwise elements, attributes and "
            "values of other services are passed over, and told in X-Ignored."
        ),
    )
    phonemes: str | None = Field(
        None,
        description=(
            "IPA in place of a text: words between spaces, with the marks , ; : . ? ! — "
            "behind them."
        ),
        examples=["həˈloʊ, ˈwɜːld."],
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [kind for kind in INPUT_FIELDS if getattr(self, kind) is not None]
        if not kinds:
            raise PydanticCustomError(
                "missing", "text, ssml or phonemes is required", {"field": "text"}
            )
        if len(kinds) > 1:
            raise PydanticCustomError(
                "conflict",
                "{first} and {field} both say what is to be spoken: send one of them",
                {"first": kinds[0], "field": kinds[1]},
            )
        return self

    def given(self) -> SpeechInput:
        """The one that is there."""
        return next(
            speech_input_of(name, value, strict=self.ssml_strict)
            for name, value in self
            if name in INPUT_FIELDS and value is not None
        )


class Speech(_SpeechInputFields):
    """What is to be spoken, and how."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    voice: str | None = Field(
        None,
        description="Name of a voice that `GET /voices` lists; the default voice where absent.",
    )
    speaker: Annotated[StrictStr, Field(min_length=1)] | StrictInt | None = Field(
        None,
        description="Name of one of the voice's speakers, or its index; the first where absent.",
    )
    length_scale: float | None = Field(
        None,
        description="How much longer everything lasts; 2 is half speed.",
        json_schema_extra=bounds(*LENGTH_SCALES),
    )
    speed: float | None = Field(
        None,
        gt=0,
        description="1 / length_scale: 2 is double speed. Not together with length_scale.",
        json_schema_extra=bounds(*LENGTH_SCALES),
    )
    pitch: float = Field(
        0.0,
        description="Semitones above what the voice would speak at.",
        json_schema_extra=bounds(*PITCHES),
    )
    volume: float = Field(
        1.0,
        description="Times the amplitude; what is then too loud is clipped.",
        json_schema_extra=bounds(*VOLUMES),
    )
    temperature: float | None = Field(
        None,
        description="How freely samples are drawn; the voice's own where absent.",
        json_schema_extra=bounds(*TEMPERATURES),
    )
    seed: int | None = Field(
        None,
        description=(
            "Same request, same seed, same bytes. A random one where absent, told in X-Seed."
        ),
        json_schema_extra=bounds(0, MAX_SEED),
    )
    format: AudioFormat = Field(
        "wav",
        description=", ".join(
            f"{name} ({form.note})" if form.note else name for name, form in HTTP_FORMATS.items()
        )
        + ".",
    )
    sample_rate: int | None = Field(
        None,
        description=("Hz, for the formats that leave it open; the voice's own where absent."),
        json_schema_extra=bounds(*SAMPLE_RATES),
    )
    lexicon: RequestLexicon = Field(None, description=DESCRIPTION)

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        if self.speed is not None and self.length_scale is not None:
            raise PydanticCustomError(
                "conflict",
                "speed and length_scale say the same thing: send one of them",
                {"field": "speed"},
            )
        return self

    def order(self) -> SpeechOrder:
        """The request as the rest of the service knows it."""
        return SpeechOrder(
            text=self.given(),
            voice=self.voice,
            speaker=self.speaker,
            length_scale=self._length_scale(),
            pitch=self.pitch,
            volume=self.volume,
            temperature=self.temperature,
            seed=self.seed,
            lexicon=self.lexicon,
            exact_length=HTTP_FORMATS[self.format].tells_length,
        )

    def _length_scale(self) -> float:
        if self.speed is not None:
            return 1.0 / self.speed
        return 1.0 if self.length_scale is None else self.length_scale


class SynthesizeRequest(Speech):
    """The body of `POST /synthesize`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "Hello. This voice was trained on an open corpus.", "seed": 7},
                {"ssml": _SSML},
            ],
            "not": _ONE_OF_THEM,
        }
    )

    timestamps: Annotated[bool | Literal["vtt", "srt"], BeforeValidator(_times)] = Field(
        False,
        description="Whether the answer tells when each sentence, word and phoneme is heard: "
        "lines of JSON (NDJSON), with the sound in them as pcm. "
        "vtt or srt: it is the subtitles of the sound and nothing else; so it is where absent "
        "and Accept begins with text/vtt or application/x-subrip.",
    )
    stream: bool = Field(
        True,
        description=(
            "Whether audio leaves as it is generated, or all at once. The bytes are the same."
        ),
    )

    @model_validator(mode="after")
    def _times_with_pcm(self) -> Self:
        if self.timestamps is True and "format" in self.model_fields_set and self.format != "pcm":
            raise PydanticCustomError(
                "conflict",
                "timestamps come with sound as pcm, and not with another format",
                {"field": "format"},
            )
        return self

    def response_spec(self) -> ResponseSpec:
        """The answer that is asked for."""
        timed = self.timestamps is True
        audio_format: AudioFormat = "pcm" if timed else self.format
        order = replace(
            self.order(),
            timestamps=timed,
            exact_length=HTTP_FORMATS[audio_format].tells_length,
            whole=not self.stream,
        )
        return ResponseSpec(
            order=order, audio_format=audio_format, sample_rate=self.sample_rate, timed=timed
        )

    def subtitles(self, accept: str) -> Literal["vtt", "srt"] | None:
        """Which subtitles are wanted in place of sound.

        Args:
            accept: the header of this name; "" where there is none.
        """
        if "timestamps" not in self.model_fields_set:
            return _ACCEPTED.get(accept.partition(",")[0].partition(";")[0].strip().lower())
        return None if isinstance(self.timestamps, bool) else self.timestamps


class PhonemizeRequest(_SpeechInputFields):
    """The body of `POST /phonemize`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [{"text": "It costs $5."}, {"ssml": _SSML}],
            "not": _ONE_OF_THEM,
        },
    )

    voice: str | None = Field(
        None,
        description=(
            "Name of the voice in whose language it is read; the default voice where absent."
        ),
    )
    lexicon: RequestLexicon = Field(None, description=DESCRIPTION)


class Problem(BaseModel):
    """What went wrong.

    `field` is null where no single field of the request is at fault.
    """

    code: str = Field(description="Stable, for programs.", examples=["unknown_field"])
    message: str = Field(description="A sentence, for people.")
    field: str | None = Field(description="Name of the request's field that is at fault.")


class ProblemAnswer(BaseModel):
    """The body of every answer that is an error."""

    error: Problem
