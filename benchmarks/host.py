"""What the service takes of a processor for a second of sound where the engine costs it nothing:
what is left to do for the host of a GPU.

    python benchmarks/host.py [--streams 100] [--seconds 30] [--json FILE]
    python benchmarks/host.py --microseconds 30 --real-time [--chunk-seconds 0.1]

The service as `sonant serve` runs it, a process for the sockets and a worker, with the default
voice; but the worker's engine has its codes at once (noise, the same for all), two calls of it may
be on their way, and chunks are as long as they may be on a GPU. Conditioning stays with the engine
there, so none is computed; the acoustic model is, which a GPU would do. Readers in a process of
their own take sound as fast as it comes, so many at a time, one sentence after the other.

`--microseconds`: what a GPU would take for one sample of a turn, whoever shares it: calls are
there no sooner. `--real-time`: a reader has no more sentences than he has time for; what he waits
for the first sound, and how late any other comes, are told then. `--chunk-seconds`: of turns, at
most.

Told is the processor's time, not the clock's, of each process: what a core could do if it did
nothing else. Readers share the cores, which takes of the clock and not of that.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import multiprocessing
import os
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from listener import TEXTS, WAV_HEADER
from serving import Served, circumstances

from service import server
from service.frontend import worker_process as process
from service.frontend.supervisor import Supervisor
from service.frontend.worker_process import WorkerLink, WorkerProcess
from service.protocol.messages import FromWorker
from service.settings import ServiceSettings
from service.worker import worker
from vocoder.engine import Codes, Conditioning, Engine, Job, PendingCodes
from vocoder.errors import EngineError
from vocoder.synthesis.voice import Voice
from vocoder.wavenet.conditions import Conditions

SPREAD_SECONDS = 3.0  # within which readers in real time begin
HOST = "127.0.0.1"
SECONDS_PER_TICK = 1 / os.sysconf("SC_CLK_TCK")


class Timed(PendingCodes):
    """Work that is there at a moment."""

    def __init__(self, done: PendingCodes, moment: float) -> None:
        self._done, self._moment = done, moment

    def ready(self) -> bool:
        """Whether it is later."""
        return time.monotonic() >= self._moment

    def finish(self) -> list[Codes]:
        """The codes, no sooner."""
        time.sleep(max(0.0, self._moment - time.monotonic()))
        return self._done.finish()


class FreeEngine(Engine):
    """Has its codes at once, or after so many seconds for a sample of each call's longest job."""

    name, precision, isa = "free", "fp32", "none"
    overlaps = True

    def __init__(self, inner: Engine, sample_seconds: float) -> None:
        self._sample_seconds = sample_seconds
        self.config = inner.config
        self._codes = np.random.default_rng(0).integers(
            self.config.quantisation_levels * 3 // 8,
            self.config.quantisation_levels * 5 // 8,
            2**16,
        )

    def resident_conditioning(self, conditions: Conditions) -> torch.Tensor:
        """Nothing of what was computed for so many frames."""
        return torch.zeros(conditions.num_frames, 1)

    def _check_conditioning(self, conditioning: Conditioning) -> None:
        del conditioning

    def _begin(self, jobs: Sequence[Job]) -> PendingCodes:
        return Timed(
            super()._begin(jobs),
            time.monotonic()
            + self._sample_seconds * max((job.num_samples for job in jobs), default=0),
        )

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        made = [self._codes[: job.num_samples] for job in jobs]
        for job, codes in zip(jobs, made, strict=True):
            job.state.append(codes)
        return made

    def _logits(self, job: Job, codes: Codes) -> Any:
        raise EngineError("it only speaks")


class FreeWorker(WorkerProcess):
    """A worker with such an engine."""

    def __init__(
        self,
        settings: ServiceSettings,
        received: Callable[[WorkerLink, FromWorker], None],
        ended: Callable[[WorkerLink], None],
        *,
        sample_seconds: float,
    ) -> None:
        super().__init__(settings, received, ended)
        self.process = multiprocessing.get_context("spawn").Process(
            target=run_worker, args=(self._theirs, settings, sample_seconds), name="sonant-worker"
        )


def run_worker(connection: Connection, settings: ServiceSettings, sample_seconds: float) -> None:
    """What the worker's process does."""
    load_voice = worker.load_voice

    def load_freely(*arguments: Any, **options: Any) -> Voice:
        voice = load_voice(*arguments, **options)
        return Voice(pack=voice.pack, engine=FreeEngine(voice.engine, sample_seconds))

    worker.load_voice = load_freely
    process._worker_main(connection, settings)


def serve(port: int, streams: int, chunk_seconds: float | None, sample_seconds: float) -> None:
    """The service; its log of requests is written, but nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    launch = functools.partial(FreeWorker, sample_seconds=sample_seconds)
    server.Supervisor = functools.partial(Supervisor, launch=launch)  # type: ignore[misc,assignment]
    gpu = ServiceSettings(engine="cuda", chunk_seconds=chunk_seconds)
    settings = ServiceSettings(
        standby=False,
        capacity=1e6,
        max_streams=2 * streams,
        queue_limit=streams,
        streams_per_turn=gpu.batch_size,
        chunk_seconds=gpu.chunk,
    )
    server.run(settings, host=HOST, port=port, log_level="warning")


def processor_seconds(pid: int) -> float:
    """What a process has used until now."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(values[11]) + int(values[12])) * SECONDS_PER_TICK


