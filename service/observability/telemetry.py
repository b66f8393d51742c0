"""Traces by OpenTelemetry, exported over OTLP (HTTP, protobuf): no other module of ours imports it,
nor is this one where nobody asks.

Names and attributes of a request's span follow
https://opentelemetry.io/docs/specs/semconv/http/http-spans/ ; what a client says of its own trace
is taken from `traceparent` and `tracestate` (W3C Trace Context). There are no conventions for
speech, so what is said of a stream is called `sonant.`
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Self

from opentelemetry import context as contexts
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, format_trace_id, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from starlette.datastructures import Headers
from starlette.types import Scope

from service.observability.traces import NO_TRACE, Outcome, RequestTrace, StreamTrace

_SCHEMA = "https://opentelemetry.io/schemas/1.30.0"
_TRACES_PATH = "/v1/traces"
_UNTRACED = ("/healthz", "/readyz", "/metrics")  # which machines ask for all the time
_CLOSE_SECONDS = 2.0  # that spans have to be sent when the service stops
_METHODS, _OTHER = (
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
    "_OTHER",
)
_ERRORS_FROM = 500  # by the conventions the server's span of a 4xx is no error


class OpenTelemetryTraces:
    """`service.observability.traces.Traces` says what the methods do.

    Args:
        provider: of the tracer; shut down by `close`.
        exporter: to which the provider's processor sends; `close` waits a while for it.
    """

    def __init__(self, provider: TracerProvider, exporter: SpanExporter) -> None:
        self._provider = provider
        self._exporter = exporter
        self._tracer = provider.get_tracer("sonant", version("sonant"), schema_url=_SCHEMA)
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def exporting(cls, endpoint: str | None) -> Self:
        """Traces that are sent to a collector.

        Args:
            endpoint: its base URL; None: what the environment says, or http://localhost:4318.
        """
        described = Resource.create(
            {"service.name": "sonant", "service.version": version("sonant")}
        ).merge(OTELResourceDetector().detect())
        # At exit nothing is left to send: whoever makes this closes it.
        provider = TracerProvider(resource=described, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(
            endpoint=None if endpoint is None else endpoint.rstrip("/") + _TRACES_PATH
        )
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider, exporter)

    @contextmanager
    def request(self, scope: Scope) -> Iterator[RequestTrace]:
        """As there."""
        if scope["path"] in _UNTRACED:
            yield NO_TRACE
            return
        carrier = {
            name: value
            for name, value in Headers(scope=scope).items()
            if name in {"traceparent", "tracestate"}
        }
        parent = self._propagator.extract(carrier, context=contexts.Context())
        name = "HTTP" if _method(scope) == _OTHER else _method(scope)
        span = self._tracer.start_span(
            name, context=parent, kind=SpanKind.SERVER, attributes=_attributes(scope)
        )
        # What an exception says may hold text, so it is not recorded.
        with use_span(
            span, end_on_exit=True, record_exception=False, set_status_on_exception=False
        ):
            try:
                yield _RequestSpan(span)
            except Exception as error:
                _fail(span, error)
                raise
            finally:
                route = getattr(scope.get("route"), "path", None)
                if route is not None:
                    span.set_attribute("http.route", route)
                    span.update_name(f"{name} {route}")

    def stream(self, *, queued: bool) -> StreamTrace:
        """As there."""
        return _StreamSpans(self._tracer, "queue" if queued else "plan")

    def close(self) -> None:
        """As there."""
        # a collector that is not there is tried again for ten seconds
        limit = threading.Timer(_CLOSE_SECONDS, self._exporter.shutdown)
        limit.start()
        self._provider.shutdown()
        limit.cancel()


class _RequestSpan:
    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def trace_id(self) -> str | None:
        return format_trace_id(self._span.get_span_context().trace_id)

    def answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= _ERRORS_FROM:
            self._span.set_attribute("error.type", str(status))
            self._span.set_status(StatusCode.ERROR)


class _StreamSpans:
    def __init__(self, tracer: Tracer, first: str) -> None:
        self._tracer = tracer
        # that of whoever opens the stream: what follows is told on other threads
        self._request = contexts.get_current()
        self._span: Span | None = tracer.start_span(first, context=self._request)

    def _next_span(self, name: str) -> None:
        if self._span is not None:
            self._span.end()
            self._span = self._tracer.start_span(name, context=self._request)

    def admitted(self) -> None:
        self._next_span("plan")

    def planned(self, *, voice: str, sample_rate: int, num_samples: int | None) -> None:
        if self._span is not None:
            length = {} if num_samples is None else {"sonant.num_samples": num_samples}
            self._span.set_attributes(
                {"sonant.voice": voice, "sonant.sample_rate": sample_rate, **length}
            )
        self._next_span("first sound")

    def first_sound(self) -> None:
        self._next_span("generation")

    def ended(self, outcome: Outcome, error: Exception | None = None) -> None:
        if self._span is None:
            return
        self._span.set_attribute("sonant.outcome", outcome)
        if outcome == "failed" and error is not None:
            _fail(self._span, error)
        self._span.end()
        self._span = None


def _fail(span: Span, error: Exception) -> None:
    span.set_attribute("error.type", f"{type(error).__module__}.{type(error).__qualname__}")
    span.set_status(StatusCode.ERROR)


def _method(scope: Scope) -> str:
    method = str(scope.get("method", "GET"))  # a WebSocket begins as one
    return method if method in _METHODS else _OTHER  # not what a client made up


def _attributes(scope: Scope) -> dict[str, AttributeValue]:
    headers = Headers(scope=scope)
    found: dict[str, AttributeValue | None] = {
        "http.request.method": _method(scope),
        "url.scheme": scope["scheme"],
        "url.path": scope["path"],
        "network.protocol.version": scope.get("http_version"),
        "user_agent.original": headers.get("user-agent"),
        "client.address": scope["client"][0] if scope.get("client") else None,
        "server.address": scope["server"][0] if scope.get("server") else None,
        "server.port": scope["server"][1] if scope.get("server") else None,
    }
    return {name: value for name, value in found.items() if value is not None}
