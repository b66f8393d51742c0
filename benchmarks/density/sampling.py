"""How much faster cached sampling is than running the whole model for every dimension: both in one
run, so that other load slows down both.

    python benchmarks/density/sampling.py --json benchmarks/density-sampling.json

Running the whole model takes the same time for every dimension, so it is timed for `--dimensions`
of them, spread over the cached run, and multiplied.
"""

from __future__ import annotations

import argparse
import datetime
import json
import time
from pathlib import Path
from typing import Any

import torch

from vocoder.density.config import DensityConfig, ModelKind
from vocoder.density.model import AutoregressiveModel, NaiveStepper
from vocoder.machine import processor_name

MEMBERS: tuple[ModelKind, ...] = ("pixelcnn", "gated-pixelcnn", "nade", "fvsbn")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--side", type=int, default=28)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--dimensions", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("members", nargs="*", choices=[[], *MEMBERS], default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [measured(name, options) for name in options.members or MEMBERS]
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def measured(name: ModelKind, options: argparse.Namespace) -> dict[str, Any]:
    """Both ways with a member of the sizes that it has in `benchmarks/density/likelihoods.py`."""
    images = name in ("pixelcnn", "gated-pixelcnn")
    shape = (1, options.side, options.side) if images else (options.side**2,)
    torch.manual_seed(0)
    model = (
        DensityConfig(model=name, shape=shape, layers=7 if name == "pixelcnn" else 8)
        .build()
        .requires_grad_(False)
        .eval()
    )
    cached, naive = [], []
    for _ in range(options.repeats):
        cached.append(cached_seconds(model, options.batch))
        naive.append(naive_seconds(model, options.batch, options.dimensions))
    row = {
        "member": name,
        "shape": list(shape),
        "batch": options.batch,
        "cached_seconds": round(min(cached), 3),
        "naive_seconds": round(min(naive), 1),
        "ratio": round(min(naive) / min(cached), 1),
        "ratios": [round(one / other, 1) for one, other in zip(naive, cached, strict=True)],
        "machine": processor_name(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    }
    print(
        (
            f"{name:16} cached {row['cached_seconds']} s, whole model each time "
            f"{row['naive_seconds']} s: {row['ratio']} times ({row['ratios']})"
        ),
        flush=True,
    )
    return row


def cached_seconds(model: AutoregressiveModel, batch: int) -> float:
    before = time.perf_counter()
    model.sample(1, batch)
    return time.perf_counter() - before


def naive_seconds(model: AutoregressiveModel, batch: int, dimensions: int) -> float:
    """For all dimensions, by the time of some."""
    stepper = NaiveStepper(model, batch, None)
    stepper.outputs(0)
    before = time.perf_counter()
    for dimension in range(dimensions):
        stepper.outputs(dimension)
        stepper.accept(dimension, torch.zeros(batch, dtype=torch.int64))
    return (time.perf_counter() - before) / dimensions * model.num_dimensions


if __name__ == "__main__":
    main()
