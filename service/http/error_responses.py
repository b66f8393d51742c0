"""The one place where errors become HTTP.

Every error is JSON: {"error": {"code": ..., "message": ..., "field": ...}}; under /v1, OpenAI's
"type" and "param" stand beside them.

    RequestError    as it says (400 not JSON, not a form, 403 not edited here, 404 no such stream,
                    voice or word, 412 edited by another, 413 too large, 415 not application/json,
                    416 no such range, 422 a field)
    TextError       422 invalid_text
    InputError      422 invalid_value
    CapacityError   503 at_capacity, with Retry-After
    ClientLimitError  429 client_limit, with Retry-After
    disk full       507 disk_full
    ClientDisconnect  499 client_left: nobody gets it, the log has it
    SonantError     500 internal: the client can do nothing about it, so it is not told what it was;
                    the log is
"""

from __future__ import annotations

import errno
import logging
import math
import sqlite3
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from service.http.paths import inner_path
from service.http.schemas import Problem, ProblemAnswer
from vocoder.errors import CapacityError, ClientLimitError, InputError, SonantError, TextError

log = logging.getLogger(__name__)
OPENAI_PREFIX = "/v1"
CLIENT_LEFT = 499  # nobody gets this answer; nginx's number for it shows up in the log

# What pydantic calls it, and what we do; everything else is an invalid value.
_CODES = {
    "extra_forbidden": "unknown_field",
    "missing": "missing_field",
    "conflict": "conflicting_fields",
}


class RequestError(Exception):
    """A request that is refused before anything is spoken.

    Attributes:
        status: 4xx.
        code: for programs.
        field: what is at fault, None where it is the request as a whole.
        headers: that the answer has beside the usual ones.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.headers = headers

    @classmethod
    def of_validation(cls, error: ValidationError) -> RequestError:
        """The first thing that pydantic found wrong: one field, one sentence."""
        first = error.errors(include_url=False, include_input=False)[0]
        location = first["loc"]
        named = first.get("ctx", {}).get("field")
        field = str(location[0]) if location else named
        kind = first["type"]
        code = _CODES.get(kind, "wrong_type" if kind.endswith("_type") else "invalid_value")
        what = "" if field is None or code == "conflicting_fields" else f"{_printable(field)}: "
        message = f"{what}{first['msg'][:1].lower()}{first['msg'][1:]}"
        return cls(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            code,
            message,
            field=None if field is None else _printable(field),
        )


def problem_response(error: Exception, scope: Scope) -> JSONResponse:
    """The answer for an error of a request. Errors that are the service's own fault are logged."""
    status, problem, headers = _classify(error)
    body = ProblemAnswer(error=problem).model_dump()
    if inner_path(scope).startswith(f"{OPENAI_PREFIX}/"):
        body["error"] |= {"type": _openai_type(status), "param": problem.field}
    return JSONResponse(body, status_code=status, headers=headers)


def _openai_type(status: int) -> str:
    """The kind of an error in the words of OpenAI's API."""
    if status == HTTPStatus.UNAUTHORIZED:
        return "authentication_error"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"


def problem_of(error: Exception) -> Problem:
    """The same where there is no answer to give a status to."""
    return _classify(error)[1]


def _classify(error: Exception) -> tuple[int, Problem, dict[str, str] | None]:
    if isinstance(error, RequestError):
        return error.status, _problem(error.code, str(error), error.field), error.headers
    if isinstance(error, InputError):
        code = "invalid_text" if isinstance(error, TextError) else "invalid_value"
        return HTTPStatus.UNPROCESSABLE_ENTITY, _problem(code, str(error), error.field), None
    if isinstance(error, CapacityError):
        seconds = str(max(1, math.ceil(error.retry_after_seconds)))
        is_the_clients = isinstance(error, ClientLimitError)
        status, code = (
            (HTTPStatus.TOO_MANY_REQUESTS, "client_limit")
            if is_the_clients
            else (HTTPStatus.SERVICE_UNAVAILABLE, "at_capacity")
        )
        return status, _problem(code, str(error), None), {"Retry-After": seconds}
    if isinstance(error, HTTPException):
        code = HTTPStatus(error.status_code).name.lower()
        return error.status_code, _problem(code, str(error.detail), None), dict(error.headers or {})
    if _is_full(error):
        log.warning("a request was refused: %s", error.__cause__ or error)
        return (
            HTTPStatus.INSUFFICIENT_STORAGE,
            _problem("disk_full", "there is no room to store it; nothing has been changed", None),
            None,
        )
    if isinstance(error, ClientDisconnect):
        return CLIENT_LEFT, _problem("client_left", "the client has left", None), None
    log.error("a request failed", exc_info=error)
    return (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _problem("internal", "the service has failed; its log says why", None),
        None,
    )


def _is_full(error: BaseException | None) -> bool:
    """Whether it is, or comes from, a disk without room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__
    return False


def answer_errors(app: FastAPI) -> None:
    """Makes the application answer every error as above."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            error.headers = {"Allow": ", ".join(_methods_at(app, request))}
        return problem_response(error, request.scope)

    # What is not named here is answered, and then raised again for the server to log.
    for kind in (
        RequestError,
        SonantError,
        HTTPException,
        ClientDisconnect,
        OSError,
        sqlite3.Error,
        Exception,
    ):
        app.add_exception_handler(kind, answer)


def _methods_at(app: FastAPI, request: Request) -> list[str]:
    """The methods that there are at a request's path."""
    methods = {
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        for route in app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _problem(code: str, message: str, field: str | None) -> Problem:
    return Problem(
        code=code, message=_printable(message), field=None if field is None else _printable(field)
    )


def _printable(text: str) -> str:
    """Half a surrogate pair, which JSON can name and UTF-8 cannot hold, is written as its
    escape.
    """
    return text.encode("utf-8", "backslashreplace").decode()
