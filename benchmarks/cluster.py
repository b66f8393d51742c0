"""How the rate of `sonant render --ray` grows with workers of one core each.

    python benchmarks/cluster.py [--lines 240] [--workers 1 2] [--voice NAME] [--json]

A cluster is started on this machine. For each number of workers a list is rendered into a temporary
folder; the rate is that from when every worker has made its first files to the end, so neither the
start of the cluster nor the loading of voices counts (a run of hours does not notice them). The
time of all of it is given too.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from render import TEXTS  # beside this file

from vocoder.batch.cluster import Cluster, connected
from vocoder.batch.limits import STREAMS_PER_THREAD
from vocoder.batch.lists import ListFile
from vocoder.batch.progress import ProgressListener, RunProgress
from vocoder.batch.render import render
from vocoder.batch.render_orders import Defaults
from vocoder.machine import processor_name
from vocoder.voices.library import DEFAULT_VOICE


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of workers: seconds of speech that are made in a second, those of the first files
    left out; and seconds for all of it.
    """

    workers: int
    times_real_time: float
    wall_seconds: float


def speed(voice: str, workers: int, lines: int) -> Row:
    """Of one run."""
    passed: list[tuple[float, float]] = []  # when, and how many seconds of speech there were

    def ticked(tally: RunProgress) -> None:
        if tally.rendered >= STREAMS_PER_THREAD * workers:
            passed.append((time.perf_counter(), tally.rendered_seconds))

    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "list.txt"
        wanted.write_text(
            "".join(f"{TEXTS[number % len(TEXTS)]}\n" for number in range(lines)), "utf-8"
        )
        source = ListFile.choose(str(wanted), None, longest_line=10_000)
        began = time.perf_counter()
        render(
            source,
            Path(folder) / "out",
            Defaults(voice=voice),
            threads=1,
            streams=STREAMS_PER_THREAD,
            watcher=ProgressListener(ticked=ticked),
            cluster=Cluster(workers=workers),
        )
        took = time.perf_counter() - began
    (first, before), (last, after) = (
        passed[0],
        next(mark for mark in passed if mark[1] == passed[-1][1]),
    )
    return Row(
        workers=workers, times_real_time=(after - before) / (last - first), wall_seconds=took
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="How the rate of `sonant render --ray` grows with workers."
    )
    parser.add_argument("--lines", type=int, default=240)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--voice", default=DEFAULT_VOICE)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    with connected("local", cores=max(options.workers)):
        rows = [speed(options.voice, workers, options.lines) for workers in options.workers]
    machine = {"processor": processor_name(), "cores": os.cpu_count(), "load": os.getloadavg()}
    if options.json:
        print(
            json.dumps(
                {"machine": machine, "lines": options.lines, "rows": [asdict(row) for row in rows]},
                indent=2,
            )
        )
        return
    print(
        f"{machine['processor']}, {machine['cores']} cores; {options.lines} lines, seconds of "
        f"speech a second"
    )
    for row in rows:
        share = row.times_real_time / rows[0].times_real_time
        print(
            f"{row.workers} workers: {row.times_real_time:6.2f}, {share:.2f} times the first; "
            f"{row.wall_seconds:.1f} s in all"
        )


if __name__ == "__main__":
    main()
