"""Coqui's HTTP API: `GET /api/tts`."""

from __future__ import annotations

import dataclasses

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings

QUERY = {"text": "Good day to you all.", "seed": "7"}


async def test_it_is_the_wav_of_synthesize(client: httpx.AsyncClient) -> None:
    ours = await client.post(
        "/synthesize", json={"text": QUERY["text"], "seed": 7, "speaker": "otto"}
    )
    for speaker in ("otto", "1"):
        theirs = await client.get(
            "/api/tts", params={**QUERY, "speaker_id": speaker, "style_wav": "", "language_id": ""}
        )
        assert theirs.headers["content-type"] == "audio/wav"
        assert theirs.content == ours.content


@pytest.mark.parametrize("speaker", ["", "p225", "2"])
async def test_an_unknown_speaker_is_the_first(client: httpx.AsyncClient, speaker: str) -> None:
    default = await client.get("/api/tts", params=QUERY)
    assert default.status_code == 200
    named = await client.get("/api/tts", params={**QUERY, "speaker_id": speaker})
    assert named.content == default.content


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({}, "missing_field", "text"),
        ({"text": " "}, "invalid_text", "text"),
        ({"text": "Hi.", "seed": "x"}, "invalid_value", "seed"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, query: dict[str, str], code: str, field: str
) -> None:
    answer = await client.get("/api/tts", params=query)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, code, field)


async def test_speaking_is_charged_though_it_is_a_get(
    settings: ServiceSettings, worker: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged = []
    monkeypatch.setattr(worker, "request", charged.append)
    app = create_app(dataclasses.replace(settings), worker=worker)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        await client.get("/voices")
        assert not charged
        await client.get("/api/tts", params=QUERY)
    assert len(charged) == 1
