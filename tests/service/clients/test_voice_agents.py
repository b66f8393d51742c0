"""Frameworks for voice agents that speak through OpenAI's API, unmodified, from their packages.

They live in an environment of their own: they bring a hundred packages, some in other versions.
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path

import pytest

from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings
from tests.service.listening import listening
from vocoder.synthesis.voice import Voice

PACKAGES = ("pipecat-ai==1.14.0", "livekit-plugins-openai==1.8.9", "openai>=3")
TEXT = "Good day to you all."
# Each with its own default voice, alloy and ash; both ask for 16-bit samples at 24 kHz.
SCRIPT = """
import asyncio, json, sys
from livekit.plugins import openai
from pipecat.frames.frames import ErrorFrame, TTSAudioRawFrame
from pipecat.services.openai.tts import OpenAITTSService

address, text = sys.argv[1:]

async def of_pipecat():
    service = OpenAITTSService(api_key="none", base_url=address, sample_rate=24_000)
    service._sample_rate = 24_000  # the start of a pipeline would set it
    received = 0
    async for frame in service.run_tts(text, "context"):
        assert not isinstance(frame, ErrorFrame), frame
        received += len(frame.audio) // 2 if isinstance(frame, TTSAudioRawFrame) else 0
    return received

async def of_livekit():
    service = openai.TTS(base_url=address, api_key="none", response_format="pcm")
    received = 0
    async for audio in service.synthesize(text):
        received += audio.frame.samples_per_channel
    await service.aclose()
    return received

async def main():
    print(json.dumps({"pipecat": await of_pipecat(), "livekit": await of_livekit()}))

asyncio.run(main())
"""


@pytest.mark.slow
def test_they_speak_as_they_come(
    settings: ServiceSettings, worker: Supervisor, voice: Voice, tmp_path: Path
) -> None:
    venv.create(tmp_path / "agents", with_pip=True)
    python = tmp_path / "agents" / "bin" / "python"
    # the project's pins are not theirs
    environment = {name: value for name, value in os.environ.items() if "CONSTRAINT" not in name}
    install = [python, "-m", "pip", "install", "--quiet", *PACKAGES]
    subprocess.run(install, check=True, env=environment)
    with listening(settings, worker) as address:
        done = subprocess.run(
            [python, "-c", SCRIPT, f"{address}/v1", TEXT],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    received = json.loads(done.stdout.splitlines()[-1])
    seconds = len(voice.synthesize(TEXT, seed=0)) / voice.sample_rate
    for name, num_samples in received.items():
        assert num_samples / 24_000 == pytest.approx(seconds, abs=0.02), name
