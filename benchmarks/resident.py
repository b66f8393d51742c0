"""Whether the service's memory stays flat: what is resident in all of its processes, under load,
for half an hour.

    python benchmarks/resident.py [--minutes 30] [--rate 0.7] [--attack] [--json FILE]

Starts a service of its own and asks it, at random moments (Poisson), for `--rate` times what it
says that it can make. Every ten seconds the resident memory of the service, of the worker and of
the one that waits is read (/proc/PID/smaps_rollup: Rss, and Pss, which counts what they share
once). Flat
is: after the first five minutes no sample differs from their mean by more than 3 %. With `--attack`
clients that mean harm (`attackers.py`) are there as well, all the time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from attackers import Attackers
from listener import TEXTS, Outcome, percentile, request
from serving import Served, circumstances, serving

SAMPLE_SECONDS, WARM_UP_SECONDS, FLAT = 10.0, 300.0, 0.03
STANDBY_SECONDS = (
    15.0  # in which the worker that waits loads: before that the capacity is not what it will be
)
_SIZE = re.compile(r"^(Rss|Pss): +(\d+) kB$", re.MULTILINE)


def memory(served: Served) -> dict[str, float]:
    """MiB, of all processes together and of each."""
    found: Counter[str] = Counter()
    workers = 0
    for pid, kind in served.processes().items():
        sizes = {
            name: int(kib) / 1024
            for name, kib in _SIZE.findall(Path(f"/proc/{pid}/smaps_rollup").read_text())
        }
        workers += kind == "worker"
        found[f"{kind} {workers}" if kind == "worker" else kind] += sizes["Rss"]
        found["rss"] += sizes["Rss"]
        found["pss"] += sizes["Pss"]
    return {name: round(mib, 1) for name, mib in found.items()}


async def sample(
    served: Served, client: httpx.AsyncClient, seconds: float
) -> list[dict[str, float]]:
    samples, begun = [], time.monotonic()
    while (now := time.monotonic() - begun) < seconds:
        status = (await client.get("/readyz")).json()
        samples.append(
            {
                "seconds": round(now),
                **memory(served),
                "making": status["making"],
                "capacity": round(status["capacity"], 2),
            }
        )
        print(json.dumps(samples[-1]), file=sys.stderr, flush=True)
        await asyncio.sleep(begun + len(samples) * SAMPLE_SECONDS - time.monotonic())
    return samples


async def load(
    client: httpx.AsyncClient, per_second: float, sampling: asyncio.Task[Any]
) -> list[Outcome]:
    rng, open_requests, outcomes = random.Random(1), set(), []
    while not sampling.done():
        task = asyncio.create_task(request(client, rng.choice(TEXTS), keep=False))
        open_requests.add(task)
        task.add_done_callback(
            lambda ended: (open_requests.discard(ended), outcomes.append(ended.result()))
        )
        await asyncio.sleep(rng.expovariate(per_second))
    await asyncio.gather(*open_requests)
    return outcomes


async def measure(served: Served, options: argparse.Namespace) -> dict[str, Any]:
    async with httpx.AsyncClient(
        base_url=served.url,
        timeout=300,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
    ) as client:
        await asyncio.sleep(STANDBY_SECONDS)
        audio = statistics.mean(
            [(await request(client, text, keep=False)).audio_seconds for text in TEXTS]
        )
        capacity = (await client.get("/readyz")).json()["capacity"]
        sampling = asyncio.create_task(sample(served, client, options.minutes * 60))
        attackers = Attackers(served.url)
        attacking = asyncio.create_task(attackers.run()) if options.attack else None
        outcomes = await load(client, options.rate * capacity / audio, sampling)
        samples = await sampling
        if attacking is not None:
            attacking.cancel()
            await asyncio.wait([attacking])
    heard = [one for one in outcomes if one.status == 200]
    return {
        **circumstances(),
        "minutes": options.minutes,
        "capacity": round(capacity, 2),
        "rate": options.rate,
        "requests": len(outcomes),
        "answered": len(heard),
        "refused": sum(one.status == 503 for one in outcomes),
        "incomplete": sum(not one.complete for one in heard),
        "with_underrun": sum(one.underrun_seconds > 0 for one in heard),
        "longest_underrun": round(max((one.underrun_seconds for one in heard), default=0.0), 4),
        "first_audio_p50": percentile([one.seconds_to_first_audio for one in heard], 0.5),
        "first_audio_p99": percentile([one.seconds_to_first_audio for one in heard], 0.99),
        "sound_per_second": round(
            sum(one.audio_seconds for one in heard) / (options.minutes * 60), 2
        ),
        **flatness(samples),
        "attacks": dict(sorted(attackers.ended.items())),
        "complaints": served.complaints,
        "samples": samples,
    }


def flatness(
    samples: list[dict[str, float]], *, after_seconds: float = WARM_UP_SECONDS
) -> dict[str, Any]:
    """How far the samples after the first minutes lie from their mean, and how it goes on: the mean
    of their last third over that of their first.
    """
    resident = [one["rss"] for one in samples if one["seconds"] >= after_seconds]
    if len(resident) < 3:
        return {"flat": None}
    mean, third = statistics.mean(resident), len(resident) // 3
    farthest = max(abs(one - mean) for one in resident) / mean
    return {
        "mib_begin": resident[0],
        "mib_mean": round(mean, 1),
        "mib_end": resident[-1],
        "farthest_from_mean": round(farthest, 4),
        "growth": round(
            statistics.mean(resident[-third:]) / statistics.mean(resident[:third]) - 1, 4
        ),
        "flat": farthest <= FLAT,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="(%(default)s)")
    parser.add_argument(
        "--rate",
        type=float,
        default=0.7,
        help="offered load, times the capacity that the service tells (%(default)s)",
    )
    parser.add_argument("--attack", action="store_true", help="with clients that mean harm beside")
    parser.add_argument("--json", type=Path, help="where the figures are written to as well")
    options = parser.parse_args()
    with serving("--threads", str(os.cpu_count() or 1)) as served:
        report = asyncio.run(measure(served, options))
    print(
        json.dumps({name: value for name, value in report.items() if name != "samples"}, indent=2)
    )
    if options.json:
        options.json.write_text(json.dumps(report) + "\n", "utf-8")
    sys.exit(report["flat"] is False)


if __name__ == "__main__":
    main()
