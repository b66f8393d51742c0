"""Traces: what a request's time went to, for whoever collects them
(`service.observability.telemetry` does, with OpenTelemetry). Off, nobody is told anything.

    request      |======================================================|   from its headers to its
                 last byte
    queue         |=====|                                                   only where it waits for
                  room
    plan                |====|                                              phonemes, durations, and
                        what the first sentence is conditioned on
    first sound              |===|
    generation                   |============================|

The spans of a stream follow each other without gaps. A trace holds no text, nor any message in
which there may be some.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

from starlette.types import Scope

Outcome = Literal["finished", "left", "failed", "invalid"]


class StreamTrace(Protocol):
    """A stream's way. From any thread, one at a time."""

    def admitted(self) -> None:
        """It does not wait for room any longer."""

    def planned(self, *, voice: str, sample_rate: int, num_samples: int | None) -> None:
        """It is known who speaks, at how many Hz, and how many samples."""

    def first_sound(self) -> None:
        """The first of it is there."""

    def ended(self, outcome: Outcome, error: Exception | None = None) -> None:
        """It is over. More than once does no harm."""


class RequestTrace(Protocol):
    """A request's way."""

    @property
    def trace_id(self) -> str | None:
        """32 hexadecimal digits, for the log; None where it is not traced."""

    def answered(self, status: int) -> None:
        """The status that the client was sent."""


class Traces(Protocol):
    """Where traces begin."""

    def request(self, scope: Scope) -> AbstractContextManager[RequestTrace]:
        """Of a request or a WebSocket, by its ASGI scope. Streams that are opened inside belong to
        it.
        """

    def stream(self, *, queued: bool) -> StreamTrace:
        """Of a stream that begins to be planned, or to wait for room."""

    def close(self) -> None:
        """Sends what has not been sent yet. Nothing is traced any more."""


class _NoTrace:
    trace_id: str | None = None

    def admitted(self) -> None: ...

    def planned(self, *, voice: str, sample_rate: int, num_samples: int | None) -> None: ...

    def first_sound(self) -> None: ...

    def ended(self, outcome: Outcome, error: Exception | None = None) -> None: ...

    def answered(self, status: int) -> None: ...


NO_TRACE = _NoTrace()


class _NoTraces:
    def request(self, scope: Scope) -> AbstractContextManager[RequestTrace]:
        return nullcontext(NO_TRACE)

    def stream(self, *, queued: bool) -> StreamTrace:
        return NO_TRACE

    def close(self) -> None: ...


NO_TRACES: Traces = _NoTraces()
