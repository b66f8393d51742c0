"""Formats and rates over HTTP: the encoder's bytes of the voice's samples."""

from __future__ import annotations

import io

import httpx
import numpy as np
import pytest
import soundfile

from service.encoding import AudioFormat, make_encoder
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

TEXT = "Good day to you all."
MEDIA_TYPES = {
    "wav": "audio/wav", "pcm": "audio/pcm", "mulaw": "audio/basic", "flac": "audio/flac",
    "mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac",
}  # fmt: skip


def expected(voice: Voice, audio_format: AudioFormat, rate: int | None = None) -> bytes:
    samples = voice.synthesize(TEXT, seed=7)
    encoder = make_encoder(
        audio_format, num_samples=len(samples), source_rate=voice.sample_rate, rate=rate
    )
    return encoder.head() + encoder.encode(to_bytes(samples)) + encoder.finish()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("audio_format", MEDIA_TYPES)
async def test_every_format(
    client: httpx.AsyncClient, voice: Voice, audio_format: AudioFormat, stream: bool
) -> None:
    answer = await client.post(
        "/synthesize", json={"text": TEXT, "seed": 7, "format": audio_format, "stream": stream}
    )
    assert answer.status_code == 200
    assert answer.content == expected(voice, audio_format)
    assert answer.headers["content-type"] == MEDIA_TYPES[audio_format]
    has_length = not stream or audio_format in {"wav", "pcm", "mulaw"}
    assert answer.headers.get("content-length") == (
        str(len(answer.content)) if has_length else None
    )


async def test_another_rate(client: httpx.AsyncClient, voice: Voice) -> None:
    answer = await client.post("/synthesize", json={"text": TEXT, "seed": 7, "sample_rate": 22_050})
    assert answer.content == expected(voice, "wav", 22_050)
    assert answer.headers["x-sample-rate"] == "22050"
    assert int(answer.headers["content-length"]) == len(answer.content)
    samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    source = voice.synthesize(TEXT, seed=7)
    assert rate == 22_050
    assert len(samples) == int(np.ceil(len(source) * 22_050 / voice.sample_rate))
