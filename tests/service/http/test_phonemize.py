"""How a text is read, over HTTP; and what becomes of a question whose worker dies, whose asker
leaves, or for which there is no room.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.frontend.client_limits import Client
from service.frontend.supervisor import Supervisor
from service.protocol.queries import PhonemesQuery, PhonemizedText
from service.protocol.speech_order import SpeechOrder
from service.settings import ServiceSettings
from tests.service.local_link import LocalLink
from vocoder.audio.pcm import to_bytes
from vocoder.errors import CapacityError, EngineError
from vocoder.synthesis.voice import Voice
from vocoder.text import analyse

TEXT = " It costs $5, \u4f60\u597d yes? \U0001d11e Go!"
ANNA = Client(address="10.0.0.1")
WANTED = PhonemesQuery(text="Yes.")


async def test_a_text_is_told_as_it_is_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/phonemize", json={"text": TEXT})
    assert answer.status_code == 200
    told, analysis = answer.json(), analyse(TEXT)
    assert (told["voice"], told["language"]) == ("tiny", "en-us")
    assert [(one["text"], one["start"], one["reason"]) for one in told["skipped"]] == [
        (one.text, one.start, one.reason) for one in analysis.skipped
    ]
    assert len(told["sentences"]) == len(analysis.sentences) == 2
    for sentence, expected in zip(told["sentences"], analysis.sentences, strict=True):
        assert (sentence["text"], TEXT[sentence["start"] : sentence["end"]]) == (
            expected.text,
            expected.text,
        )
        assert sentence["phonemes"] == list(expected.features.phonemes)
        assert [word["text"] for word in sentence["words"]] == list(expected.words)
        assert [one for word in sentence["words"] for one in word["phonemes"]] == [
            one for one in expected.features.phonemes if one != "sil"
        ]
    five, dollars, foreign = told["sentences"][0]["words"][2:5]
    assert (five["phonemes"], TEXT[five["start"] : five["end"]]) == (["f", "a\u026a", "v"], "$5")
    assert (dollars["start"], dollars["end"]) == (five["start"], five["end"])
    assert (foreign["text"], foreign["phonemes"]) == ("\u4f60\u597d", [])


async def test_a_text_is_told_by_the_rules_that_read_it(client: httpx.AsyncClient) -> None:
    told = (
        await client.post(
            "/phonemize", json={"text": "Lucas read $5 bills.", "lexicon": {"bills": "b\u026alz"}}
        )
    ).json()
    words = {word["text"]: (word["rule"], word["told"]) for word in told["sentences"][0]["words"]}
    assert words == {
        "lucas": ("word", "exception"),
        "read": ("word", "homograph: past"),
        "five": ("money", ""),
        "dollars": ("money", ""),
        "bills": ("lexicon", "lexicon"),
    }


async def test_nothing_to_speak_is_an_answer(client: httpx.AsyncClient) -> None:
    told = (await client.post("/phonemize", json={"text": "\u2603\0"})).json()
    assert told["sentences"] == []
    assert told["skipped"]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "missing_field", "text"),
        ({"text": " "}, "invalid_text", "text"),
        ({"text": "a" * 301}, "invalid_text", "text"),
        ({"text": 3}, "wrong_type", "text"),
        ({"text": "Yes.", "voice": "nobody"}, "invalid_value", "voice"),
        ({"text": "Yes.", "seed": 3}, "unknown_field", "seed"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, body: dict[str, Any], code: str, field: str
) -> None:
    answer = await client.post("/phonemize", json=body)
    assert (
        answer.status_code,
        answer.json()["error"]["code"],
        answer.json()["error"]["field"],
    ) == (422, code, field)


async def asked(worker: Supervisor, link: LocalLink) -> asyncio.Task[Any]:
    """A question that its worker will not answer by itself, asked."""
    link.worker._query_handler._executor.add(lambda: time.sleep(0.2))
    task = asyncio.create_task(worker.ask(WANTED, ANNA))
    await asyncio.sleep(0)
    return task


async def test_the_next_worker_answers_what_one_that_died_has_not(
    worker: Supervisor, links: list[LocalLink]
) -> None:
    task = await asked(worker, links[0])
    links[0].die()
    async with asyncio.timeout(10):
        reading = await task
    assert isinstance(reading, PhonemizedText)
    assert reading.sentences[0].text == "Yes."
    assert len(links) == 2
    assert links[0].heard == [
        message for message in links[0].heard if type(message).__name__ != "Answered"
    ]


async def test_a_question_that_kills_its_workers_is_given_up(
    worker: Supervisor, links: list[LocalLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "service.worker.query_handler.QueryHandler._phonemize", lambda *_: links[-1].die()
    )
    with pytest.raises(EngineError, match="again and again"):
        async with asyncio.timeout(10):
            await worker.ask(WANTED, ANNA)
    assert len(links) >= 3


async def test_no_stream_waits_for_a_question(
    worker: Supervisor, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    monkeypatch.setattr(
        "service.worker.query_handler.QueryHandler._phonemize", lambda *_: held.wait(20) or None
    )
    task = asyncio.create_task(worker.ask(WANTED, ANNA))
    await asyncio.sleep(0)
    stream = await worker.open(SpeechOrder(text="Yes.", seed=1), ANNA)
    heard = b""
    while piece := await stream.read():
        heard += piece
    stream.close()
    assert heard == to_bytes(voice.synthesize("Yes.", seed=1))
    assert not task.done()
    held.set()
    await task


async def test_whoever_leaves_is_forgotten(worker: Supervisor, links: list[LocalLink]) -> None:
    task = await asked(worker, links[0])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert links[0].worker._state.open_queries == set()
    assert isinstance(await worker.ask(WANTED, ANNA), PhonemizedText)


async def test_only_so_many_are_asked_at_once(
    settings: ServiceSettings,
    make_worker: Callable[[ServiceSettings], Supervisor],
    links: list[LocalLink],
) -> None:
    worker = make_worker(dataclasses.replace(settings, question_limit=1))
    task = await asked(worker, links[0])
    with pytest.raises(CapacityError, match="1 questions are open"):
        await worker.ask(WANTED, Client(address="10.0.0.2"))
    await task
    assert isinstance(await worker.ask(WANTED, ANNA), PhonemizedText)


async def test_a_service_that_stops_refuses(
    settings: ServiceSettings, worker: Supervisor, links: list[LocalLink]
) -> None:
    task = await asked(worker, links[0])
    worker.fail_open_streams()
    with pytest.raises(CapacityError):
        await task
    worker.refuse_new()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(settings, worker=worker)),
        base_url="http://sonant",
    ) as client:
        answer = await client.post("/phonemize", json={"text": "Yes."})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "at_capacity")
