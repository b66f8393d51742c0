"""How the service holds under load: an open-loop generator of requests, and a client that plays
what it hears.

    python benchmarks/service.py --url http://127.0.0.1:8000 --rate 0.8 --seconds 30

Requests arrive at random (Poisson), whether or not those before them have been answered; `--rate`
is times the capacity that `/readyz` tells.
Each client begins to play once it has 200 ms of sound (or all of it) and plays in real time from
then on: sound that comes later than it is needed is an underrun. Times are taken at the client: to
the first audio, and to a refusal.

With `--kill SECONDS` the process of the service's worker is killed (-9) so often; with `--check`
every answer is asked for again at the end, by its seed, and compared byte by byte. One line of JSON
at the end.
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
from pathlib import Path
from typing import Any

import httpx
from listener import TEXTS, Outcome, check, percentile, request


async def load(
    client: httpx.AsyncClient, per_second: float, seconds: float, *, keep: bool
) -> list[Outcome]:
    rng, tasks, end = random.Random(1), [], time.monotonic() + seconds
    while time.monotonic() < end:
        tasks.append(asyncio.create_task(request(client, rng.choice(TEXTS), keep=keep)))
        await asyncio.sleep(rng.expovariate(per_second))
    return list(await asyncio.gather(*tasks))


async def killer(server: int, every: float) -> int:
    killed = 0
    while True:
        await asyncio.sleep(every)
        if (worker := oldest_worker(server)) is not None:
            os.kill(worker, signal.SIGKILL)
            killed += 1
            print(f"killed worker {worker}", file=sys.stderr)


def oldest_worker(server: int) -> int | None:
    """The process that speaks: of the service's workers the one that has been there longest; the
    others load, or wait.
    """
    begun = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            values = (folder / "stat").read_text().rpartition(") ")[2].split()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue  # it has ended meanwhile
        if int(values[1]) == server and "spawn_main" in command:
            begun[int(folder.name)] = int(values[19])
    return min(begun, key=lambda pid: begun[pid], default=None)


async def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument(
        "--rate",
        type=float,
        default=0.8,
        help="offered load, times the capacity that the service tells (%(default)s)",
    )
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument(
        "--one", type=int, default=0, metavar="N", help="instead: N requests, one after the other"
    )
    parser.add_argument(
        "--kill",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="kill the worker so often; needs --server",
    )
    parser.add_argument("--server", type=int, help="process of the service")
    parser.add_argument(
        "--check", action="store_true", help="ask for every answer again and compare"
    )
    options = parser.parse_args()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=options.url, timeout=300, limits=limits) as client:
        audio = statistics.mean(
            [(await request(client, text, keep=False)).audio_seconds for text in TEXTS]
        )
        ready: dict[str, Any] = (await client.get("/readyz")).json()
        killing = (
            asyncio.create_task(killer(options.server, options.kill)) if options.kill else None
        )
        begun = time.monotonic()
        if options.one:
            outcomes = [
                await request(client, TEXTS[index % len(TEXTS)], keep=options.check)
                for index in range(options.one)
            ]
        else:
            outcomes = await load(
                client,
                options.rate * ready["capacity"] / audio,
                options.seconds,
                keep=options.check,
            )
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
        "first_audio_p50": percentile(
            [one.seconds_to_first_audio for one in heard if one.complete], 0.5
        ),
        "first_audio_p99": percentile(
            [one.seconds_to_first_audio for one in heard if one.complete], 0.99
        ),
        "with_underrun": sum(one.underrun_seconds > 0 for one in heard),
        "longest_underrun": round(max((one.underrun_seconds for one in heard), default=0.0), 4),
        "refusal_p50": percentile([one.seconds_to_answer for one in refused], 0.5),
        "refusal_p99": percentile([one.seconds_to_answer for one in refused], 0.99),
        "audio_seconds_per_second": round(sum(one.audio_seconds for one in heard) / wall, 2),
        "wrong_bytes": wrong,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    asyncio.run(main())
