"""The native engine beside a draft of itself: one stream, one core, the reference size, in turns,
so that both meet the same machine.

python benchmarks/draft.py [--json]

The draft (`benchmarks/draft.cpp`) is the loop that one writes down first, compiled for this machine
with everything that the compiler may do (`-Ofast -march=native`). How many times real time a
processor allows differs from one to the next by more than engines do; what an engine wins over the
plain loop differs less. In int8 the loop alone, in a process of its own, is somewhat faster than
here in turns; why is not known.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from vocoder.engine import make_engine
from vocoder.engine.benchmark import generating, reference_config
from vocoder.engine.native import PRECISIONS
from vocoder.machine import processor_name
from vocoder.wavenet.network import WaveNet

SAMPLE_RATE = 16_000  # Hz
SECONDS, ROUNDS = 0.5, 15


def compile_draft(folder: Path) -> ctypes.CDLL:
    """The draft, built for the processor that this runs on."""
    compiler = shutil.which("c++")
    if compiler is None:
        raise SystemExit("a C++ compiler is needed: none called c++ was found")
    library = folder / "draft.so"
    source = Path(__file__).with_name("draft.cpp")
    subprocess.run(
        [
            compiler,
            "-std=c++17",
            "-Ofast",
            "-march=native",
            "-shared",
            "-fPIC",
            str(source),
            "-o",
            str(library),
        ],
        check=True,
    )
    draft = ctypes.CDLL(str(library))
    draft.draft.restype = ctypes.c_float
    return draft


def seconds_per_sample(work: Callable[[int], object], num_samples: int) -> float:
    """By the processor's clock, without what a call costs before its first sample."""
    times = []
    for samples in (num_samples // 4, num_samples):
        before = time.thread_time()
        work(samples)
        times.append(time.thread_time() - before)
    return (times[1] - times[0]) / (num_samples - num_samples // 4)


def samples_in(work: Callable[[int], object], seconds: float) -> int:
    """How many take about that long."""
    samples = 64
    while (taken := seconds_per_sample(work, samples) * samples) < seconds / 4:
        samples *= 2
    return round(samples * seconds / taken)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = WaveNet(reference_config()).eval()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        draft = compile_draft(Path(folder))
        for precision in PRECISIONS:
            if draft.draft(precision.encode(), 1) < 0:
                raise SystemExit(
                    f"the draft has no {precision} for this processor: it needs AVX-512 with VNNI"
                )
            works = {
                "draft": lambda samples, name=precision: draft.draft(name.encode(), samples),
                "engine": generating(make_engine(network, "native", precision=precision), 1),
            }
            sizes = {name: samples_in(work, SECONDS) for name, work in works.items()}
            speeds: dict[str, list[float]] = {name: [] for name in works}
            for _ in range(ROUNDS):
                for name, work in works.items():
                    speeds[name].append(1 / seconds_per_sample(work, sizes[name]))
            plain, engine = (statistics.median(speeds[name]) for name in ("draft", "engine"))
            rows.append(
                {
                    "precision": precision,
                    "draft": round(plain),
                    "engine": round(engine),
                    "engine_over_draft": round(engine / plain, 2),
                }
            )
    if options.json:
        print(json.dumps({"processor": processor_name(), "rows": rows}, indent=1))
        return
    print(f"{processor_name()}, samples per second of one stream on one core\n")
    print(f"{'precision':10}{'draft':>10}{'engine':>10}{'engine / draft':>16}{'real time':>11}")
    for row in rows:
        print(
            f"{row['precision']:10}{row['draft']:>10,}{row['engine']:>10,}"
            f"{row['engine_over_draft']:>16.2f}{row['engine'] / SAMPLE_RATE:>11.2f}"
        )


if __name__ == "__main__":
    main()
