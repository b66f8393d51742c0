"""What this machine's memory gives one core, by working set, and what that leaves of real time: one
stream reads nearly all weights for every sample.

python benchmarks/memory.py [--json]

Each working set is read from end to end, over and over, as the native engine reads its weights
(`native/kernels.cpp: read_through`), by the processor's clock. The sizes that one sample of the
reference network reads are measured as well: `most_real_time` is the sample rate that reading alone
would allow. A stream alone leaves out about half of the heads' weights, those of inputs that a
rectifier made 0 (not in int8); the older taps are read once per run of samples (`native/model.h:
kRun`).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import asdict, dataclass

import numpy as np

from vocoder import _native
from vocoder.compiled import available_isas
from vocoder.config import WaveNetConfig
from vocoder.engine.benchmark import reference_config
from vocoder.machine import processor_name

SAMPLE_RATE = 16_000  # Hz
RUN = 8  # samples: kRun
WORKING_SETS_KIB = (32, 256, 1024, 1280, 1536, 1792, 2048, 3072, 4096, 16384)
SECONDS, ROUNDS = 0.02, 15
BYTES = {"fp32": 4, "bf16": 2, "int8": 1}
LINE = 16  # floats in a line of the caches
PANEL = 8 * 16  # floats: sizes are multiples of the widest panel


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How fast `kib` kibibytes are read; for what one sample reads, of which precision, and how
    many times real time that allows.
    """

    kib: int
    gigabytes_per_second: float
    precision: str = ""
    most_real_time: float = 0.0


def bytes_per_sample(config: WaveNetConfig, precision: str) -> int:
    """Of weights, for one stream alone."""
    residual, gate, gated, skip, head = (
        config.residual_channels,
        config.gate_channels,
        config.gated_channels,
        config.skip_channels,
        config.head_channels,
    )
    older = sum(
        residual * gate / 2 ** int(np.log2(min(dilation, RUN))) for dilation in config.dilations
    ) * (config.kernel_size - 1)
    blocks = (
        config.num_layers * (residual * gate + gated * skip)
        + (config.num_layers - 1) * gated * residual
    )
    heads = (skip * head + head * config.output_channels) / (1 if precision == "int8" else 2)
    return round((older + blocks + heads) * BYTES[precision])


def gigabytes_per_second(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """The median of several rounds."""
    isa, times = available_isas()[0], 1
    while _seconds(isa, values, times) < SECONDS:
        times *= 2
    return (
        times
        * values.nbytes
        / statistics.median(_seconds(isa, values, times) for _ in range(ROUNDS))
        / 1e9
    )


def _seconds(
    isa: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], times: int
) -> float:
    before = time.thread_time()
    _native.read_through(isa, values, times)
    return time.thread_time() - before


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    # of zeros all pages would be one and the same
    memory = np.ones(max(WORKING_SETS_KIB) * 256 + LINE, np.float32)
    # a load that lies across two lines counts twice
    memory = memory[-(memory.ctypes.data // memory.itemsize) % LINE :]
    rates = [
        Rate(kib=kib, gigabytes_per_second=round(gigabytes_per_second(memory[: kib * 256]), 1))
        for kib in WORKING_SETS_KIB
    ]
    for precision in BYTES:
        size = bytes_per_sample(reference_config(), precision)
        rate = gigabytes_per_second(memory[: size // 4 // PANEL * PANEL])
        most = rate * 1e9 / size / SAMPLE_RATE
        rates.append(
            Rate(
                kib=size // 1024,
                gigabytes_per_second=round(rate, 1),
                precision=precision,
                most_real_time=round(most, 2),
            )
        )
    if options.json:
        print(
            json.dumps(
                {"processor": processor_name(), "rates": [asdict(rate) for rate in rates]}, indent=2
            )
        )
        return
    print(
        processor_name(),
        f"{'KiB':>8}{'GB/s':>8}  what one sample of the reference size reads",
        sep="\n",
    )
    for rate in rates:
        note = (
            f"  {rate.precision}: at most {rate.most_real_time} times real time"
            if rate.precision
            else ""
        )
        print(f"{rate.kib:>8}{rate.gigabytes_per_second:>8}{note}")


if __name__ == "__main__":
    main()
