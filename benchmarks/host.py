"""What the service takes of a processor for a second of sound where the engine costs it nothing: what is left to do for the host of a card.

    python benchmarks/host.py [--streams 100] [--seconds 30] [--json FILE]

The service as `sonant serve` runs it, a process for the sockets and a worker, with the default voice; but the worker's engine has its codes at once (noise,
the same for all), two calls of it may be on their way, and turns are as long as they may be on a card. Conditioning stays with the engine there, so none is
computed; the acoustic model is, which a card would do. Readers in a process of their own take sound as fast as it comes, so many at a time, one sentence after
the other.

Told is the processor's time, not the clock's, of each process: what a core could do if it did nothing else. Readers share the cores, which takes of the
clock and not of that.
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
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from listener import TEXTS, WAV_HEADER
from serving import Served, circumstances

from service import process, server, worker
from service.messages import FromWorker
from service.process import WorkerLink, WorkerProcess
from service.settings import ServiceSettings
from service.supervisor import Supervisor
from vocoder.engine import Codes, Conditioning, Engine, Job
from vocoder.errors import EngineError
from vocoder.voice import Voice
from vocoder.wavenet.conditions import Conditions

HOST = "127.0.0.1"
SECONDS_PER_TICK = 1 / os.sysconf("SC_CLK_TCK")


class FreeEngine(Engine):
    """Has its codes at once."""

    name, precision, isa = "free", "fp32", "none"
    overlaps = True

    def __init__(self, inner: Engine) -> None:
        self.config = inner.config
        self._codes = np.random.default_rng(0).integers(self.config.quantisation_levels * 3 // 8, self.config.quantisation_levels * 5 // 8, 2**16)

    def resident_conditioning(self, conditions: Conditions) -> torch.Tensor:
        """Nothing of what was computed for so many frames."""
        return torch.zeros(conditions.num_frames, 1)

    def _check_conditioning(self, conditioning: Conditioning) -> None:
        del conditioning

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        made = [self._codes[: job.num_samples] for job in jobs]
        for job, codes in zip(jobs, made, strict=True):
            job.state.append(codes)
        return made

    def _logits(self, job: Job, codes: Codes) -> Any:
        raise EngineError("it only speaks")


class FreeWorker(WorkerProcess):
    """A worker with such an engine."""

    def __init__(self, settings: ServiceSettings, received: Callable[[WorkerLink, FromWorker], None], ended: Callable[[WorkerLink], None]) -> None:
        super().__init__(settings, received, ended)
        self.process = multiprocessing.get_context("spawn").Process(target=run_worker, args=(self._theirs, settings), name="sonant-worker")


def run_worker(connection: Connection, settings: ServiceSettings) -> None:
    """What the worker's process does."""
    load_voice = worker.load_voice

    def load_freely(*arguments: Any, **options: Any) -> Voice:
        voice = load_voice(*arguments, **options)
        return Voice(pack=voice.pack, engine=FreeEngine(voice.engine))

    worker.load_voice = load_freely
    process._run(connection, settings)


def serve(port: int, streams: int) -> None:
    """The service; its log of requests is written, but nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    server.Supervisor = functools.partial(Supervisor, launch=FreeWorker)  # type: ignore[misc,assignment]
    card = ServiceSettings(engine="cuda")
    settings = ServiceSettings(
        standby=False,
        capacity=1e6,
        max_streams=2 * streams,
        queue_limit=streams,
        streams_per_turn=card.company,
        chunk_seconds=card.chunk,
        turn_seconds=card.turn,
    )
    server.run(settings, host=HOST, port=port, log_level="warning")


def processor_seconds(pid: int) -> float:
    """What a process has used until now."""
    values = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(values[11]) + int(values[12])) * SECONDS_PER_TICK


async def listen(port: int, streams: int, seconds: float) -> float:
    """Seconds of sound that so many readers have heard within so long."""
    end, heard = time.monotonic() + seconds, 0

    async def read(index: int) -> None:
        nonlocal heard
        while time.monotonic() < end:
            body = json.dumps({"text": TEXTS[index % len(TEXTS)], "seed": index}).encode()
            reader, writer = await asyncio.open_connection(HOST, port)
            head_lines = ("POST /synthesize HTTP/1.1", "host: here", "connection: close", "prefer: wait=60", "content-type: application/json")
            writer.write("\r\n".join([*head_lines, f"content-length: {len(body)}", "", ""]).encode() + body)
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head.splitlines()[0], head
            while piece := await reader.read(2**16):
                if time.monotonic() < end:
                    heard += len(piece)
            heard -= WAV_HEADER
            writer.close()

    await asyncio.gather(*(read(index) for index in range(streams)))
    return heard / 2 / 16_000


def readers(connection: Connection, port: int, streams: int, seconds: float) -> None:
    """What the readers' process does."""
    connection.send(asyncio.run(listen(port, streams, seconds)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    service = context.Process(target=serve, args=(port, options.streams))
    service.start()
    assert service.pid is not None
    try:
        wait_until_ready(port)
        asyncio.run(listen(port, options.streams, 3.0))  # once, so that nothing is used for the first time
        here, there = context.Pipe()
        before = of_each(service.pid)
        reading = context.Process(target=readers, args=(there, port, options.streams, options.seconds))
        began = time.monotonic()
        reading.start()
        sound = here.recv()
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
        "sound_seconds": round(sound, 1),
        "wall_seconds": round(wall, 1),
        "milliseconds_of_a_core_per_second_of_sound": per_second,
        "streams_of_one_event_loop": round(1000 / per_second["service"]),
    }
    print(json.dumps(found, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def of_each(pid: int) -> dict[str, float]:
    """Processor seconds of the service's process and of its worker's, until now."""
    return {name: processor_seconds(one) for one, name in Served(pid=pid).processes().items() if name in ("service", "worker") or one == pid}


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
