"""From the bytes of a request to a checked model of `service.http.schemas`.

By hand rather than by FastAPI: it would read a body of any size, take NaN for a number, and answer
in another shape.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from service.http.error_responses import RequestError

Model = TypeVar("Model", bound=BaseModel)
INLINE_PARSE_BYTES = 16_384  # that are read in no time
# Of a JSON body, as many as its brackets and commas could be: counted before anything is built.
MOST_CONTAINERS, MOST_VALUES = 100_000, 1_000_000


async def read_body(request: Request, model: type[Model], *, limit: int) -> Model:
    """The body of a request, checked.

    Args:
        request: whose body has not been read yet.
        model: what it must be.
        limit: bytes of it that are accepted.

    Raises:
        RequestError: it is not JSON, is too large, or a field is wrong.
    """
    media_type_of(request, "application/json")
    body = await read_bytes(request, limit)
    if len(body) <= INLINE_PARSE_BYTES:
        return _checked(body, model)
    # A long text or a lexicon: no work for the event loop. One at a time, for what is read takes
    # several times as much memory as its bytes.
    async with request.app.state.parsing:
        return await asyncio.to_thread(_checked, body, model)


def _checked(body: bytes, model: type[Model]) -> Model:
    data = parse_json(body)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise RequestError.of_validation(error) from error


def media_type_of(request: Request, *accepted: str) -> str:
    """The media type of a body, in lower case, without parameters.

    Raises:
        RequestError: it is none of those that are accepted.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in accepted:
        message = f"the content type must be {' or '.join(accepted)}, not {media_type or 'absent'}"
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            message,
            field="content-type",
        )
    return media_type


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body as it is.

    Raises:
        RequestError: it has more than `limit` bytes, or is compressed.
    """
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            f"the body must not be compressed: its content encoding is {coding}",
            field="content-encoding",
            headers={"Accept-Encoding": "identity"},
        )
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            message = f"the body is larger than the limit of {limit} bytes"
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", message, field="body"
            )
    return bytes(body)


def parse_json(body: bytes) -> dict[str, Any]:
    """A JSON object, read strictly: UTF-8, no name twice, no number that JSON does not have.

    Raises:
        RequestError: it is none.
    """
    if body.count(b"[") + body.count(b"{") > MOST_CONTAINERS or body.count(b",") > MOST_VALUES:
        raise RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "body_too_large",
            f"the body has more than {MOST_CONTAINERS} lists and objects, or {MOST_VALUES} values",
            field="body",
        )
    try:
        data = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object
        )
    except UnicodeDecodeError as error:
        raise _not_json(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise _not_json(f"the body is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise _not_json("the body must be a JSON object")
    return data


def _not_json(message: str) -> RequestError:
    return RequestError(HTTPStatus.BAD_REQUEST, "invalid_json", message, field="body")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON has")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is there twice")
        found[name] = value
    return found
