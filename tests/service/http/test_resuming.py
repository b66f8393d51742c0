"""A connection that was lost: the rest of the bytes, from any byte on, are the bytes that would
have come.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque

import httpx
import pytest
from fastapi import FastAPI

from service.frontend.supervisor import Supervisor
from service.http.byte_ranges import ByteRange, parse_range
from service.http.error_responses import RequestError
from service.http.etag import etag_of
from service.http.resume_cache import ResponseSpec, ResumableStream, ResumeCache
from service.protocol.speech_order import SpeechOrder, VoiceDescription
from service.settings import ServiceSettings
from tests.service.asgi_call import AsgiCall
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG

TEXT = "Good day to you all. Yes."


@pytest.mark.parametrize(
    "body",
    [
        {"format": "wav"},
        {"format": "pcm"},
        {"format": "mulaw"},
        {"format": "wav", "sample_rate": 11_025},
    ],
    ids=str,
)
async def test_the_rest_from_any_byte_is_the_rest(
    client: httpx.AsyncClient, body: dict[str, object]
) -> None:
    whole = await client.post("/synthesize", json={"text": TEXT, **body})
    address, size = whole.headers["content-location"], len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes"
    for first in (0, 1, 43, 44, 45, 1_000, 1_001, size // 2, size - 1):
        rest = await client.get(address, headers={"range": f"bytes={first}-"})
        assert rest.status_code == 206
        assert rest.content == whole.content[first:], first
        assert rest.headers["content-range"] == f"bytes {first}-{size - 1}/{size}"
        assert int(rest.headers["content-length"]) == size - first
        assert rest.headers["etag"] == whole.headers["etag"]


async def test_other_ranges(client: httpx.AsyncClient, worker: Supervisor) -> None:
    whole = await client.post("/synthesize", json={"text": TEXT})
    address, size = whole.headers["content-location"], len(whole.content)
    for asked, expected in (
        ("bytes=10-99", slice(10, 100)),
        ("bytes=-7", slice(size - 7, size)),
        ("bytes=50-999999999", slice(50, size)),
    ):
        part = await client.get(address, headers={"range": asked})
        assert (part.status_code, part.content) == (206, whole.content[expected])
    for ignored in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-3", "bytes=-"):
        answer = await client.get(address, headers={"range": ignored})
        assert (answer.status_code, answer.content) == (200, whole.content)
    beyond = await client.get(address, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.json()["error"]["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    assert worker.status.open_streams == 0


async def test_conditions(client: httpx.AsyncClient) -> None:
    whole = await client.post("/synthesize", json={"text": TEXT})
    address, etag = whole.headers["content-location"], whole.headers["etag"]
    same = await client.get(address, headers={"if-none-match": etag})
    assert (same.status_code, same.content) == (304, b"")
    still = await client.get(address, headers={"range": "bytes=99-", "if-range": etag})
    assert (still.status_code, still.content) == (206, whole.content[99:])
    changed = await client.get(address, headers={"range": "bytes=99-", "if-range": '"other"'})
    assert (changed.status_code, changed.content) == (200, whole.content)


async def test_a_compressed_answer_comes_again_as_a_whole(client: httpx.AsyncClient) -> None:
    whole = await client.post("/synthesize", json={"text": TEXT, "format": "mp3"})
    assert whole.headers["accept-ranges"] == "none"
    again = await client.get(whole.headers["content-location"], headers={"range": "bytes=99-"})
    assert (again.status_code, again.content) == (200, whole.content)


async def test_an_unknown_stream(client: httpx.AsyncClient) -> None:
    answer = await client.get("/streams/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_stream")


async def test_a_client_that_lost_its_connection_goes_on_from_a_snapshot(
    app: FastAPI, client: httpx.AsyncClient, engine: GatedEngine
) -> None:
    lost = AsgiCall(app, {"text": LONG, "seed": 4, "format": "pcm"})
    await lost.until(16_000)
    lost.leave()
    await lost.finished()
    await asyncio.sleep(0.2)
    before = engine.made[4]
    rest = await client.get(
        lost.headers["content-location"], headers={"range": f"bytes={len(lost.body)}-"}
    )
    remade = engine.made[4] - before
    whole = await client.post("/synthesize", json={"text": LONG, "seed": 4, "format": "pcm"})
    assert bytes(lost.body) + rest.content == whole.content
    assert remade < len(whole.content) / 2, "it was made from the beginning"


def test_ranges_that_are_none() -> None:
    assert parse_range(None, 100) is None
    assert parse_range("bytes=5-", 100) == ByteRange(first=5, last=99)
    for wrong in ("bytes=100-", "bytes=-0"):
        with pytest.raises(RequestError):
            parse_range(wrong, 100)


VOICE = VoiceDescription(
    name="anna", release="1", language="en", licence="CC0-1.0", speakers=("a", "b"),
    sample_rate=8_000, temperature=0.5, engine="native", precision="int8",
    is_default=True,
)  # fmt: skip


def test_tags_differ_where_bytes_do_and_nowhere_else() -> None:
    plain = ResponseSpec(order=SpeechOrder(text="Yes.", seed=1))

    def tag(voice: VoiceDescription = VOICE, **changes: object) -> str:
        return etag_of(
            dataclasses.replace(plain, order=dataclasses.replace(plain.order, **changes)), [voice]
        )  # type: ignore[arg-type]

    assert (
        tag()
        == tag(voice=VOICE, temperature=0.5)
        == tag(speaker="a")
        == tag(speaker=0)
        == tag(whole=True)
    )
    others = [
        tag(text="No."), tag(seed=2), tag(speaker="b"), tag(pitch=1.0), tag(volume=0.5),
        tag(length_scale=2.0), tag(temperature=0.4),
        tag(dataclasses.replace(VOICE, release="2")), tag(dataclasses.replace(VOICE,
        precision="fp32")), tag(dataclasses.replace(VOICE, engine="reference")),
        etag_of(dataclasses.replace(plain, audio_format="pcm"), [VOICE]),
        etag_of(dataclasses.replace(plain, sample_rate=9_000), [VOICE]),
    ]  # fmt: skip
    assert len({tag(), *others}) == 1 + len(others)


def test_the_shelf_forgets() -> None:
    shelf = ResumeCache(ServiceSettings(resume_seconds=10.0, resume_streams=2))
    wanted = ResponseSpec(order=SpeechOrder(text="Yes.", seed=1))
    one = ResumableStream(
        spec=wanted, etag='"a"', num_samples=1, sample_rate=8_000, snapshots=deque()
    )
    first, second = shelf.put(one, 0.0), shelf.put(one, 5.0)
    assert shelf.find(first, 9.0) is one
    assert shelf.find(second, 16.0) is None
    assert shelf.find(first, 18.0) is one
    for _ in range(2):
        shelf.put(one, 18.0)
    assert shelf.find(first, 18.0) is None
