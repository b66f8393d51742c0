"""How much of the engine's own speed `sonant render` keeps, and whether its memory stays flat.

    python benchmarks/render.py [--lines 100] [--streams 4 8 12 24] [--voice NAME] [--json]

For each number of streams, in turn: the engine alone, all streams in one call on as many threads as
cores (what `sonant bench` measures, here with the voice's own network and conditioning), and a run
of so many lines into a temporary folder. Shares are given in wall-clock time and by the
processor's: on a machine that is busy with other things only the latter says anything. Memory is
what is resident from the fiftieth line on:
when it is done, the least and the most after it, and at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from vocoder.batch.lists import ListFile
from vocoder.batch.progress import ProgressListener, RunProgress
from vocoder.batch.render import render
from vocoder.batch.render_orders import Defaults
from vocoder.machine import processor_name
from vocoder.synthesis.voice import load_voice
from vocoder.torch_threads import one_torch_thread
from vocoder.voices.library import DEFAULT_VOICE

TEXTS = (
    "The first of the lines is short.",
    (
        "Another one goes on for a while, because nobody who reads a book aloud stops after four "
        "words."
    ),
    "Would you like to hear it again?",
    (
        "On the third of May, 1987, about two hundred people came to the harbour, and most of them "
        "stayed until the evening."
    ),
)
ROUNDS = 3
EARLY = 50  # lines


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Seconds of speech made in a second, in wall-clock time and by the processor's (of all
    threads together).
    """

    wall: float
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of streams; memory in MiB."""

    streams: int
    engine: Speed
    render: Speed
    share_wall: float
    share_cpu: float
    mib_early: float
    mib_least: float
    mib_most: float
    mib_end: float


def engine_speed(voice_name: str, streams: int, threads: int) -> Speed:
    """Of one call in which each stream makes a second of speech: the median of some."""
    voice = load_voice(voice_name, threads=threads)
    plan = voice.plan(TEXTS[-1])
    speeds = []
    with one_torch_thread():
        for turn in range(ROUNDS):
            # Conditioning is computed here, before the clocks run: it is not the engine's work.
            jobs = [
                voice.utterance(plan, seed=turn * streams + number).job(voice.sample_rate)
                for number in range(streams)
            ]
            wall, cpu = time.perf_counter(), time.process_time()
            voice.engine.advance(jobs)
            speeds.append(
                Speed(
                    wall=streams / (time.perf_counter() - wall),
                    cpu=streams / (time.process_time() - cpu),
                )
            )
    return Speed(
        wall=statistics.median(speed.wall for speed in speeds),
        cpu=statistics.median(speed.cpu for speed in speeds),
    )


def resident() -> float:
    """MiB, where the system tells."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def render_speed(
    voice_name: str, streams: int, threads: int, lines: int
) -> tuple[Speed, list[float]]:
    """Of a whole run, its planning, writing and beginning included; and what was resident from line
    `EARLY` on.
    """
    memory: list[float] = []

    def ticked(tally: RunProgress) -> None:
        if tally.lines >= min(EARLY, lines):
            memory.append(resident())

    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "list.txt"
        wanted.write_text(
            "".join(f"{TEXTS[number % len(TEXTS)]}\n" for number in range(lines)), "utf-8"
        )
        source = ListFile.choose(str(wanted), None, longest_line=10_000)
        wall, cpu = time.perf_counter(), time.process_time()
        tally = render(
            source,
            Path(folder) / "out",
            Defaults(voice=voice_name),
            threads=threads,
            streams=streams,
            watcher=ProgressListener(ticked=ticked),
        )
        took = Speed(
            wall=tally.rendered_seconds / (time.perf_counter() - wall),
            cpu=tally.rendered_seconds / (time.process_time() - cpu),
        )
    return took, memory


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="How much of the engine's own speed `sonant render` keeps."
    )
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--streams", type=int, nargs="+", default=[12])
    parser.add_argument("--voice", default=DEFAULT_VOICE)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    threads = os.cpu_count() or 1
    machine = {
        "processor": processor_name(),
        "cores": threads,
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }
    rows = []
    for streams in options.streams:
        engine = engine_speed(options.voice, streams, threads)
        made, memory = render_speed(options.voice, streams, threads, options.lines)
        shares = {"share_wall": made.wall / engine.wall, "share_cpu": made.cpu / engine.cpu}
        rows.append(
            Row(
                streams=streams,
                engine=engine,
                render=made,
                mib_early=memory[0],
                mib_least=min(memory),
                mib_most=max(memory),
                mib_end=memory[-1],
                **shares,
            )
        )
    if options.json:
        print(
            json.dumps(
                {"machine": machine, "lines": options.lines, "rows": [asdict(row) for row in rows]},
                indent=2,
            )
        )
        return
    print(
        f"{machine['processor']}, {threads} cores, load {machine['load'][0]:.1f}; "
        f"{options.lines} lines, seconds of speech a second"
    )
    print(
        f"{'streams':>7}{'engine':>9}{'render':>9}{'share':>7}"
        f"{'  by cpu:':>9}{'engine':>9}{'render':>9}{'share':>7}"
        f"{'MiB early':>13}{'least':>7}{'most':>7}{'at the end':>12}"
    )
    for row in rows:
        print(
            f"{row.streams:>7}{row.engine.wall:>9.2f}{row.render.wall:>9.2f}{row.share_wall:>7.0%}"
            f"{'':>9}{row.engine.cpu:>9.2f}{row.render.cpu:>9.2f}"
            f"{row.share_cpu:>7.0%}{row.mib_early:>13.0f}{row.mib_least:>7.0f}{row.mib_most:>7.0f}{row.mib_end:>12.0f}"
        )


if __name__ == "__main__":
    main()
