"""With an engine that works by itself two turns are on their way at once, and nobody hears a
difference.
"""

from __future__ import annotations

import asyncio

import httpx
import numpy as np
import pytest

import service.worker.worker
from tests.service.overlapping_engine import PATIENCE, Held, OverlappingEngine
from vocoder.synthesis.voice import Voice

TEXTS = {seed: f"One, two, {'three, ' * (6 * seed)}four." for seed in range(1, 6)}


@pytest.fixture
def engine(voice: Voice, monkeypatch: pytest.MonkeyPatch) -> OverlappingEngine:
    engine = OverlappingEngine(voice.engine)
    monkeypatch.setattr(
        service.worker.worker, "load_voice", lambda *_, **__: Voice(pack=voice.pack, engine=engine)
    )
    return engine


async def spoken(client: httpx.AsyncClient) -> dict[int, httpx.Response]:
    asked = [
        client.post("/synthesize", json={"text": text, "seed": seed, "format": "pcm"})
        for seed, text in TEXTS.items()
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return {
        seed: answer
        for seed, answer in zip(TEXTS, answers, strict=True)
        if isinstance(answer, httpx.Response)
    }


def expected(voice: Voice, seed: int) -> bytes:
    return np.asarray(voice.synthesize(TEXTS[seed], seed=seed)).tobytes()


async def test_two_turns_are_on_their_way_and_every_byte_is_right(
    client: httpx.AsyncClient, engine: OverlappingEngine, voice: Voice
) -> None:
    made = await spoken(client)
    assert {
        seed: answer.content == expected(voice, seed) for seed, answer in made.items()
    } == dict.fromkeys(TEXTS, True)
    assert engine.most_on_their_way == 2
    assert engine.on_their_way == []
    assert any(len(company) > 1 for company in engine.batches), "streams of one turn share a call"


async def test_what_is_there_first_is_sent_first(
    client: httpx.AsyncClient, engine: OverlappingEngine, voice: Voice
) -> None:
    """A stream does not wait for the turn of another that takes long, though that was begun before
    its own.
    """
    held = engine.held[1] = Held()
    long = asyncio.create_task(
        client.post("/synthesize", json={"text": TEXTS[1], "seed": 1, "format": "pcm"})
    )
    assert await asyncio.to_thread(held.begun.wait, PATIENCE)
    async with asyncio.timeout(PATIENCE / 2):
        other = await client.post(
            "/synthesize", json={"text": TEXTS[2], "seed": 2, "format": "pcm"}
        )
    assert other.content == expected(voice, 2)
    assert frozenset({1}) in engine.on_their_way
    held.released.set()
    assert (await long).content == expected(voice, 1)


@pytest.mark.parametrize("when", ["begun", "finished"])
async def test_a_turn_that_fails_ends_its_streams_and_no_other(
    client: httpx.AsyncClient, engine: OverlappingEngine, voice: Voice, when: str
) -> None:
    (engine.refusing if when == "begun" else engine.failing).add(3)
    failed = client.post(
        "/synthesize", json={"text": TEXTS[3], "seed": 3, "format": "pcm", "stream": False}
    )
    assert (await failed).status_code == 500
    (engine.refusing if when == "begun" else engine.failing).clear()
    made = await spoken(client)
    assert {
        seed: answer.content == expected(voice, seed) for seed, answer in made.items()
    } == dict.fromkeys(TEXTS, True)
    assert engine.on_their_way == []
