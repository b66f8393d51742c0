"""The addresses of jobs."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel
from starlette.responses import Response

from service.frontend.speech_backend import SpeechBackend
from service.http.error_responses import RequestError
from service.http.openapi import json_body
from service.http.paths import outer_path
from service.http.preconditions import is_known
from service.http.request_body import read_body
from service.http.routes import AUDIO, BODY_REFUSALS, REFUSALS, SUBTITLES
from service.http.schemas import ProblemAnswer
from service.http.speech_responder import SUBTITLE_TYPES
from service.jobs.archive import Member, zipped
from service.jobs.jobs import Jobs
from service.jobs.requests import JobAnswer, JobRequest, LineAnswer, NewJobAnswer
from service.jobs.store import JobRow, LineRow
from service.jobs.webhooks import check_url, make_secret
from service.settings import ServiceSettings
from vocoder.batch.names import Names
from vocoder.errors import CapacityError, InputError

_MANIFEST = "manifest.jsonl"
_PAGE = 1_000  # lines that one answer tells of, at most; jobs likewise
_FULL_SECONDS = 60.0
JobId = Annotated[
    str,
    Path(description="`id` of the answer to `POST /jobs`.", examples=["wY4pJ3o0cXkqz8mF2bTn5g"]),
]
LineNumber = Annotated[str, Path(description="Of the line, from 1.", examples=["1"])]

_NOT_KEPT: dict[int | str, dict[str, Any]] = {
    403: {
        "model": ProblemAnswer,
        "description": "Jobs are not kept here: the service was started without --jobs.",
    },
    500: REFUSALS[500],
}
_MISSING = _NOT_KEPT | {
    404: {"model": ProblemAnswer, "description": "There is no such job, or it is another key's."}
}
_EXAMPLE = {
    "id": "wY4pJ3o0cXkqz8mF2bTn5g", "state": "running", "created": 1795660000.0,
    "begun": 1795660000.1,
    "lines": {"total": 2, "waiting": 1, "done": 1, "failed": 0, "cancelled": 0}, "seconds": 1.85,
    "times_real_time": 9.1, "subtitles": "vtt",
}  # fmt: skip
_LINE = {"number": 1, "id": "one", "state": "done", "seconds": 1.85, "num_bytes": 59_244,
"sha256": "9f86d081...", "media_type": "audio/wav", "subtitles_sha256": "60303ae2...",
"skipped": []}  # fmt: skip


class JobList(BaseModel):
    """Jobs, the latest first."""

    jobs: list[JobAnswer]


class LineList(BaseModel):
    """Lines of a job, in order."""

    lines: list[LineAnswer]


def _told(
    model: type[BaseModel], example: object, description: str
) -> dict[int | str, dict[str, Any]]:
    return {
        200: {
            "model": model,
            "description": description,
            "content": {"application/json": {"example": example}},
        }
    }


def make_jobs_router(
    jobs: Jobs | None, worker: SpeechBackend, settings: ServiceSettings
) -> APIRouter:
    """The routes to these jobs; None where none are kept."""
    router = APIRouter(prefix="/jobs")

    def kept() -> Jobs:
        if jobs is None:
            raise RequestError(
                HTTPStatus.FORBIDDEN,
                "not_kept",
                "jobs are not kept here: start the service with --jobs DIR",
            )
        return jobs

    async def line_of(there: Jobs, row: JobRow, number: str) -> LineRow:
        """A line that is done."""
        which = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
        line = next(
            iter(await asyncio.to_thread(there.store.lines, row.id, after=which - 1, limit=1)), None
        )
        if line is None or line.number != which:
            raise RequestError(
                HTTPStatus.NOT_FOUND,
                "unknown_line",
                "the job has no line of this number",
                field="number",
            )
        if line.file is None:
            raise RequestError(
                HTTPStatus.CONFLICT,
                "not_done",
                f"the line is {line.state}, and has no file",
                field="number",
            )
        return line

    async def found(request: Request, job: str) -> tuple[Jobs, JobRow]:
        row = await asyncio.to_thread(kept().store.job, job)
        if row is None or row.owner != _owner(request):
            raise RequestError(
                HTTPStatus.NOT_FOUND, "unknown_job", "there is no job of this id", field="id"
            )
        return kept(), row

    def checked(wanted: JobRequest) -> JobRequest:
        if wanted.webhook is not None:
            check_url(wanted.webhook, private=settings.webhooks_to_private)
        return wanted

    @router.post(
        "",
        status_code=202,
        response_model=NewJobAnswer,
        responses={
            202: {
                "description": "It has been taken on.",
                "content": {"application/json": {"example": _EXAMPLE}},
            }
        }
        | _NOT_KEPT
        | BODY_REFUSALS
        | {429: REFUSALS[429], 503: REFUSALS[503]},
        openapi_extra=json_body(JobRequest),
    )
    async def create_job(request: Request) -> Response:
        """Takes many lines, which are rendered while nobody who listens needs the machine; each
        becomes a file.
        """
        store = kept().store
        wanted = checked(await read_body(request, JobRequest, limit=settings.job_body_limit))
        lines = await asyncio.to_thread(wanted.checked)
        names = [voice.name for voice in worker.voices]
        for number, line in enumerate(wanted.lines):
            voice = line.get("voice", wanted.defaults.get("voice"))
            if voice not in (None, *names):
                raise InputError(
                    f"line {number}: there is no voice {voice!r} here (known: {', '.join(names)})",
                    field=f"lines.{number}.voice",
                )
        if await asyncio.to_thread(store.unfinished) >= settings.job_limit:
            raise CapacityError(
                f"{settings.job_limit} jobs are unfinished, which is as many as may be",
                retry_after_seconds=_FULL_SECONDS,
            )
        job, secret = secrets.token_urlsafe(16), None if wanted.webhook is None else make_secret()
        await asyncio.to_thread(
            store.add,
            job,
            lines,
            owner=_owner(request),
            webhook=wanted.webhook,
            webhook_secret=secret,
            subtitles=wanted.subtitles,
            defaults=json.dumps(wanted.defaults),
        )
        kept().runner.wake()
        row = await asyncio.to_thread(store.job, job)
        assert row is not None
        answer = NewJobAnswer(**JobAnswer.of(row, time.time()).model_dump(), webhook_secret=secret)
        return JSONResponse(
            answer.model_dump(),
            status_code=HTTPStatus.ACCEPTED,
            headers={"Location": outer_path(request.scope, f"/jobs/{job}")},
        )

    @router.get("", responses=_told(JobList, {"jobs": [_EXAMPLE]}, "The jobs.") | _NOT_KEPT)
    async def list_jobs(request: Request) -> JobList:
        """The latest jobs, of the key that is shown where keys are asked for."""
        rows = await asyncio.to_thread(kept().store.jobs, _owner(request), limit=_PAGE)
        return JobList(jobs=[JobAnswer.of(row, time.time()) for row in rows])

    @router.get("/{job}", responses=_told(JobAnswer, _EXAMPLE, "The job.") | _MISSING)
    async def get_job(request: Request, job: JobId) -> JobAnswer:
        """How far a job is."""
        return JobAnswer.of((await found(request, job))[1], time.time())

    @router.get(
        "/{job}/lines",
        responses=_told(LineList, {"lines": [_LINE]}, "The lines.")
        | _MISSING
        | {422: BODY_REFUSALS[422]},
        openapi_extra={
            "parameters": [
                {
                    "name": "after",
                    "in": "query",
                    "schema": {"type": "integer", "minimum": 0, "default": 0, "examples": [100]},
                    "description": "Number of the last line that is known.",
                },
                {
                    "name": "limit",
                    "in": "query",
                    "schema": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": _PAGE,
                        "default": 100,
                        "examples": [100],
                    },
                },
            ]
        },
    )
    async def list_job_lines(request: Request, job: JobId) -> LineList:
        """What has become of the lines of a job."""
        there, row = await found(request, job)
        after, limit = (
            _number(request, "after", 0, 0, 2**53),
            _number(request, "limit", 100, 1, _PAGE),
        )
        return LineList(
            lines=[
                LineAnswer.of(one)
                for one in await asyncio.to_thread(
                    there.store.lines, row.id, after=after, limit=limit
                )
            ]
        )

    @router.get(
        "/{job}/lines/{number}/audio",
        response_class=Response,
        responses={
            200: AUDIO | {"description": "The file."},
            206: {"description": "The part of it that `Range` names."},
            304: {"description": "It is what `If-None-Match` names."},
            **_MISSING,
            404: {"model": ProblemAnswer, "description": "There is no such job or line."},
            409: {"model": ProblemAnswer, "description": "The line is not done."},
            416: {"description": "Nothing of the range is there."},
        },
    )
    async def get_job_line_audio(request: Request, job: JobId, number: LineNumber) -> Response:
        """The file of a line."""
        there, row = await found(request, job)
        line = await line_of(there, row, number)
        assert line.file is not None
        return _file(request, there.runner.file_of(row.id, line.file), line.media_type, line.sha256)

    @router.get(
        "/{job}/lines/{number}/subtitles",
        response_class=Response,
        responses={
            200: SUBTITLES,
            206: {"description": "The part of them that `Range` names."},
            304: {"description": "They are what `If-None-Match` names."},
            **_MISSING,
            404: {
                "model": ProblemAnswer,
                "description": "There is no such job or line, or the job has no subtitles.",
            },
            409: {"model": ProblemAnswer, "description": "The line is not done."},
            416: {"description": "Nothing of the range is there."},
        },
    )
    async def get_job_line_subtitles(request: Request, job: JobId, number: LineNumber) -> Response:
        """The subtitles of a line, where the job was ordered with some."""
        there, row = await found(request, job)
        line = await line_of(there, row, number)
        if row.subtitles is None or line.subtitles is None:
            raise RequestError(
                HTTPStatus.NOT_FOUND,
                "no_subtitles",
                "the job was ordered without subtitles",
                field="number",
            )
        return _file(
            request,
            there.runner.file_of(row.id, line.subtitles),
            SUBTITLE_TYPES[row.subtitles],
            line.subtitles_sha256,
        )

    @router.get(
        "/{job}/archive",
        response_class=Response,
        responses={
            200: {
                "description": "A ZIP archive of all files.",
                "content": {
                    "application/zip": {
                        "schema": {"type": "string", "format": "binary"},
                        "example": "PK...",
                    }
                },
            },
            **_MISSING,
            409: {"model": ProblemAnswer, "description": "The job has not ended."},
        },
    )
    async def get_job_archive(request: Request, job: JobId) -> Response:
        """All files of a job that has ended as one stream, with a manifest (`manifest.jsonl`: a
        line for each line of the job).
        """
        there, row = await found(request, job)
        if row.ended is None:
            raise RequestError(
                HTTPStatus.CONFLICT,
                "not_ended",
                "the job has not ended: get its lines one by one, or wait",
                field="id",
            )
        headers = {
            "Content-Disposition": f'attachment; filename="{row.id}.zip"',
            "Cache-Control": "no-store",
        }
        return StreamingResponse(
            zipped(_members(there, row)), media_type="application/zip", headers=headers
        )

    @router.post(
        "/{job}/cancel",
        responses=_told(
            JobAnswer, _EXAMPLE | {"state": "cancelled"}, "The job, cancelled or ended before."
        )
        | _MISSING,
    )
    async def cancel_job(request: Request, job: JobId) -> JobAnswer:
        """Makes nothing more of a job; what is done stays. A job that has ended is left as it
        is.
        """
        there, row = await found(request, job)
        await there.cancel(row.id)
        after = await asyncio.to_thread(there.store.job, row.id)
        return JobAnswer.of(row if after is None else after, time.time())

    @router.delete(
        "/{job}",
        status_code=204,
        response_class=Response,
        responses={204: {"description": "Nothing is left of it."}, **_MISSING},
    )
    async def delete_job(request: Request, job: JobId) -> Response:
        """Cancels a job, and deletes its files."""
        there, row = await found(request, job)
        await there.delete(row.id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router


def _file(request: Request, path: FilePath, media_type: str | None, sha256: str | None) -> Response:
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "no-store"}
    if is_known(request.headers, headers["ETag"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return FileResponse(path, media_type=media_type, headers=headers)


def _owner(request: Request) -> str | None:
    # left there by service.http.middleware
    owner: str | None = request.scope.get("state", {}).get("key")
    return owner


def _number(request: Request, name: str, default: int, low: int, high: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 17 and low <= int(given) <= high):
        raise RequestError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid_value",
            f"{name} must be a whole number in {low}..{high}",
            field=name,
        )
    return int(given)


def _members(jobs: Jobs, row: JobRow) -> Iterator[Member]:
    """Files of a job and, last, what became of its lines."""
    names, told = Names(), []
    for line in _all_lines(jobs, row):
        files: dict[str, str | None] = {"file": None, "subtitles": None}
        if line.file is not None:
            stem = names.of(line.id)
            for what, there in (("file", line.file), ("subtitles", line.subtitles)):
                if there is not None:
                    files[what] = f"{stem}.{there.rpartition('.')[2]}"
                    yield Member(name=f"{files[what]}", source=jobs.runner.file_of(row.id, there))
        told.append(json.dumps(LineAnswer.of(line).model_dump() | files, ensure_ascii=False) + "\n")
    yield Member(name=_MANIFEST, source="".join(told).encode())


def _all_lines(jobs: Jobs, row: JobRow) -> Iterator[LineRow]:
    after = 0
    while page := jobs.store.lines(row.id, after=after, limit=_PAGE):
        yield from page
        after = page[-1].number
