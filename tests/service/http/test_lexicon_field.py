"""The lexicon of a request: what is heard of it, and what is said of one that is wrong."""

from __future__ import annotations

import dataclasses
import json

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings
from tests.service.http.test_stored_lexicons import SPEAK, WORDS, failure, sound
from vocoder.synthesis.voice import Voice


async def test_a_request_is_spoken_with_its_lexicon(
    client: httpx.AsyncClient, voice: Voice
) -> None:
    assert sound(voice) != sound(voice, lexicon=None)
    answer = await client.post("/synthesize", json=SPEAK | {"lexicon": WORDS})
    assert answer.content == sound(voice)
    plain = await client.post("/synthesize", json=SPEAK)
    assert plain.content == sound(voice, lexicon=None)
    assert plain.headers["etag"] != answer.headers["etag"]
    again = await client.get(answer.headers["content-location"], headers={"Range": "bytes=1000-"})
    assert again.status_code == 206
    assert again.content == answer.content[1000:]


async def test_only_what_the_text_asks_for_counts_in_the_tag(client: httpx.AsyncClient) -> None:
    tags = [
        (
            await client.post("/synthesize", json=SPEAK | {"text": "A cat.", "lexicon": lexicon})
        ).headers["etag"]
        for lexicon in (
            WORDS,
            {"cat": {"alias": "dog"}},
            {"cat": {"alias": "cow"}},
            {},
            None,
            {"horse": "ə"},
        )
    ]
    assert tags[0] == tags[1]
    assert tags[3] == tags[4] == tags[5]
    assert len(set(tags)) == 3


async def test_all_routes_that_read_a_text_take_a_lexicon(
    client: httpx.AsyncClient, voice: Voice
) -> None:
    reading = (
        await client.post("/phonemize", json={"text": "A cat of SQL.", "lexicon": WORDS})
    ).json()
    assert [(word["text"], word["start"],
        word["end"]) for word in reading["sentences"][0]["words"]] == [
        ("a", 0, 1), ("dog", 2, 5), ("of", 6, 8), ("sql", 9, 12),
    ]  # fmt: skip
    assert reading["sentences"][0]["words"][3]["phonemes"] == ["s", "iː", "k", "w", "ə", "l"]
    body = {
        "model": "sonant",
        "voice": "tiny",
        "input": SPEAK["text"],
        "seed": 7,
        "response_format": "wav",
    }
    answer = await client.post("/v1/audio/speech", json=body | {"lexicon": WORDS})
    assert answer.content[44:] == sound(voice)
    subtitles = await client.post(
        "/synthesize", json={"text": "A cat.", "timestamps": "vtt", "lexicon": WORDS}
    )
    dog = await client.post("/synthesize", json={"text": "A dog.", "timestamps": "vtt"})
    assert subtitles.text.replace("cat", "dog") == dog.text


@pytest.mark.parametrize(
    "lexicon, code, why",
    [
        (
            {"Xhosa": "ǁɔːsa"},
            "invalid_value",
            "lexicon: the lexicon's IPA of 'Xhosa' has 'ǁ', which the voice has no phoneme for",
        ),
        ({"a": {"b": "c"}}, "invalid_value", "for 'a'"),
        ({"a": None}, "invalid_value", "for 'a'"),
        ({"\ud800": "ə"}, "invalid_value", "is not one word"),
        ({"a" * 10_000: "ə"}, "body_too_large", ""),
        (
            {f"a{n}": "ə" for n in range(1_001)},
            "invalid_value",
            "1001 entries, and the limit is 1000",
        ),
        (["SQL"], "wrong_type", "must be an object"),
        ("SQL", "wrong_type", "must be an object"),
    ],
)
@pytest.mark.parametrize("path", ["/synthesize", "/phonemize", "/v1/audio/speech"])
async def test_what_is_wrong_with_a_lexicon_is_named(
    settings: ServiceSettings, worker: Supervisor, path: str, lexicon: object, code: str, why: str
) -> None:
    app = create_app(
        dataclasses.replace(settings, body_limit=4_000 if code == "body_too_large" else 100_000),
        worker=worker,
    )
    text = (
        {"model": "sonant", "voice": "tiny", "input": "A."}
        if path.startswith("/v1")
        else {"text": "A."}
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        answer = await client.post(
            path,
            content=json.dumps(text | {"lexicon": lexicon}),
            headers={"Content-Type": "application/json"},
        )
    expected = (413, code, "body") if code == "body_too_large" else (422, code, "lexicon")
    assert failure(answer) == expected
    assert why in answer.json()["error"]["message"]


async def test_aliases_count_against_the_limit_of_a_text(client: httpx.AsyncClient) -> None:
    lexicon = {"a": {"alias": "b" * 150}}
    for path in ("/synthesize", "/phonemize"):
        answer = await client.post(path, json={"text": "a a", "lexicon": lexicon})
        assert failure(answer) == (422, "invalid_text", "text")
        assert "has 303 characters with the aliases" in answer.json()["error"]["message"]
