"""Traces: what became of a request's time, by OpenTelemetry; and nothing of OpenTelemetry where
nobody asks for it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id
from starlette.testclient import TestClient

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.observability.telemetry import OpenTelemetryTraces
from service.observability.trace_setup import make_traces
from service.observability.traces import NO_TRACES
from service.settings import ServiceSettings
from tests.service.asgi_call import AsgiCall
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_middleware import lines
from tests.service.http.test_streaming import LONG
from tests.service.http.test_websocket import hear, say
from vocoder.errors import ConfigError

ROOT = Path(__file__).parents[3]
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
STREAM = ("plan", "first sound", "generation")


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> Iterator[OpenTelemetryTraces]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces = OpenTelemetryTraces(provider, exporter)
    yield traces
    traces.close()


@pytest.fixture
def worker(
    settings: ServiceSettings, make_worker: Callable[..., Supervisor], traces: OpenTelemetryTraces
) -> Supervisor:
    # one at a time
    return make_worker(dataclasses.replace(settings, capacity=2.0, headroom=0.5), traces)


@pytest.fixture
def app(worker: Supervisor, settings: ServiceSettings, traces: OpenTelemetryTraces) -> FastAPI:
    return create_app(settings, worker=worker, traces=traces)


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """Of one request, by name, in the order of their beginnings."""
    found = sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)
    assert len({span.name for span in found}) == len(found)
    return {span.name: span for span in found}


async def test_a_request_and_its_stream(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sonant.requests")
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "user-agent": "test/1"}
    answer = await client.post(
        "/synthesize", json={"text": "Yes.", "seed": 1, "format": "pcm"}, headers=headers
    )
    found = spans(exporter)
    assert tuple(found) == ("POST /synthesize", *STREAM)
    request = found["POST /synthesize"]
    assert request.kind is SpanKind.SERVER
    assert request.parent is not None
    assert format_span_id(request.parent.span_id) == PARENT
    assert {format_trace_id(span.context.trace_id) for span in found.values()} == {TRACE}
    assert {
        span.parent.span_id for name, span in found.items() if name in STREAM and span.parent
    } == {request.context.span_id}
    attributes = dict(request.attributes or {})
    assert attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/synthesize",
        "url.scheme": "http",
        "url.path": "/synthesize",
        "network.protocol.version": "1.1",
        "user_agent.original": "test/1",
        "client.address": "127.0.0.1",
        "server.address": "sonant",
        **({"server.port": attributes["server.port"]} if "server.port" in attributes else {}),
    }
    assert dict(found["plan"].attributes or {}) == {
        "sonant.voice": "tiny",
        "sonant.sample_rate": 8_000,
        "sonant.num_samples": len(answer.content) // 2,
    }
    assert dict(found["generation"].attributes or {}) == {"sonant.outcome": "finished"}
    # The stream's spans follow each other, inside the request's.
    edges = [edge for name in STREAM for edge in (found[name].start_time, found[name].end_time)]
    assert edges == sorted(edges)
    assert (request.start_time or 0) <= edges[0]
    assert lines(caplog)[0]["trace_id"] == TRACE


async def test_waiting_for_room(
    app: FastAPI, client: httpx.AsyncClient, exporter: InMemorySpanExporter, engine: GatedEngine
) -> None:
    engine.gate()
    first = AsgiCall(app, {"text": "Yes.", "seed": 1})
    async with asyncio.timeout(10):
        while not exporter.get_finished_spans():  # noqa: ASYNC110  until it is planned: it stands in its first turn
            await asyncio.sleep(0.005)
        waiting = AsgiCall(app, {"text": "Yes.", "seed": 2}, headers={"prefer": "wait=60"})
        while (await client.get("/readyz")).json()["queued"] == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    engine.open()
    await first.finished()
    await waiting.finished()
    (queue,) = [span for span in exporter.get_finished_spans() if span.name == "queue"]
    mine = [
        span
        for span in exporter.get_finished_spans()
        if span.context.trace_id == queue.context.trace_id
    ]
    mine.sort(key=lambda span: span.start_time or 0)
    assert [span.name for span in mine] == ["POST /synthesize", "queue", *STREAM]
    assert "queue" not in {span.name for span in exporter.get_finished_spans() if span not in mine}


async def test_a_reader_that_leaves(
    app: FastAPI, exporter: InMemorySpanExporter, engine: GatedEngine
) -> None:
    engine.gate()
    call = AsgiCall(app, {"text": LONG, "seed": 1})
    engine.allow(1)
    await call.until(45)
    call.leave()
    engine.open()
    await call.finished()
    generation = spans(exporter)["generation"]
    assert dict(generation.attributes or {}) == {"sonant.outcome": "left"}
    assert generation.status.status_code is StatusCode.UNSET


async def test_a_stream_that_breaks(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter, engine: GatedEngine
) -> None:
    engine.failing.add(1)
    assert (await client.post("/synthesize", json={"text": "Yes.", "seed": 1})).status_code == 500
    found = spans(exporter)
    stream, request = found["first sound"], found["POST /synthesize"]
    assert dict(stream.attributes or {}) == {
        "sonant.outcome": "failed",
        "error.type": "vocoder.errors.EngineError",
    }
    assert (
        dict(request.attributes or {}).items()
        >= {"http.response.status_code": 500, "error.type": "500"}.items()
    )
    assert {stream.status.status_code, request.status.status_code} == {StatusCode.ERROR}


async def test_no_text_is_told(
    client: httpx.AsyncClient,
    app: FastAPI,
    exporter: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for body in (
        {"text": "Secretly, yes."},
        {"text": "Secretly.", "voice": "Secretly"},
        {"text": "Secretly.", "Secretly": 1},
        {"ssml": "Secretly"},
        "Secretly",
    ):
        await client.post("/synthesize", json=body)
    await client.post("/phonemize", json={"text": "Secretly."})

    async def broken(*_: object) -> None:
        raise RuntimeError("Secretly")

    monkeypatch.setattr(Supervisor, "ask", broken)
    # httpx's transport hands it through; a server would log it
    with pytest.raises(RuntimeError, match="Secretly"):
        await client.post("/phonemize", json={"text": "Secretly."})
    told = [span.to_json() for span in exporter.get_finished_spans()]
    assert len(told) >= 8
    assert not any("Secretly" in one for one in told)
    defect = [
        span
        for span in exporter.get_finished_spans()
        if dict(span.attributes or {}).get("error.type") == "builtins.RuntimeError"
    ]
    assert [span.name for span in defect] == ["POST /phonemize"]
    assert defect[0].status.status_code is StatusCode.ERROR


async def test_machines_that_ask_all_the_time_leave_no_traces(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        await client.get(path)
    assert exporter.get_finished_spans() == ()
    await client.get("/nowhere")
    await client.request("SPEAK", "/nowhere")
    # no route, and neither an address nor a method that somebody made up as a name
    assert list(spans(exporter)) == [
        "GET",
        "HTTP",
    ]


async def test_a_traceparent_that_is_none_begins_a_trace(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    for wrong in ("00-0-0-00", "nonsense", f"00-{'0' * 32}-{PARENT}-01"):
        exporter.clear()
        await client.get("/voices", headers={"traceparent": wrong})
        assert spans(exporter)["GET /voices"].parent is None


def test_what_is_said_over_the_websocket_belongs_to_its_connection(
    app: FastAPI, exporter: InMemorySpanExporter
) -> None:
    with TestClient(app).websocket_connect(
        "/stream", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"}
    ) as session:
        say(session, "text", text="Yes.")
        say(session, "end")
        hear(session, "done")
    found = spans(exporter)
    assert set(found) == {"GET /stream", *STREAM}
    assert {
        span.parent.span_id for name, span in found.items() if name in STREAM and span.parent
    } == {found["GET /stream"].context.span_id}


# Off, and on.


def test_off_nothing_is_imported() -> None:  # but for the API, by FastAPI, where it is installed
    code = (
        "import sys; from service.server import run; from service.app import create_app; "
        "create_app(); sys.exit('opentelemetry.sdk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    def put(variables: dict[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
    ids=str,
)
def test_where_nobody_asks_there_are_none(
    environment: Callable[[dict[str, str]], None], variables: dict[str, str]
) -> None:
    environment(variables)
    assert make_traces(ServiceSettings()) is NO_TRACES


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"OTEL_TRACES_EXPORTER": "console"}, "OTEL_TRACES_EXPORTER must be otlp or none"),
        (
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            },
            "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_had_is_refused(
    environment: Callable[[dict[str, str]], None], variables: dict[str, str], message: str
) -> None:
    environment(variables)
    with pytest.raises(ConfigError, match=message):
        make_traces(ServiceSettings())


@pytest.mark.parametrize(
    "wrong", ["collector:4318", "ftp://collector", "http://", "http://collector:4318?x=1", ""]
)
def test_an_endpoint_is_a_url(wrong: str) -> None:
    with pytest.raises(ConfigError, match="otlp_endpoint must be a URL"):
        ServiceSettings(otlp_endpoint=wrong)


@pytest.mark.parametrize(
    ("endpoint", "who"),
    [("http://localhost:1", "otlp_endpoint"), (None, "OTEL_EXPORTER_OTLP_ENDPOINT")],
)
def test_without_the_extra_it_is_named(
    environment: Callable[[dict[str, str]], None],
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str | None,
    who: str,
) -> None:
    environment({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:2"})
    monkeypatch.delitem(sys.modules, "service.observability.telemetry")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(
        ConfigError,
        match=(
            rf"{who} asks for traces, which need opentelemetry\S*, which is not installed: pip "
            rf"install 'sonant\[telemetry\]'"
        ),
    ):
        make_traces(ServiceSettings(otlp_endpoint=endpoint))


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, ExportTraceServiceRequest]]]]:
    received: list[tuple[str, ExportTraceServiceRequest]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, ExportTraceServiceRequest.FromString(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("by", ["setting", "environment"])
def test_a_collector_gets_them(
    environment: Callable[[dict[str, str]], None],
    collector: tuple[str, list[tuple[str, ExportTraceServiceRequest]]],
    by: str,
) -> None:
    url, received = collector
    if by == "environment":
        environment({"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_SERVICE_NAME": "reading-room"})
    traces = make_traces(ServiceSettings(otlp_endpoint=f"{url}/" if by == "setting" else None))
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/voices", "headers": []}
    with traces.request(scope):
        traces.stream(queued=False).ended("finished")
    traces.close()
    ((path, request),) = received
    resource = {
        one.key: one.value.string_value for one in request.resource_spans[0].resource.attributes
    }
    names = [span.name for scoped in request.resource_spans[0].scope_spans for span in scoped.spans]
    assert path == "/v1/traces"
    assert sorted(names) == ["GET", "plan"]
    assert resource["service.name"] == ("reading-room" if by == "environment" else "sonant")
    assert resource["service.version"]


def test_a_collector_that_is_not_there_keeps_nobody_from_stopping(
    caplog: pytest.LogCaptureFixture,
) -> None:
    traces = make_traces(ServiceSettings(otlp_endpoint="http://127.0.0.1:9"))
    traces.stream(queued=False).ended("finished")
    begun = time.monotonic()
    traces.close()
    assert time.monotonic() - begun < 5
    assert "port=9" in caplog.text
