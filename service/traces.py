"""Traces: what a request's time went to, for whoever collects them (`service.telemetry` does, with OpenTelemetry). Off, nobody is told anything.

    request      |======================================================|   from its headers to its last byte
    queue         |=====|                                                   only where it waits for room
    plan                |====|                                              phonemes, durations, and what the first sentence is conditioned on
    first sound              |===|
    generation                   |============================|

The spans of a stream follow each other without gaps. A trace holds no text, nor any message in which there may be some.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

from starlette.types import Scope

from service.settings import ServiceSettings
from vocoder.errors import ConfigError

Outcome = Literal["finished", "left", "failed", "invalid"]
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"


class StreamTrace(Protocol):
    """A stream's way. From any thread, one at a time."""

    def let_in(self) -> None:
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
        """Of a request or a WebSocket, by its ASGI scope. Streams that are opened inside belong to it."""

    def stream(self, *, queued: bool) -> StreamTrace:
        """Of a stream that begins to be planned, or to wait for room."""

    def close(self) -> None:
        """Sends what has not been sent yet. Nothing is traced any more."""


class _NoTrace:
    trace_id: str | None = None

    def let_in(self) -> None: ...

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


def make_traces(settings: ServiceSettings) -> Traces:
    """What the settings ask for, or where they say nothing, the environment: OpenTelemetry's variables of the exporter, the sampler and the resource.

    Raises:
        ConfigError: what is asked for cannot be had.
    """
    who = _who_asks(settings)
    if who is None:
        return NO_TRACES
    try:
        from service.telemetry import OpenTelemetryTraces  # here and not above: nobody else needs OpenTelemetry
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "opentelemetry":
            raise  # a defect of ours, not something to install
        raise ConfigError(f"{who} asks for traces, which need {error.name}, which is not installed: pip install 'sonant[telemetry]'") from error
    return OpenTelemetryTraces.exporting(settings.otlp_endpoint)


def _who_asks(settings: ServiceSettings) -> str | None:
    """What of the settings or of the environment asks for traces."""
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return None
    who = "otlp_endpoint" if settings.otlp_endpoint else next((name for name in _ENDPOINTS if os.environ.get(name)), None)
    who = who or ("OTEL_TRACES_EXPORTER" if exporter else None)
    if who is None:
        return None
    if exporter not in {"", "otlp"}:
        raise ConfigError(f"OTEL_TRACES_EXPORTER must be otlp or none, not {exporter!r}: there is no other exporter here")
    for name in _PROTOCOLS:
        if os.environ.get(name, _PROTOCOL) != _PROTOCOL:
            raise ConfigError(f"{name} must be {_PROTOCOL}, not {os.environ[name]!r}: there is no other here")
    return who
