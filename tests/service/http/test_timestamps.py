"""Times over HTTP: each ahead of its sound, exact, and the sound is that of the plain answer."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from service.encoding import make_timed_encoder
from service.encoding.plain import PcmEncoder
from service.encoding.resampling_encoder import ResamplingEncoder
from tests.service.asgi_call import AsgiCall
from tests.service.gated_engine import GatedEngine
from vocoder.audio.pcm import to_bytes
from vocoder.audio.resample import resampled_length
from vocoder.synthesis.subtitles import subrip, webvtt
from vocoder.synthesis.timeline import TimedSentence, Timeline
from vocoder.synthesis.voice import Voice

TEXT = "Good day to you, \U0001d11e my friend. How are you?"
ORDER = {"text": TEXT, "seed": 7, "timestamps": True}


def lines_of(body: bytes) -> list[dict[str, Any]]:
    assert body.endswith(b"\n")
    return [json.loads(line) for line in body.decode().splitlines()]


def sound_of(lines: list[dict[str, Any]]) -> bytes:
    return b"".join(base64.b64decode(line["data"]) for line in lines if line["type"] == "audio")


@pytest.mark.parametrize("rate", [None, 8_000, 11_025, 24_000])
async def test_the_sound_is_that_of_the_plain_answer(
    client: httpx.AsyncClient, voice: Voice, rate: int | None
) -> None:
    answer = await client.post("/synthesize", json=ORDER | {"sample_rate": rate})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = lines_of(answer.content)
    plain = await client.post(
        "/synthesize", json={"text": TEXT, "seed": 7, "format": "pcm", "sample_rate": rate}
    )
    assert sound_of(lines) == plain.content
    start, end = lines[0], lines[-1]
    assert start == {
        "type": "start", "voice": "tiny", "release": "0.0.1", "seed": 7,
        "sample_rate": rate or voice.sample_rate, "num_samples": len(plain.content) // 2,
        "format": "pcm", "skipped": json.loads(plain.headers["x-skipped"]),
    }  # fmt: skip
    assert end == {"type": "end", "num_samples": start["num_samples"]}


@pytest.mark.parametrize("rate", [None, 24_000])
async def test_everything_is_told_once_and_ahead_of_its_sound(
    client: httpx.AsyncClient, voice: Voice, rate: int | None
) -> None:
    lines = lines_of((await client.post("/synthesize", json=ORDER | {"sample_rate": rate})).content)
    timeline = Timeline.of(voice.plan(TEXT)).at(rate or voice.sample_rate)
    assert [line for line in lines[1:-1] if line["type"] != "audio"] == [
        event for _, event in timeline.events()
    ]
    heard = 0
    for line in lines[1:-1]:
        if line["type"] == "audio":
            assert line["start_sample"] == heard
            heard += len(base64.b64decode(line["data"])) // 2
        else:
            assert line["start_sample"] >= heard
    assert heard == lines[0]["num_samples"]


async def test_streamed_whole_and_in_any_pieces_it_is_the_same(
    client: httpx.AsyncClient, voice: Voice
) -> None:
    streamed = await client.post("/synthesize", json=ORDER)
    whole = await client.post("/synthesize", json=ORDER | {"stream": False})
    assert streamed.content == whole.content
    assert int(whole.headers["content-length"]) == len(whole.content)
    pcm = to_bytes(voice.synthesize(TEXT, seed=7))
    for size in (2, 998, 100_000):
        timeline, known = Timeline.of(voice.plan(TEXT)), []
        untold = list(timeline.sentences)
        encoder = make_timed_encoder(
            lambda known=known: taken(known),
            {},
            num_samples=timeline.num_samples,
            source_rate=timeline.sample_rate,
        )
        encoder.head()
        pieces = []
        for at in range(0, len(pcm), size):
            while untold and 2 * untold[0].start_sample < at + size:
                known.append(untold.pop(0))
            pieces.append(encoder.encode(pcm[at : at + size]))
        assert b"".join(pieces) + encoder.finish() == streamed.content.partition(b"\n")[2]


def taken(known: list[TimedSentence]) -> list[TimedSentence]:
    """What is in a list, once."""
    sentences = known[:]
    known.clear()
    return sentences


async def test_it_leaves_as_it_is_made(app: FastAPI, engine: GatedEngine, voice: Voice) -> None:
    engine.gate()
    call = AsgiCall(app, ORDER)
    while b'"audio"' not in call.body:
        engine.allow(1)
        await asyncio.sleep(0.02)
    begun = lines_of(bytes(call.body))
    assert [line["type"] for line in begun[:3]] == ["start", "sentence", "phoneme"]
    assert 0 < len(sound_of(begun)) < 2 * voice.plan(TEXT).num_samples
    engine.open()
    assert lines_of(await call.finished())[-1]["type"] == "end"


async def test_it_can_be_had_again(client: httpx.AsyncClient) -> None:
    answer = await client.post("/synthesize", json=ORDER)
    again = await client.get(answer.headers["content-location"], headers={"range": "bytes=10-"})
    assert (again.status_code, again.content) == (200, answer.content)
    assert (again.headers["etag"], again.headers["content-type"]) == (
        answer.headers["etag"],
        "application/x-ndjson",
    )
    assert answer.headers["accept-ranges"] == "none"
    plain = await client.post("/synthesize", json=ORDER | {"timestamps": False, "format": "pcm"})
    assert plain.headers["etag"] != answer.headers["etag"]


async def test_only_with_pcm(client: httpx.AsyncClient) -> None:
    assert (await client.post("/synthesize", json=ORDER | {"format": "pcm"})).status_code == 200
    for audio_format in ("wav", "mp3"):
        answer = await client.post("/synthesize", json=ORDER | {"format": audio_format})
        assert (
            answer.status_code,
            answer.json()["error"]["code"],
            answer.json()["error"]["field"],
        ) == (422, "conflicting_fields", "format")


@pytest.mark.parametrize("rate", [11_025, 24_000, 48_000])
def test_resampled_sound_is_heard_when_its_times_say(rate: int) -> None:
    """A click at a sample is loudest at the sample that the conversion of times gives, or beside it
    where it falls between two.
    """
    source_rate, num_samples = 16_000, 4_000
    for place in (400, 1_777, 3_201):
        samples = np.zeros(num_samples, np.int16)
        samples[place] = 20_000
        encoder = ResamplingEncoder(PcmEncoder(), source_rate=source_rate, rate=rate)
        made = np.frombuffer(encoder.encode(to_bytes(samples)) + encoder.finish(), "<i2")
        assert len(made) == resampled_length(num_samples, source_rate, rate)
        assert (
            abs(
                int(np.argmax(np.abs(made.astype(np.int64))))
                - resampled_length(place, source_rate, rate)
            )
            <= 1
        )


@pytest.mark.parametrize(
    ("form", "media_type", "written"),
    [("vtt", "text/vtt", webvtt), ("srt", "application/x-subrip", subrip)],
)
async def test_subtitles_in_place_of_sound(
    client: httpx.AsyncClient,
    engine: GatedEngine,
    voice: Voice,
    form: str,
    media_type: str,
    written: Callable[[Iterable[TimedSentence], int], Iterator[str]],
) -> None:
    timeline = Timeline.of(voice.plan(TEXT, voice.settings(length_scale=2.0)))
    expected = "".join(written(timeline.sentences, timeline.sample_rate))
    order = {"text": TEXT, "length_scale": 2.0, "format": "mp3"}
    for answer in (
        await client.post("/synthesize", json=order | {"timestamps": form}),
        await client.post(
            "/synthesize", json=order, headers={"accept": f"{media_type.upper()};q=0.9, */*"}
        ),
    ):
        assert (answer.status_code, answer.text) == (200, expected)
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
    sound = await client.post(
        "/synthesize",
        json=order | {"timestamps": False, "format": "wav"},
        headers={"accept": media_type},
    )
    assert sound.headers["content-type"] == "audio/wav"  # what is asked for by name counts
    spoken = dict(engine.made)
    await client.post("/synthesize", json={"text": TEXT, "seed": 11, "timestamps": form})
    assert engine.made == spoken


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"text": " "}, "invalid_text", "text"),
        ({"text": "\u2603"}, "invalid_text", "text"),
        ({"text": "a" * 301}, "invalid_text", "text"),
        ({"voice": "nobody"}, "invalid_value", "voice"),
        ({"speaker": "nobody"}, "invalid_value", "speaker"),
        ({"speed": 5.0}, "invalid_value", "speed"),
        ({"sample_rate": 1}, "invalid_value", "sample_rate"),
        ({"timestamps": "ass"}, "invalid_value", "timestamps"),
        ({"timestamps": 1}, "invalid_value", "timestamps"),
    ],
    ids=str,
)
async def test_what_is_wrong_with_subtitles_is_named(
    client: httpx.AsyncClient, changes: dict[str, Any], code: str, field: str
) -> None:
    answer = await client.post("/synthesize", json={"text": "Yes.", "timestamps": "vtt", **changes})
    assert (
        answer.status_code,
        answer.json()["error"]["code"],
        answer.json()["error"]["field"],
    ) == (422, code, field)
