"""Ids, keys, and the line that every request leaves."""

from __future__ import annotations

import dataclasses
import json
import logging
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from service import keys
from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.keys import ApiKeys, make_key
from service.settings import ServiceSettings
from vocoder.errors import ConfigError


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [
        json.loads(record.getMessage())
        for record in caplog.records
        if record.name == "sonant.requests"
    ]


async def test_every_request_leaves_a_line_without_its_text(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sonant.requests")
    answer = await client.post(
        "/synthesize", json={"text": "Secretly, yes."}, headers={"x-request-id": "abc-1"}
    )
    await client.get("/nowhere")
    first, second = lines(caplog)
    assert answer.headers["x-request-id"] == "abc-1" == first["request_id"]
    assert (first["method"], first["path"], first["status"], first["bytes"]) == (
        "POST",
        "/synthesize",
        200,
        len(answer.content),
    )
    assert (second["status"], second["key"]) == (404, None)
    assert "Secretly" not in caplog.text


async def test_texts_are_logged_where_that_is_asked_for(
    settings: ServiceSettings, worker: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sonant.requests")
    app = create_app(dataclasses.replace(settings, log_text=True), worker=worker)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sonant") as client:
        for path, body in (
            ("/synthesize", {"text": "Secretly,\nyes."}),
            ("/synthesize", {"text": "Secretly,\nyes.", "timestamps": "vtt"}),
            ("/v1/audio/speech", {"model": "sonant", "voice": "tiny", "input": "Secretly,\nyes."}),
            ("/phonemize", {"text": "Secretly,\nyes."}),
        ):
            caplog.clear()
            answer = await client.post(path, json=body)
            assert answer.status_code == 200
            text, request = lines(caplog)
            assert (text["text"], text["request_id"]) == ("Secretly,\nyes.", request["request_id"])
    caplog.clear()
    with TestClient(app).websocket_connect("/stream", headers={"x-request-id": "abc-2"}) as session:
        session.send_text(json.dumps({"type": "text", "text": "Secretly, yes. Loudly, no."}))
        session.send_text(json.dumps({"type": "end"}))
        while session.receive()["type"] != "websocket.close":
            pass
    assert [(line["request_id"], line.get("text")) for line in lines(caplog)] == [
        ("abc-2", "Secretly, yes."),
        ("abc-2", "Loudly, no."),
        ("abc-2", None),
    ]


def test_a_websocket_leaves_a_line_when_it_is_closed(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sonant.requests")
    anna, anna_line = make_key("anna")
    file = tmp_path / "keys"
    file.write_text(f"{anna_line}\n")
    client = TestClient(create_app(dataclasses.replace(settings, key_file=file), worker=worker))
    heard = 0
    with client.websocket_connect("/stream", headers={"x-api-key": anna}) as session:
        assert session.extra_headers is not None
        told = dict(session.extra_headers)[b"x-request-id"].decode()
        session.send_text(json.dumps({"type": "text", "text": "Secretly, yes."}))
        assert not lines(caplog)
        session.send_text(json.dumps({"type": "end"}))
        while (message := session.receive())["type"] != "websocket.close":
            heard += len(message.get("bytes") or message["text"].encode())
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/stream"):
        pass
    first, second = lines(caplog)
    assert (first["request_id"], first["path"], first["status"], first["bytes"], first["key"]) == (
        told,
        "/stream",
        101,
        heard,
        "anna",
    )
    assert (second["status"], second["bytes"], second["key"]) == (403, 0, None)
    assert "Secretly" not in caplog.text


async def test_an_id_that_could_forge_a_line_is_not_taken(client: httpx.AsyncClient) -> None:
    for wrong in ('"}', "a b", "x" * 65, ""):
        answer = await client.get("/healthz", headers={"x-request-id": wrong})
        assert answer.headers["x-request-id"] != wrong
        assert len(answer.headers["x-request-id"]) == 16


async def test_keys(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sonant.requests")
    (anna, anna_line), (_, otto_line) = make_key("anna"), make_key("otto")
    file = tmp_path / "keys"
    file.write_text(f"# who may\n\n{otto_line}\n{anna_line}\n")
    assert anna not in file.read_text()
    transport = httpx.ASGITransport(
        app=create_app(dataclasses.replace(settings, key_file=file), worker=worker)
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://sonant") as client:
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": f"Basic {anna}"},
            {"x-api-key": anna[:-1]},
            {"x-api-key": b"\xff"},
        ):
            refused = await client.post("/synthesize", json={"text": "Yes."}, headers=headers)
            assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
            assert refused.headers["www-authenticate"] == "Bearer"
        for headers in (
            {"authorization": f"Bearer {anna}"},
            {"authorization": f"bearer  {anna} "},
            {"x-api-key": anna},
        ):
            assert (
                await client.post("/synthesize", json={"text": "Yes."}, headers=headers)
            ).status_code == 200
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await client.get(path)).status_code == 200
    assert {line["key"] for line in lines(caplog)} == {None, "anna"}
    assert anna not in caplog.text


def test_keys_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    with pytest.raises(ConfigError, match="cannot be read"):
        ApiKeys.read(file)
    for content, complaint in (
        ("", "no key"),
        ("anna 12\n", "line 1"),
        (f"anna {'g' * 64}", "line 1"),
        (f"an na {'0' * 64}", "line 1"),
    ):
        file.write_text(content)
        with pytest.raises(ConfigError, match=complaint):
            ApiKeys.read(file)


def test_the_command_that_makes_keys(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["keys", "anna"])
    assert keys.main() == 0
    line, told = capsys.readouterr()
    (tmp_path / "keys").write_text(line)
    assert ApiKeys.read(tmp_path / "keys").name_of(told.split()[-1]) == "anna"
    monkeypatch.setattr("sys.argv", ["keys", "not good"])
    assert keys.main() == 2


def behind(settings: ServiceSettings, worker: Supervisor, **changes: object) -> httpx.AsyncClient:
    app = create_app(dataclasses.replace(settings, **changes), worker=worker)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sonant")


async def test_metrics_may_be_guarded_as_well(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path
) -> None:
    key, line = make_key("anna")
    file = tmp_path / "keys.txt"
    file.write_text(line + "\n", "utf-8")
    async with behind(settings, worker, key_file=file) as client:
        assert (await client.get("/metrics")).status_code == 200
    async with behind(settings, worker, key_file=file, guard_metrics=True) as client:
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", headers={"x-api-key": key})).status_code == 200
        assert (await client.get("/readyz")).status_code == 200


async def test_pages_of_other_origins_are_let_in_by_name_alone(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path
) -> None:
    preflight = {
        "origin": "https://reader.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key",
    }
    async with behind(settings, worker) as client:
        answer = await client.post(
            "/synthesize", json={"text": "Yes."}, headers={"origin": "https://reader.example"}
        )
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert (await client.options("/synthesize", headers=preflight)).status_code == 405
    key, line = make_key("anna")
    file = tmp_path / "keys.txt"
    file.write_text(line + "\n", "utf-8")
    async with behind(
        settings, worker, key_file=file, allow_origins=("https://reader.example",)
    ) as client:
        asked = await client.options("/synthesize", headers=preflight)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (
            200,
            "https://reader.example",
        )
        refused = await client.post(
            "/synthesize", json={"text": "Yes."}, headers={"origin": "https://reader.example"}
        )
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (
            401,
            "https://reader.example",
        )
        answer = await client.post(
            "/synthesize",
            json={"text": "Yes.", "seed": 3},
            headers={"origin": "https://reader.example", "x-api-key": key},
        )
        assert answer.status_code == 200
        readable = {
            name.strip().lower()
            for name in answer.headers["access-control-expose-headers"].split(",")
        }
        assert {name for name in answer.headers if name.startswith("x-")} | {
            "etag",
            "content-location",
        } <= readable
        stranger = await client.post(
            "/synthesize",
            json={"text": "Yes."},
            headers={"origin": "https://other.example", "x-api-key": key},
        )
        assert "access-control-allow-origin" not in stranger.headers
        assert (
            await client.options(
                "/synthesize", headers={**preflight, "origin": "https://other.example"}
            )
        ).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        "reader.example",
        "https://reader.example/",
        "https://reader.example/page",
        "https://*.example",
        "",
    ],
)
def test_what_is_no_origin_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match="allow_origins"):
        ServiceSettings(allow_origins=("https://good.example:8443", wrong))


def test_metrics_cannot_be_guarded_without_keys() -> None:
    with pytest.raises(ConfigError, match="guard_metrics"):
        ServiceSettings(guard_metrics=True)
