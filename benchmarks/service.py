"""How the service holds under load: an open-loop generator of requests, and a client that plays what it hears.

    python benchmarks/service.py --url http://127.0.0.1:8000 --rate 0.8 --seconds 30

Requests arrive at random (Poisson), whether or not those before them have been answered; `--rate` is times the capacity that `/readyz` tells.
Each client begins to play once it has 200 ms of sound (or all of it) and plays in real time from then on: sound that comes later than it is
needed is an underrun. Times are taken at the client: to the first audio, and to a refusal.

With `--kill SECONDS` the process of the service's worker is killed (-9) so often; with `--check` every answer is asked for again at the end, by its
seed, and compared byte by byte. One line of JSON at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

WAV_HEADER, BUFFER_SECONDS = 44, 0.2
TEXTS = (
    "The old clock in the hall struck nine while the rain ran down the windows outside.",  # 16 words
    "Please leave the parcel at the door, and ring twice so that I can hear it.",
    "Nobody had told her that the last train leaves at ten on a Sunday in winter.",
    "We walked along the river for an hour before anyone thought of turning back to town.",
)


@dataclass
class Outcome:
    """What became of one request."""

    text: str
    status: int = 0
    seconds_to_answer: float = 0.0
    seconds_to_first_audio: float = 0.0
    underrun_seconds: float = 0.0
    audio_seconds: float = 0.0
    complete: bool = False
    seed: str = ""
    body: bytes = field(default=b"", repr=False)


async def request(client: httpx.AsyncClient, text: str, *, keep: bool) -> Outcome:
    outcome, begun = Outcome(text=text), time.monotonic()
    arrivals: list[tuple[float, int]] = []
    body = bytearray()
    try:
        async with client.stream("POST", "/synthesize", json={"text": text}) as answer:
            outcome.status, outcome.seconds_to_answer = answer.status_code, time.monotonic() - begun
            if answer.status_code != 200:
                await answer.aread()
                outcome.seconds_to_answer = time.monotonic() - begun
                return outcome
            outcome.seed, rate = answer.headers["x-seed"], int(answer.headers["x-sample-rate"])
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > WAV_HEADER:
                    arrivals.append((time.monotonic() - begun, len(body) - WAV_HEADER))
            outcome.complete = len(body) == int(answer.headers["content-length"])
    except httpx.HTTPError as error:
        print(f"broke off: {error!r}", file=sys.stderr)
        return outcome
    outcome.seconds_to_first_audio = arrivals[0][0]
    outcome.audio_seconds = arrivals[-1][1] / 2 / rate
    outcome.underrun_seconds = underrun(arrivals, 2 * rate)
    outcome.body = bytes(body) if keep else b""
    return outcome


def underrun(arrivals: list[tuple[float, int]], bytes_per_second: int) -> float:
    """How long a client was silent that began to play with its buffer full. `arrivals`: seconds, and bytes that had arrived by then."""
    enough = min(BUFFER_SECONDS * bytes_per_second, arrivals[-1][1])
    started = next(at for at, arrived in arrivals if arrived >= enough)
    silent, before = 0.0, 0
    for at, arrived in arrivals:
        dry_at = started + silent + before / bytes_per_second
        if at > started and at > dry_at:
            silent += at - dry_at
        before = arrived
    return silent


async def load(client: httpx.AsyncClient, per_second: float, seconds: float, *, keep: bool) -> list[Outcome]:
    rng, tasks, end = random.Random(1), [], time.monotonic() + seconds
    while time.monotonic() < end:
        tasks.append(asyncio.create_task(request(client, rng.choice(TEXTS), keep=keep)))
        await asyncio.sleep(rng.expovariate(per_second))
    return list(await asyncio.gather(*tasks))


async def killer(server: int, every: float) -> int:
    killed = 0
    while True:
        await asyncio.sleep(every)
        if (worker := busiest_child(server)) is not None:
            os.kill(worker, signal.SIGKILL)
            killed += 1
            print(f"killed worker {worker}", file=sys.stderr)


def busiest_child(server: int) -> int | None:
    """The process that speaks: of the service's children the one that has used most of the processor."""
    used = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = stat.read_text().partition(" (")
        except OSError:
            continue  # it has ended meanwhile
        values = rest.rpartition(") ")[2].split()
        if int(values[1]) == server:
            used[int(pid)] = int(values[11]) + int(values[12])
    return max(used, key=lambda pid: used[pid], default=None)


def percentile(values: list[float], share: float) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 4) if values else None


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=0.8, help="offered load, times the capacity that the service tells (%(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--one", type=int, default=0, metavar="N", help="instead: N requests, one after the other")
    parser.add_argument("--kill", type=float, default=0.0, metavar="SECONDS", help="kill the worker so often; needs --server")
    parser.add_argument("--server", type=int, help="process of the service")
    parser.add_argument("--check", action="store_true", help="ask for every answer again and compare")
    options = parser.parse_args()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=options.url, timeout=300, limits=limits) as client:
        audio = statistics.mean([(await request(client, text, keep=False)).audio_seconds for text in TEXTS])
        ready: dict[str, Any] = (await client.get("/readyz")).json()
        killing = asyncio.create_task(killer(options.server, options.kill)) if options.kill else None
        begun = time.monotonic()
        if options.one:
            outcomes = [await request(client, TEXTS[index % len(TEXTS)], keep=options.check) for index in range(options.one)]
        else:
            outcomes = await load(client, options.rate * ready["capacity"] / audio, options.seconds, keep=options.check)
        wall = time.monotonic() - begun
        if killing is not None:
            killing.cancel()
        wrong = await check(client, outcomes) if options.check else None
        ready_after: dict[str, Any] = (await client.get("/readyz")).json()
    heard = [one for one in outcomes if one.status == 200]
    refused = [one for one in outcomes if one.status == 503]
    report = {
        "capacity_before": round(ready["capacity"], 2),
        "capacity_after": round(ready_after["capacity"], 2),
        "offered": len(outcomes),
        "accepted": len(heard),
        "refused": len(refused),
        "other": len(outcomes) - len(heard) - len(refused),
        "incomplete": sum(not one.complete for one in heard),
        "first_audio_p50": percentile([one.seconds_to_first_audio for one in heard if one.complete], 0.5),
        "first_audio_p99": percentile([one.seconds_to_first_audio for one in heard if one.complete], 0.99),
        "with_underrun": sum(one.underrun_seconds > 0 for one in heard),
        "longest_underrun": round(max((one.underrun_seconds for one in heard), default=0.0), 4),
        "refusal_p50": percentile([one.seconds_to_answer for one in refused], 0.5),
        "refusal_p99": percentile([one.seconds_to_answer for one in refused], 0.99),
        "audio_seconds_per_second": round(sum(one.audio_seconds for one in heard) / wall, 2),
        "wrong_bytes": wrong,
    }
    print(json.dumps(report))


async def check(client: httpx.AsyncClient, outcomes: list[Outcome]) -> int:
    """How many answers are not those of the same text and seed, asked for alone."""
    wrong = 0
    for one in outcomes:
        if one.status == 200:
            again = await client.post("/synthesize", json={"text": one.text, "seed": int(one.seed)})
            wrong += again.content != one.body
    return wrong


if __name__ == "__main__":
    asyncio.run(main())
