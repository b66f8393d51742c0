"""Whatever is sent, the answer is JSON that says what is wrong and where."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings
from tests.service.local_link import LocalLink

WRONG_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "missing_field", "text"),
    ({"text": ""}, "invalid_text", "text"),
    ({"text": " \n"}, "invalid_text", "text"),
    ({"text": "!!! \u2603"}, "invalid_text", "text"),
    ({"text": "a" * 301}, "invalid_text", "text"),
    ({"text": 3}, "wrong_type", "text"),
    ({"text": None}, "missing_field", "text"),
    ({"text": ["Yes."]}, "wrong_type", "text"),
    ({"text": "Yes.", "voice": "nobody"}, "invalid_value", "voice"),
    ({"text": "Yes.", "voice": "../tiny"}, "invalid_value", "voice"),
    ({"text": "Yes.", "voice": 1}, "wrong_type", "voice"),
    ({"text": "Yes.", "speaker": "nobody"}, "invalid_value", "speaker"),
    ({"text": "Yes.", "speaker": ""}, "invalid_value", "speaker"),
    ({"text": "Yes.", "speaker": 2}, "invalid_value", "speaker"),
    ({"text": "Yes.", "speaker": -1}, "invalid_value", "speaker"),
    ({"text": "Yes.", "speaker": True}, "wrong_type", "speaker"),
    ({"text": "Yes.", "length_scale": 0.2}, "invalid_value", "length_scale"),
    ({"text": "Yes.", "pitch": 13}, "invalid_value", "pitch"),
    ({"text": "Yes.", "pitch": "high"}, "wrong_type", "pitch"),
    ({"text": "Yes.", "volume": -1}, "invalid_value", "volume"),
    ({"text": "Yes.", "volume": None}, "wrong_type", "volume"),
    ({"text": "Yes.", "length_scale": 4.1}, "invalid_value", "length_scale"),
    ({"text": "Yes.", "length_scale": "1"}, "wrong_type", "length_scale"),
    ({"text": "Yes.", "length_scale": True}, "wrong_type", "length_scale"),
    ({"text": "Yes.", "length_scale": 10**400}, "wrong_type", "length_scale"),
    ({"text": "Yes.", "speed": 0}, "invalid_value", "speed"),
    ({"text": "Yes.", "speed": -1}, "invalid_value", "speed"),
    ({"text": "Yes.", "speed": 5}, "invalid_value", "speed"),
    ({"text": "Yes.", "speed": 1e-320}, "invalid_value", "speed"),
    ({"text": "Yes.", "speed": 1, "length_scale": 1}, "conflicting_fields", "speed"),
    ({"text": "Yes.", "temperature": -0.1}, "invalid_value", "temperature"),
    ({"text": "Yes.", "temperature": 2.1}, "invalid_value", "temperature"),
    ({"text": "Yes.", "seed": -1}, "invalid_value", "seed"),
    ({"text": "Yes.", "seed": 2**64}, "invalid_value", "seed"),
    ({"text": "Yes.", "seed": 1.5}, "wrong_type", "seed"),
    ({"text": "Yes.", "seed": "7"}, "wrong_type", "seed"),
    ({"text": "Yes.", "format": "wma"}, "invalid_value", "format"),
    ({"text": "Yes.", "format": 1}, "invalid_value", "format"),
    ({"text": "Yes.", "sample_rate": 7_999}, "invalid_value", "sample_rate"),
    ({"text": "Yes.", "sample_rate": 16_000.5}, "wrong_type", "sample_rate"),
    ({"text": "Yes.", "format": "mulaw", "sample_rate": 16_000}, "invalid_value", "sample_rate"),
    ({"text": "Yes.", "format": "opus", "sample_rate": 44_100}, "invalid_value", "sample_rate"),
    ({"text": "Yes.", "stream": 1}, "wrong_type", "stream"),
    ({"text": "Yes.", "txet": "No."}, "unknown_field", "txet"),
]

NOT_JSON = [
    b"",
    b"Yes.",
    b'"Yes."',
    b'[{"text": "Yes."}]',
    b'{"text": "Yes."',
    b'{"text": "Yes."}}',
    b'{"text": "Yes.", "text": "No."}',
    b'{"text": "Yes.", "speed": NaN}',
    b'{"text": "Yes.", "speed": -Infinity}',
    b'{"text": "\xff"}',
    '{"text": "Yes."}'.encode("utf-16"),
    b'{"seed": ' + b"9" * 3_000 + b"e}",
    b"[" * 3_000,
]


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"code", "message", "field"}
    assert error["message"]
    return error


async def test_wrong_fields(client: httpx.AsyncClient, worker: Supervisor) -> None:
    for body, code, field in WRONG_FIELDS:
        answer = await client.post(
            "/synthesize", content=json.dumps(body), headers={"content-type": "application/json"}
        )
        error = problem(answer)
        assert (answer.status_code, error["code"], error["field"]) == (422, code, field), (
            body,
            error,
        )
        assert field in error["message"] or field == "text", (body, error)
    assert worker.status.open_streams == 0


async def test_an_infinite_number_and_half_a_character(client: httpx.AsyncClient) -> None:
    for body, field in (
        (b'{"text": "Yes.", "speed": 1e999}', "speed"),
        (b'{"text": "\\ud800"}', "text"),
        (b'{"text": "Yes.", "voice": "\\udfff"}', "voice"),
    ):
        answer = await client.post(
            "/synthesize", content=body, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, problem(answer)["field"]) == (422, field)
    for body in (b'{"\\ud800": 1}', b'{"text": "Yes.", "\\ud800": 1}'):
        answer = await client.post(
            "/synthesize", content=body, headers={"content-type": "application/json"}
        )
        problem(answer)
        assert answer.status_code == 422


@pytest.mark.parametrize("body", NOT_JSON, ids=range(len(NOT_JSON)))
async def test_bodies_that_are_not_json(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(
        "/synthesize", content=body, headers={"content-type": "application/json; charset=utf-8"}
    )
    error = problem(answer)
    assert (answer.status_code, error["code"], error["field"]) == (400, "invalid_json", "body")


async def test_wrong_content_type(client: httpx.AsyncClient) -> None:
    for headers in (
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
    ):
        answer = await client.post("/synthesize", content=b'{"text": "Yes."}', headers=headers)
        assert (answer.status_code, problem(answer)["code"]) == (415, "unsupported_media_type")


async def test_a_body_beyond_the_limit(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/synthesize",
        content=json.dumps({"text": "a" * 4_000}),
        headers={"content-type": "application/json"},
    )
    assert (answer.status_code, problem(answer)["code"]) == (413, "body_too_large")


async def test_no_such_address_or_method(client: httpx.AsyncClient) -> None:
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("GET", "/synthesize", 405),
        ("POST", "/voices", 405),
    ):
        answer = await client.request(method, path)
        problem(answer)
        assert answer.status_code == status


async def test_a_defect_is_an_answer_too(
    settings: ServiceSettings,
    worker: Supervisor,
    links: list[LocalLink],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links[-1].worker._voices, "planning", lambda *_: 1 / 0)
    transport = httpx.ASGITransport(
        app=create_app(settings, worker=worker), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://sonant") as client:
        answer = await client.post("/synthesize", json={"text": "Yes."})
    error = problem(answer)
    assert (answer.status_code, error["code"]) == (500, "internal")
    assert "division" not in answer.text
    assert worker.status.open_streams == 0


async def test_a_compressed_body(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/synthesize",
        content=gzip.compress(b'{"text": "Yes."}'),
        headers={"content-type": "application/json", "content-encoding": "gzip"},
    )
    error = problem(answer)
    assert (answer.status_code, error["code"]) == (415, "unsupported_media_type")
    assert error["field"] == "content-encoding"