@dataclass(kw_only=True)
class Heard:
    """What readers have heard: bytes of sound, seconds from each request to its first sound, and by
    how many seconds each other piece came too late.
    """

    num_bytes: int = 0
    waited: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


async def listen(port: int, streams: int, seconds: float, *, real_time: bool) -> Heard:
    """So many readers, for so long."""
    began = time.monotonic()
    heard = Heard()

    async def read(index: int) -> None:
        if real_time:
            await asyncio.sleep(SPREAD_SECONDS * index / streams)
        while time.monotonic() < began + seconds:
            asked = time.monotonic()
            length = await read_one(port, index, heard, until=began + seconds) / 2 / 16_000
            if real_time:
                await asyncio.sleep(max(0.0, asked + length - time.monotonic()))

    await asyncio.gather(*(read(index) for index in range(streams)))
    return heard


async def read_one(port: int, index: int, heard: Heard, *, until: float) -> int:
    """One request; gives the bytes of its sound, and adds what is heard of it until then."""
    asked = time.monotonic()
    body = json.dumps({"text": TEXTS[index % len(TEXTS)], "seed": index}).encode()
    reader, writer = await asyncio.open_connection(HOST, port)
    head_lines = (
        "POST /synthesize HTTP/1.1",
        "host: here",
        "connection: close",
        "prefer: wait=60",
        "content-type: application/json",
    )
    writer.write("\r\n".join([*head_lines, f"content-length: {len(body)}", "", ""]).encode() + body)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.splitlines()[0], head
    await reader.readexactly(WAV_HEADER)
    received, playing_since = 0, 0.0
    while piece := await reader.read(2**16):
        now = time.monotonic()
        if received == 0:
            playing_since = now
        if now < until:
            heard.num_bytes += len(piece)
            if received == 0:
                heard.waited.append(now - asked)
            else:
                heard.late.append(max(0.0, now - playing_since - received / 2 / 16_000))
        received += len(piece)
    writer.close()
    return received


def readers(
    connection: Connection, port: int, streams: int, seconds: float, real_time: bool
) -> None:
    """What the readers' process does."""
    connection.send(asyncio.run(listen(port, streams, seconds, real_time=real_time)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--microseconds", type=float, default=0.0)
    parser.add_argument("--real-time", action="store_true")
    parser.add_argument("--chunk-seconds", type=float)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    service = context.Process(
        target=serve,
        args=(port, options.streams, options.chunk_seconds, options.microseconds * 1e-6),
    )
    service.start()
    assert service.pid is not None
    try:
        wait_until_ready(port)
        # once, so that nothing is used for the first time
        asyncio.run(listen(port, options.streams, 3.0, real_time=False))
        here, there = context.Pipe()
        before = of_each(service.pid)
        reading = context.Process(
            target=readers, args=(there, port, options.streams, options.seconds, options.real_time)
        )
        began = time.monotonic()
        reading.start()
        heard = here.recv()
        sound = heard.num_bytes / 2 / 16_000
        wall = time.monotonic() - began
        used = {name: seconds - before[name] for name, seconds in of_each(service.pid).items()}
        reading.join()
    finally:
        service.terminate()
        service.join()
    per_second = {name: round(1000 * seconds / sound, 3) for name, seconds in used.items()}
    found = {
        "machine": circumstances(),
        "streams": options.streams,
        "microseconds": options.microseconds,
        "real_time": options.real_time,
        "chunk_seconds": options.chunk_seconds or ServiceSettings(engine="cuda").chunk,
        "sound_seconds": round(sound, 1),
        "wall_seconds": round(wall, 1),
        "milliseconds_of_a_core_per_second_of_sound": per_second,
        "streams_of_one_event_loop": round(1000 / per_second["service"]),
    }
    if options.real_time:
        found |= {
            "first_sound_seconds": {
                "median": share_of(heard.waited, 50),
                "95 %": share_of(heard.waited, 95),
            },
            "late_seconds": {
                "99.9 %": share_of(heard.late, 99.9),
                "largest": share_of(heard.late, 100),
            },
        }
    print(json.dumps(found, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def share_of(seconds: list[float], percent: float) -> float:
    """What so many percent are not above."""
    return round(float(np.percentile(seconds, percent)), 3)


def of_each(pid: int) -> dict[str, float]:
    """Processor seconds of the service's process and of its worker's, until now."""
    return {
        name: processor_seconds(one)
        for one, name in Served(pid=pid).processes().items()
        if name in ("service", "worker") or one == pid
    }


def wait_until_ready(port: int) -> None:
    """Until the service answers."""
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    sys.exit("the service did not start")


if __name__ == "__main__":
    main()
