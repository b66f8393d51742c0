"""Workers in processes of their own, killed as an operating system kills them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.frontend.worker_process import WorkerProcess
from service.settings import ServiceSettings
from tests.service.asgi_call import AsgiCall
from tests.service.http.test_streaming import LONG
from vocoder.audio.pcm import to_bytes
from vocoder.errors import InputError, VoiceError
from vocoder.synthesis.voice import Voice

# The reference engine, because the native one would have made all of this text before the signal
# arrives.
SLOW = ServiceSettings(
    engine="reference", standby=False, capacity=100.0, snapshot_seconds=0.1, silence_seconds=30.0
)


pytestmark = pytest.mark.slow  # each spawns a process that loads torch


@pytest.fixture(scope="module")
def worker(pack: Path) -> Iterator[Supervisor]:
    worker = Supervisor(ServiceSettings(**{**vars(SLOW), "voices": (str(pack),)}))
    worker.start()
    yield worker
    worker.stop()


def process_of(worker: Supervisor) -> int:
    assert isinstance(worker._workers.active, WorkerProcess)
    found = worker._workers.active.process.pid
    assert found is not None
    return found


async def test_killed_in_mid_stream_it_comes_back_and_every_stream_goes_on(
    worker: Supervisor, voice: Voice
) -> None:
    app = create_app(SLOW, worker=worker)
    texts = {seed: LONG if seed else "Good day to you all." for seed in range(3)}
    calls = {
        seed: AsgiCall(app, {"text": text, "seed": seed, "format": "pcm"})
        for seed, text in texts.items()
    }
    for call in calls.values():
        await call.until(1)
    killed = process_of(worker)
    os.kill(killed, signal.SIGKILL)
    before = {seed: len(call.body) for seed, call in calls.items()}
    for seed, call in calls.items():
        async with asyncio.timeout(60):
            await call.done
        assert bytes(call.body) == to_bytes(voice.synthesize(texts[seed], seed=seed))
    assert process_of(worker) != killed
    assert any(before[seed] < len(call.body) for seed, call in calls.items()), (
        "all had been made before: nothing was tested"
    )


def test_signals_to_the_whole_group_do_not_end_it(worker: Supervisor) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process_of(worker), number)
    time.sleep(0.3)
    assert worker.status.ready


def test_it_ends_with_the_service(worker: Supervisor) -> None:  # the last one that uses it
    process = worker._workers.active
    assert isinstance(process, WorkerProcess)
    worker.stop()
    assert process.process.exitcode == 0


def test_what_keeps_it_from_starting_is_told(tmp_path: Path) -> None:
    for name, error in (("nobody", InputError), (str(tmp_path / "nothing"), VoiceError)):
        worker = Supervisor(ServiceSettings(voices=(name,), standby=False))
        try:
            with pytest.raises(error):
                worker.start()
        finally:
            worker.stop()


@pytest.mark.thorough
def test_one_that_waits_to_take_over_may_be_silent_as_long_as_it_likes(pack: Path) -> None:
    worker = Supervisor(ServiceSettings(voices=(str(pack),), silence_seconds=1.5))
    worker.start()
    try:
        deadline = time.monotonic() + 60
        while worker._workers.spare is None and time.monotonic() < deadline:
            time.sleep(0.05)
        spare = worker._workers.spare
        time.sleep(4)
        assert spare is not None
        assert worker._workers.spare is spare
    finally:
        worker.stop()


def test_one_that_hangs_is_replaced(pack: Path) -> None:
    worker = Supervisor(ServiceSettings(voices=(str(pack),), standby=False, silence_seconds=2.5))
    worker.start()
    try:
        hung = process_of(worker)
        os.kill(hung, signal.SIGSTOP)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (
            worker.status.ready and process_of(worker) != hung
        ):
            time.sleep(0.05)
        assert process_of(worker) != hung
    finally:
        worker.stop()
