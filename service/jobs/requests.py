"""What a job may hold, and what is told of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, WithJsonSchema

from service.http.error_responses import RequestError
from service.http.resume_cache import ResponseSpec
from service.http.schemas import Problem, Speech
from service.jobs.store import JobRow, LineRow, NewLine, SubtitleForm
from service.protocol.speech_order import SkippedText
from vocoder.batch.list_entries import LONGEST_ID, numbered_id
from vocoder.errors import InputError
from vocoder.seeds import MAX_SEED, choose_seed, derived_seed
from vocoder.text import INPUT_FIELDS

MOST_LINES = 10_000
_OWN = ("id", *INPUT_FIELDS)  # of a line: no default can say them
_SAME = {"speed": "length_scale", "length_scale": "speed"}


class JobLine(Speech):
    """A line of a job: what `POST /synthesize` takes, but for how it is sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": "intro", "text": "Hello."}]})

    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)] | None = Field(
        None,
        description=(
            "Unlike that of every other line; the line's number with six digits where "
            "absent. Files of the archive are named after it."
        ),
    )

    def response_spec(self) -> ResponseSpec:
        """The file that is asked for."""
        return ResponseSpec(
            order=self.order(), audio_format=self.format, sample_rate=self.sample_rate
        )


class JobRequest(BaseModel):
    """The body of `POST /jobs`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "lines": [{"id": "one", "text": "Hello."}, {"text": "And goodbye."}],
                    "defaults": {"format": "mp3"},
                    "seed": 7,
                    "subtitles": "vtt",
                }
            ]
        },
    )

    lines: Annotated[
        list[dict[str, JsonValue]],
        Field(min_length=1, max_length=MOST_LINES),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"$ref": "#/components/schemas/JobLine"},
                "minItems": 1,
                "maxItems": MOST_LINES,
            }
        ),
    ]
    defaults: Annotated[dict[str, JsonValue], WithJsonSchema({"type": "object"})] = Field(
        {}, description="What a line leaves out: any field of a line but its id and what is spoken."
    )
    seed: int | None = Field(
        None,
        ge=0,
        le=MAX_SEED,
        description=(
            "Lines that name no seed get theirs from this and their id "
            "(`docs/BATCH.md`): the same job is the same bytes. A random one where absent."
        ),
    )
    subtitles: SubtitleForm | None = Field(
        None, description="vtt (WebVTT) or srt (SubRip): every line has subtitles beside its sound."
    )
    webhook: str | None = Field(
        None,
        description=(
            "An address that is told by POST when the job has ended; signed after "
            "https://www.standardwebhooks.com."
        ),
    )

    def checked(self) -> list[NewLine]:
        """The lines, with what they leave out and their seeds.

        Raises:
            RequestError: naming the line and its field.
        """
        for name in self.defaults:
            if name in _OWN or name not in JobLine.model_fields:
                raise RequestError(
                    422,
                    "unknown_field",
                    f"defaults: no line takes {name!r} from there",
                    field="defaults",
                )
        self._check_defaults()
        base = choose_seed(self.seed)
        lines: list[NewLine] = []
        known: set[str] = set()
        # The lexicon has been checked; a line may only be such that it takes none.
        defaults = self.defaults | ({"lexicon": {}} if self.defaults.get("lexicon") else {})
        for number, line in enumerate(self.lines):
            said = with_defaults(line, defaults)
            try:
                identity = JobLine.model_validate(said).id or numbered_id(number + 1)
            except ValidationError as error:
                raise _at(number, RequestError.of_validation(error)) from error
            except InputError as error:
                raise _at(
                    number, RequestError(422, "invalid_value", str(error), field=error.field)
                ) from error
            if identity in known:
                raise RequestError(
                    422,
                    "invalid_value",
                    f"line {number}: there are two lines of id {identity!r}",
                    field=f"lines.{number}.id",
                )
            known.add(identity)
            seed = said.get("seed")
            seeded = line | {"seed": derived_seed(base, identity) if seed is None else seed}
            lines.append(NewLine(id=identity, request=json.dumps(seeded)))
        return lines

    def _check_defaults(self) -> None:
        try:
            JobLine.model_validate({"text": "A."} | self.defaults)
        except ValidationError as error:
            raise _of_defaults(RequestError.of_validation(error)) from error
        except InputError as error:
            refusal = RequestError(422, "invalid_value", str(error), field=error.field)
            raise _of_defaults(refusal) from error


def with_defaults(line: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """A line with what it leaves out; its `speed` goes over a `length_scale` of the defaults."""
    return {name: value for name, value in defaults.items() if _SAME.get(name) not in line} | line


def _of_defaults(error: RequestError) -> RequestError:
    field = "defaults" if error.field is None else f"defaults.{error.field}"
    return RequestError(error.status, error.code, f"defaults: {error}", field=field)


def _at(number: int, error: RequestError) -> RequestError:
    field = f"lines.{number}" if error.field is None else f"lines.{number}.{error.field}"
    return RequestError(error.status, error.code, f"line {number}: {error}", field=field)


class JobAnswer(BaseModel):
    """A job, and how far it is."""

    id: str
    state: Literal["waiting", "running", "done", "cancelled"] = Field(
        description="done: no line waits, though some may have failed."
    )
    created: float = Field(description="Seconds since 1970, as all times here.")
    begun: float | None = None
    ended: float | None = None
    lines: dict[str, int] = Field(description="total, waiting, done, failed, cancelled.")
    seconds: float = Field(description="Of sound in the lines that are done.")
    times_real_time: float | None = Field(
        None, description="How much faster than it is played its sound is made, since it was begun."
    )
    subtitles: SubtitleForm | None = Field(
        None, description="Which of them every line has beside its sound."
    )
    webhook: str | None = None

    @classmethod
    def of(cls, row: JobRow, now: float) -> JobAnswer:
        """What there is to say at a time."""
        took = None if row.begun is None else (now if row.ended is None else row.ended) - row.begun
        return cls(
            id=row.id,
            state=row.state,
            created=row.created,
            begun=row.begun,
            ended=row.ended,
            lines={
                "total": row.total,
                "waiting": row.total - row.done - row.failed - row.cancelled,
                "done": row.done,
                "failed": row.failed,
                "cancelled": row.cancelled,
            },
            seconds=round(row.seconds, 3),
            times_real_time=None if not took else round(row.seconds / took, 2),
            subtitles=row.subtitles,
            webhook=row.webhook,
        )


class NewJobAnswer(JobAnswer):
    """A job that has been taken on."""

    webhook_secret: str | None = Field(
        None, description="With which its webhook is signed; told this once."
    )


class LineAnswer(BaseModel):
    """A line of a job."""

    number: int = Field(description="From 1.")
    id: str
    state: Literal["waiting", "making", "done", "failed", "cancelled"]
    seconds: float | None = Field(
        None, description="Of sound; null until it is done, as the next three."
    )
    num_bytes: int | None = None
    sha256: str | None = None
    media_type: str | None = None
    subtitles_sha256: str | None = Field(
        None, description="Of its subtitles; null where the job has none."
    )
    skipped: list[dict[str, str | int]] = Field(
        description="What of its text could not be spoken: text, start and reason."
    )
    error: Problem | None = Field(None, description="Why it failed.")

    @classmethod
    def of(cls, row: LineRow) -> LineAnswer:
        """What there is to say."""
        return cls(
            number=row.number,
            id=row.id,
            state=row.state,
            seconds=row.seconds,
            num_bytes=row.num_bytes,
            sha256=row.sha256,
            media_type=row.media_type,
            subtitles_sha256=row.subtitles_sha256,
            skipped=[] if row.skipped is None else json.loads(row.skipped),
            error=None
            if row.code is None
            else Problem(code=row.code, message=cast("str", row.message), field=row.field),
        )


def skipped_json(skipped: tuple[SkippedText, ...]) -> str:
    """What could not be spoken, as it is stored."""
    return json.dumps(
        [{"text": one.text, "start": one.start, "reason": one.reason} for one in skipped]
    )
