"""Events that a client sends: a line of JSON, then as many bytes of data and payload as it says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from wyoming.event import Event

from service.http.error_responses import RequestError
from service.http.request_body import INLINE_PARSE_BYTES, parse_json
from vocoder.errors import CapacityError

LINE_LIMIT = 65_536  # bytes of an event's first line
Model = TypeVar("Model", bound=BaseModel)
# Strict in types; unknown fields are those of a later version of the protocol.
_TOLERANT = ConfigDict(extra="ignore", strict=True, frozen=True)


class VoiceData(BaseModel):
    """Who is to speak."""

    model_config = _TOLERANT

    name: str | None = None
    language: str | None = None
    speaker: str | None = None


class StartData(BaseModel):
    """The data of `synthesize-start`. `seed` is ours: same text, same seed, same bytes."""

    model_config = _TOLERANT

    voice: VoiceData | None = None
    text_format: Literal["text", "ssml"] | None = None
    seed: int | None = None


class SynthesizeData(StartData):
    """The data of `synthesize`."""

    text: str


class ChunkData(BaseModel):
    """The data of `synthesize-chunk`."""

    model_config = _TOLERANT

    text: str


class PingData(BaseModel):
    """The data of `ping`."""

    model_config = _TOLERANT

    text: str | None = None


class _Head(BaseModel):
    model_config = _TOLERANT

    type: str
    data: dict[str, Any] | None = None
    data_length: int | None = Field(None, ge=0)
    payload_length: int | None = Field(None, ge=0)


class ByteBudget:
    """Bytes of events that are held at once, by all connections.

    Args:
        limit: of them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    @contextmanager
    def holding(self, num_bytes: int) -> Iterator[None]:
        """While so many are held.

        Raises:
            CapacityError: they would be too many.
        """
        if self._held + num_bytes > self._limit:
            raise CapacityError(
                f"{self._limit} bytes of events are being read, which is as many as may be",
                retry_after_seconds=1.0,
            )
        self._held += num_bytes
        try:
            yield
        finally:
            self._held -= num_bytes


def check_data(event: Event, model: type[Model]) -> Model:
    """The data of an event.

    Raises:
        RequestError: a field is wrong.
    """
    return _checked(event.data, model)


def read_head(line: bytes, *, limit: int) -> tuple[Event, int, int]:
    """The first line of an event: the event as far as it is known, and the numbers of bytes of data
    and of payload that follow.

    Raises:
        RequestError: it is no such line, or more than `limit` bytes follow.
    """
    head = _checked(parse_json(line), _Head)
    data_length, payload_length = head.data_length or 0, head.payload_length or 0
    if data_length + payload_length > limit:
        raise RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "body_too_large",
            f"the event is larger than the limit of {limit} bytes",
            field="data_length",
        )
    return Event(type=head.type, data=head.data or {}), data_length, payload_length


async def read_data(event: Event, reader: asyncio.StreamReader, data_length: int) -> Event:
    """The event with the data that follow its first line.

    Raises:
        RequestError: they are no JSON object.
        EOFError: the client has left.
    """
    if data_length == 0:
        return event
    data = await reader.readexactly(data_length)
    # no work for the event loop where it is long
    more = (
        parse_json(data)
        if data_length <= INLINE_PARSE_BYTES
        else await asyncio.to_thread(parse_json, data)
    )
    return Event(type=event.type, data=event.data | more)


def _checked(data: dict[str, Any], model: type[Model]) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise RequestError.of_validation(error) from error
