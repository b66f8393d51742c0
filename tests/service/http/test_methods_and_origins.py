"""Who may ask, and how: methods, conditions, origins, and clients that leave."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Message
from starlette.websockets import WebSocketDisconnect

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.observability.logs import REQUESTS
from service.settings import ServiceSettings
from vocoder.errors import ConfigError


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/voices", "/metrics"])
async def test_head_is_get_without_a_body(client: httpx.AsyncClient, path: str) -> None:
    got, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_of_a_stream_speaks_nothing(
    client: httpx.AsyncClient, worker: Supervisor
) -> None:
    spoken = await client.post("/synthesize", json={"text": "Hello there.", "seed": 1})
    path = spoken.headers["content-location"]
    head = await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(spoken.content))
    assert (await client.get(path)).content == spoken.content


async def test_allow_names_all_methods(client: httpx.AsyncClient) -> None:
    answer = await client.post("/voices/tiny/lexicon")
    assert answer.status_code == 405
    assert {"GET", "HEAD", "PUT"} <= set(answer.headers["allow"].split(", "))
    assert (await client.get("/synthesize")).headers["allow"] == "POST"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other", W/{}', "*"])
async def test_a_stream_that_is_known_is_not_sent(client: httpx.AsyncClient, form: str) -> None:
    spoken = await client.post("/synthesize", json={"text": "Hello.", "seed": 1})
    tag, path = spoken.headers["etag"], spoken.headers["content-location"]
    answer = await client.get(path, headers={"if-none-match": form.format(tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    other = await client.get(path, headers={"if-none-match": '"other"'})
    assert other.content == spoken.content


@pytest.mark.parametrize(
    ("origin", "allowed", "welcome"),
    [
        (None, (), True),
        ("http://testserver", (), True),
        ("https://testserver", (), True),
        ("http://evil.example", (), False),
        ("http://testserver.evil.example", (), False),
        ("null", (), False),
        ("http://friend.example", ("http://friend.example",), True),
        ("http://anybody.example", ("*",), True),
    ],
)
def test_websockets_of_foreign_pages(
    settings: ServiceSettings,
    worker: Supervisor,
    origin: str | None,
    allowed: tuple[str, ...],
    welcome: bool,
) -> None:
    app = create_app(dataclasses.replace(settings, allow_origins=allowed), worker=worker)
    headers = {} if origin is None else {"origin": origin}
    with TestClient(app) as client:
        if welcome:
            with client.websocket_connect("/stream", headers=headers):
                pass
            return
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect("/stream", headers=headers),
        ):
            pass


async def test_a_client_that_leaves_while_it_sends_is_one_line_in_the_log(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    parts: list[Message] = [
        {"type": "http.request", "body": b'{"text":', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return parts.pop(0) if len(parts) > 1 else parts[0]

    async def send(_: Message) -> None:
        await asyncio.sleep(0)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/synthesize", "raw_path": b"/synthesize", "query_string": b"",
        "root_path": "", "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    (record,) = caplog.records
    assert record.name == REQUESTS
    assert json.loads(record.message)["status"] == 499


@pytest.mark.parametrize("prefix", ["", "/speech"], ids=["stripped", "kept"])
async def test_a_service_below_a_path(
    settings: ServiceSettings, worker: Supervisor, prefix: str
) -> None:
    """Whether the proxy strips the path or not, headers name it, and it is known for what it is."""
    below = create_app(dataclasses.replace(settings, root_path="/speech"), worker=worker)
    transport = httpx.ASGITransport(app=below)
    async with httpx.AsyncClient(transport=transport, base_url="http://sonant") as client:
        spoken = await client.post(f"{prefix}/synthesize", json={"text": "Hello.", "seed": 1})
        location = spoken.headers["content-location"]
        assert location == f"/speech/streams/{spoken.headers['x-stream-id']}"
        again = await client.get(prefix + location.removeprefix("/speech"))
        assert again.content == spoken.content
        wrong = await client.post(f"{prefix}/v1/audio/speech", json={})
        assert wrong.json()["error"]["type"] == "invalid_request_error"
        document = (await client.get(f"{prefix}/openapi.json")).json()
        assert document["servers"] == [{"url": "/speech"}]


@pytest.mark.parametrize("path", ["speech", "/speech/", "/a b", "/speech?x"])
def test_a_root_path_that_is_none(path: str) -> None:
    with pytest.raises(ConfigError, match="root_path"):
        ServiceSettings(root_path=path)
