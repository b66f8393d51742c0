"""Piper's HTTP API, asked as its documentation asks."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.keys import make_key
from service.settings import ServiceSettings
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

TEXT = "Good day to you all."


async def spoken(client: httpx.AsyncClient, **body: object) -> bytes:
    answer = await client.post("/", json={"text": TEXT, "seed": 7, **body})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "audio/wav"
    return answer.content


async def test_json_is_the_wav_of_synthesize(client: httpx.AsyncClient) -> None:
    ours = await client.post(
        "/synthesize", json={"text": TEXT, "seed": 7, "speaker": "otto", "length_scale": 1.5}
    )
    theirs = await spoken(client, voice="tiny", speaker="otto", length_scale=1.5, noise_scale=0.667)
    assert theirs == ours.content


@pytest.mark.parametrize("headers", [{"content-type": "text/plain; charset=utf-8"}, {}], ids=str)
async def test_plain_text(client: httpx.AsyncClient, voice: Voice, headers: dict[str, str]) -> None:
    answer = await client.post("/", content="Café, good day.".encode(), headers=headers)
    samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    assert rate == voice.sample_rate
    seed = int(answer.headers["x-seed"])
    assert to_bytes(samples) == to_bytes(voice.synthesize("Café, good day.", seed=seed))


async def test_the_index_of_a_speaker_overrides_its_name(client: httpx.AsyncClient) -> None:
    otto = await spoken(client, speaker="otto")
    assert otto != await spoken(client)
    for index in (1, "1"):
        assert await spoken(client, speaker="anna", speaker_id=index) == otto


@pytest.mark.parametrize(
    "unknown",
    [{"voice": "en_US-lessac-medium"}, {"speaker": "p225"}, {"speaker_id": 2}, {"speaker_id": -1}],
    ids=str,
)
async def test_an_unknown_name_takes_the_default(
    client: httpx.AsyncClient, unknown: dict[str, Any]
) -> None:
    assert await spoken(client, **unknown) == await spoken(client)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "field"),
    [
        (b"", {}, 422, "invalid_text", "text"),
        (b"\xff", {}, 400, "invalid_encoding", "body"),
        (b"text=Hi", {"content-type": "application/x-www-form-urlencoded"},
         415, "unsupported_media_type", "content-type"),
        (b"a" * 4_001, {}, 413, "body_too_large", "body"),
        (b"{}", {"content-type": "application/json"}, 422, "missing_field", "text"),
        (b'{"text": "Hi.", "length_scale": 9}', {"content-type": "application/json"},
         422, "invalid_value", "length_scale"),
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
    field: str,
) -> None:
    answer = await client.post("/", content=body, headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, field)


async def test_the_page_is_public_and_speaking_is_not(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path
) -> None:
    key, line = make_key("anna")
    file = tmp_path / "keys"
    file.write_text(line)
    app = create_app(dataclasses.replace(settings, key_file=file), worker=worker)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        assert (await client.get("/")).status_code == 200
        assert (await client.post("/", content=TEXT)).status_code == 401
        shown = await client.post("/", content=TEXT, headers={"x-api-key": key})
        assert shown.status_code == 200
