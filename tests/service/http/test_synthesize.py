"""What arrives is what the voice says: for one, for several at once, streamed or whole."""

from __future__ import annotations

import asyncio
import io
import json
import wave

import httpx
import pytest

from service.http.speech_responder import skipped_header
from service.protocol.speech_order import SkippedText
from tests.service.gated_engine import GatedEngine
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

HEADER_BYTES = 44


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("audio_format", ["wav", "pcm"])
async def test_bytes_are_those_of_the_voice(
    client: httpx.AsyncClient, voice: Voice, audio_format: str, stream: bool
) -> None:
    expected = to_bytes(voice.synthesize("Good day.", seed=7))
    answer = await client.post(
        "/synthesize",
        json={"text": "Good day.", "seed": 7, "format": audio_format, "stream": stream},
    )
    assert answer.status_code == 200
    assert answer.content[HEADER_BYTES if audio_format == "wav" else 0 :] == expected
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"] == f"audio/{audio_format}"
    assert answer.headers["x-seed"] == "7"
    assert answer.headers["x-sample-rate"] == str(voice.sample_rate)


async def test_the_header_is_exact(client: httpx.AsyncClient, voice: Voice) -> None:
    answer = await client.post("/synthesize", json={"text": "One, two.", "seed": 1})
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (
            1,
            2,
            voice.sample_rate,
        )
        assert file.getnframes() == voice.plan("One, two.").num_samples
        assert len(file.readframes(file.getnframes())) == len(answer.content) - HEADER_BYTES
    assert int.from_bytes(answer.content[4:8], "little") == len(answer.content) - 8


async def test_company_is_invisible(
    client: httpx.AsyncClient, engine: GatedEngine, voice: Voice
) -> None:
    orders = [
        ("Good day.", 1, "anna"),
        ("Yes. No.", 2, "otto"),
        ("Good day.", 3, "otto"),
        ("Well, well.", 4, "anna"),
    ]
    bodies = [
        {"text": text, "seed": seed, "speaker": speaker, "format": "pcm"}
        for text, seed, speaker in orders
    ]
    engine.gate()
    calls = [asyncio.create_task(client.post("/synthesize", json=body)) for body in bodies]
    while len(engine.batches) < 3:
        engine.allow(1)
        await asyncio.sleep(0.02)
    engine.open()
    answers = await asyncio.gather(*calls)
    assert any(len(seeds) > 1 for seeds in engine.batches), (
        "no two streams shared a call: nothing was tested"
    )
    for (text, seed, speaker), answer in zip(orders, answers, strict=True):
        assert answer.content == to_bytes(voice.synthesize(text, seed=seed, speaker=speaker))


async def test_settings_reach_the_voice(client: httpx.AsyncClient, voice: Voice) -> None:
    body = {
        "text": "Yes.",
        "seed": 5,
        "format": "pcm",
        "voice": "tiny",
        "speaker": 1,
        "temperature": 0,
    }
    slow = to_bytes(voice.synthesize("Yes.", seed=5, speaker=1, length_scale=2.0, temperature=0.0))
    assert (await client.post("/synthesize", json=body | {"length_scale": 2})).content == slow
    assert (await client.post("/synthesize", json=body | {"speed": 0.5})).content == slow
    high = to_bytes(
        voice.synthesize("Yes.", seed=5, speaker=1, pitch=3.0, volume=0.5, temperature=0.0)
    )
    assert (
        await client.post("/synthesize", json=body | {"pitch": 3, "volume": 0.5})
    ).content == high


async def test_a_seed_that_is_drawn_is_told(client: httpx.AsyncClient) -> None:
    first, second = [await client.post("/synthesize", json={"text": "Yes."}) for _ in range(2)]
    assert first.headers["x-seed"] != second.headers["x-seed"]
    again = await client.post(
        "/synthesize", json={"text": "Yes.", "seed": int(first.headers["x-seed"])}
    )
    assert again.content == first.content != second.content


async def test_what_cannot_be_spoken_is_told(client: httpx.AsyncClient, voice: Voice) -> None:
    text = "Good \U0001d11e day. \u4f60\u597d"
    answer = await client.post("/synthesize", json={"text": text, "seed": 1})
    told = json.loads(answer.headers["x-skipped"])
    assert [(one["text"], one["start"], one["reason"]) for one in told] == [
        (one.text, one.start, one.reason) for one in voice.plan(text).skipped
    ]
    assert len(told) >= 2
    assert "x-skipped" not in (await client.post("/synthesize", json={"text": "Good day."})).headers


def test_a_long_list_of_what_was_skipped_fits_in_a_header() -> None:
    skipped = [
        SkippedText(
            text="\u4f60" * 30, start=index, reason="is of a script that this voice does not read"
        )
        for index in range(100)
    ]
    header = skipped_header(skipped)
    assert len(header) < 4096
    assert header.isascii()
    *pieces, rest = json.loads(header)
    assert len(pieces) + rest["more"] == 100
    assert pieces[3]["start"] == 3
