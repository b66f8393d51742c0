"""The official OpenAI package as the client: what it asks for it gets, and what goes wrong it
understands.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
import soundfile
from fastapi import FastAPI

from service.app import create_app
from service.compatible.openai_routes import OPENAI_VOICES, SpeechRequest
from service.encoding import make_encoder
from service.settings import ServiceSettings
from vocoder.audio.pcm import to_bytes
from vocoder.errors import ConfigError
from vocoder.synthesis.timeline import Timeline
from vocoder.synthesis.voice import Voice

TEXT = "Good day to you all."


@pytest.fixture
async def official(app: FastAPI) -> AsyncIterator[openai.AsyncOpenAI]:
    transport = httpx.AsyncClient(transport=httpx.ASGITransport(app=app))
    async with openai.AsyncOpenAI(
        base_url="http://sonant/v1", api_key="none", http_client=transport, max_retries=0
    ) as client:
        yield client


async def test_wav_is_the_voice(official: openai.AsyncOpenAI, voice: Voice) -> None:
    answer = await official.audio.speech.create(
        model="tts-1", voice="tiny", input=TEXT, response_format="wav", extra_body={"seed": 7}
    )
    samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    assert rate == voice.sample_rate
    assert to_bytes(samples) == to_bytes(voice.synthesize(TEXT, seed=7))


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
async def test_every_format_streamed(
    official: openai.AsyncOpenAI, voice: Voice, audio_format: Any
) -> None:
    request = official.audio.speech.with_streaming_response.create(
        model="sonant",
        voice="tiny",
        input=TEXT,
        response_format=audio_format,
        speed=2.0,
        extra_body={"seed": 7},
    )
    async with request as answer:
        received = b"".join([piece async for piece in answer.iter_bytes()])
    samples = voice.synthesize(TEXT, seed=7, length_scale=0.5)
    encoder = make_encoder(
        audio_format,
        num_samples=len(samples),
        source_rate=voice.sample_rate,
        rate=24_000 if audio_format == "pcm" else None,
    )
    assert received == encoder.head() + encoder.encode(to_bytes(samples)) + encoder.finish()


async def test_mp3_where_nothing_is_said(official: openai.AsyncOpenAI) -> None:
    answer = await official.audio.speech.create(model="sonant", voice="tiny", input=TEXT)
    assert answer.response.headers["content-type"] == "audio/mpeg"


async def test_events(official: openai.AsyncOpenAI, voice: Voice) -> None:
    request = official.audio.speech.with_streaming_response.create(
        model="sonant",
        voice="tiny",
        input=TEXT,
        response_format="wav",
        stream_format="sse",
        extra_body={"seed": 7},
    )
    async with request as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in answer.iter_lines() if line]
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert events[-1]["type"] == "speech.audio.done"
    audio = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
    assert audio[44:] == to_bytes(voice.synthesize(TEXT, seed=7))


@pytest.mark.parametrize("audio_format", ["wav", "pcm", "mp3"])
async def test_events_tell_when_words_are_heard(
    official: openai.AsyncOpenAI, voice: Voice, audio_format: Any
) -> None:
    request = official.audio.speech.with_streaming_response.create(
        model="sonant",
        voice="tiny",
        input=TEXT,
        response_format=audio_format,
        stream_format="sse",
        extra_body={"seed": 7, "timestamps": True},
    )
    async with request as answer:
        rate = int(answer.headers["x-sample-rate"])
        events = [
            json.loads(line.removeprefix("data: ")) async for line in answer.iter_lines() if line
        ]
    told = [event["timestamp"] for event in events if event["type"] == "speech.timestamp"]
    assert told == [event for _, event in Timeline.of(voice.plan(TEXT)).at(rate).events()]
    if audio_format == "mp3":
        return  # its bytes have no samples to be counted
    heard = -44 if audio_format == "wav" else 0
    for event in events:
        if event["type"] == "speech.audio.delta":
            heard += len(base64.b64decode(event["audio"]))
        elif event["type"] == "speech.timestamp":
            assert 2 * event["timestamp"]["start_sample"] >= heard


async def test_models_and_voices(official: openai.AsyncOpenAI, client: httpx.AsyncClient) -> None:
    assert [model.id async for model in official.models.list()] == ["sonant"]
    assert (await client.get("/v1/audio/voices")).json() == {"voices": ["tiny"]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": "gpt-5"}, "model"),
        ({"voice": "anna"}, "voice"),
        ({"input": ""}, "input"),
        ({"input": "a" * 301}, "input"),
        ({"speed": 5.0}, "speed"),
        ({"response_format": "wma"}, "response_format"),
        ({"extra_body": {"timestamps": True}}, "timestamps"),
        ({"instructions": "Whisper."}, "instructions"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named(
    official: openai.AsyncOpenAI, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        await official.audio.speech.create(
            **{"model": "sonant", "voice": "tiny", "input": TEXT, **changes}
        )
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["field"] == field
    assert refused.value.param == field
    assert refused.value.type == "invalid_request_error"


@pytest.mark.parametrize("name", OPENAI_VOICES)
async def test_their_voice_names_speak(
    official: openai.AsyncOpenAI, voice: Voice, name: str
) -> None:
    answer = await official.audio.speech.create(
        model="gpt-4o-mini-tts",
        voice=name,
        input=TEXT,
        response_format="wav",
        instructions="",
        extra_body={"seed": 7, "consent": "theirs"},
    )
    assert answer.content[44:] == to_bytes(voice.synthesize(TEXT, seed=7))


def test_a_name_may_stand_for_a_voice() -> None:
    settings = ServiceSettings(openai_voices=("nova=anna", "ash=bert"))
    wanted = SpeechRequest(model="tts-1", input=TEXT, voice="nova")
    named = wanted.response_spec(["default", "anna", "bert"], settings.openai_voice_map)
    assert named.order.voice == "anna"
    own = wanted.response_spec(["default", "nova"], settings.openai_voice_map)
    assert own.order.voice == "nova"
    with pytest.raises(ConfigError, match="nova=kathleen"):
        ServiceSettings(openai_voices=("nova",))


def test_a_voice_that_is_not_loaded_is_refused_at_the_start(
    settings: ServiceSettings, worker: Any
) -> None:
    with pytest.raises(ConfigError, match="nova is to be spoken by 'anna'"):
        create_app(dataclasses.replace(settings, openai_voices=("nova=anna",)), worker=worker)


async def test_one_model(official: openai.AsyncOpenAI) -> None:
    assert (await official.models.retrieve("tts-1-hd")).id == "tts-1-hd"
    with pytest.raises(openai.NotFoundError) as refused:
        await official.models.retrieve("gpt-5")
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


async def test_voice_as_an_object(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/v1/audio/speech", json={"model": "sonant", "voice": {"id": "tiny"}, "input": TEXT}
    )
    assert answer.status_code == 200


async def test_no_room_is_told_with_a_time(official: openai.AsyncOpenAI, worker: Any) -> None:
    worker.refuse_new()
    with pytest.raises(openai.InternalServerError) as refused:
        await official.audio.speech.create(model="sonant", voice="tiny", input=TEXT)
    assert refused.value.status_code == 503
    assert refused.value.type == "server_error"
    assert refused.value.response.headers["retry-after"] == "1"
