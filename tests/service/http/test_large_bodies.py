"""Bodies that would cost more than they weigh: refused before anything is built of them."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings

JSON = {"content-type": "application/json"}


@pytest.fixture
async def roomy(settings: ServiceSettings, worker: Supervisor) -> AsyncIterator[httpx.AsyncClient]:
    """Takes bodies of 16 MB."""
    wide = dataclasses.replace(settings, body_limit=2**24, held_bodies_limit=2**24)
    transport = httpx.ASGITransport(app=create_app(wide, worker=worker))
    async with httpx.AsyncClient(transport=transport, base_url="http://sonant") as client:
        yield client


@pytest.mark.parametrize(
    "body",
    [
        b'{"text":' + b"[" * 8_000_000,
        b'{"text":[' + b"[],".ljust(3) * 4_000_000 + b"[]]}",
        b'{"text":[' + b"1," * 8_000_000 + b"1]}",
        b'{"text":' + b'{"a":' * 3_000_000 + b"1" + b"}" * 3_000_000,
    ],
    ids=["deep", "many lists", "many numbers", "deep objects"],
)
async def test_a_body_of_too_many_parts_is_refused_at_once(
    roomy: httpx.AsyncClient, body: bytes
) -> None:
    begun = time.process_time()
    answer = await roomy.post("/synthesize", content=body[: 2**24], headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert time.process_time() - begun < 1.0


async def test_a_long_text_with_commas_is_no_such_body(roomy: httpx.AsyncClient) -> None:
    body = json.dumps({"text": "one, " * 20_000}).encode()
    answer = await roomy.post("/synthesize", content=body, headers=JSON)
    assert answer.json()["error"]["code"] == "invalid_text"  # it is too long to be spoken


async def test_only_so_many_bytes_are_held(roomy: httpx.AsyncClient) -> None:
    """While one body of 12 MB arrives, another of 12 MB is refused, and a small one is not."""
    go_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"text":"' + b"a" * 12_000_000
        await go_on.wait()
        yield b'"}'

    first = asyncio.create_task(roomy.post("/synthesize", content=slowly(), headers=JSON))
    await asyncio.sleep(0.2)
    large = b'{"text":"' + b"a" * 12_000_000 + b'"}'
    second = await roomy.post("/synthesize", content=large, headers=JSON)
    assert (second.status_code, second.json()["error"]["code"]) == (503, "at_capacity")
    small = await roomy.post("/synthesize", json={"text": "Yes."})
    assert small.status_code == 200
    go_on.set()
    assert (await first).status_code == 422
    again = await roomy.post("/synthesize", content=large, headers=JSON)
    assert again.status_code == 422
