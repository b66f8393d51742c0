"""The service on a GPU: streams in a batch, in a worker of its own that is killed on the way, have
the bytes that the voice says alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.frontend.worker_process import WorkerProcess
from service.settings import ServiceSettings
from tests.service.asgi_call import AsgiCall
from tests.tiny_voice import make_tiny_voice
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import load_voice

# a few hundred samples: interpreted, each takes a tenth of a second
TEXT, LENGTH_SCALE = (
    "Go.",
    0.25,
)


@pytest.mark.slow
@pytest.mark.thorough
async def test_a_stream_has_the_bytes_of_its_voice_whoever_dies(tmp_path: Path) -> None:
    pack = make_tiny_voice(tmp_path / "tiny", passes=0)  # so that sound leaves at once
    settings = ServiceSettings(
        voices=(str(pack), ), engine="cuda", precision="fp32", standby=False, capacity=100.0,
        streams_per_turn=2, snapshot_seconds=0.005, chunk_seconds=0.005,
        first_chunk_seconds=0.005,
    )  # fmt: skip
    worker = Supervisor(settings)
    worker.start()
    try:
        app = create_app(settings, worker=worker)
        calls = {
            seed: AsgiCall(
                app, {"text": TEXT, "length_scale": LENGTH_SCALE, "seed": seed, "format": "pcm"}
            )
            for seed in (1, 2)
        }
        for call in calls.values():
            await call.until(1, seconds=60)
        first = worker._workers.active
        assert isinstance(first, WorkerProcess)
        assert first.process.pid is not None
        os.kill(first.process.pid, signal.SIGKILL)
        before = {seed: len(call.body) for seed, call in calls.items()}
        for call in calls.values():
            async with asyncio.timeout(300):
                await call.done
        assert worker._workers.active is not first
    finally:
        worker.stop()
    voice = load_voice(pack, engine="cuda", precision="fp32")
    for seed, call in calls.items():
        assert bytes(call.body) == to_bytes(
            voice.synthesize(TEXT, seed=seed, length_scale=LENGTH_SCALE)
        )
        assert before[seed] < len(call.body)
