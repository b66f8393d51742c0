"""How fast the engines are here: samples per second of each, measured beside two yardsticks in one
run.

`run` measures everything in turn, several rounds over, and keeps medians: a machine that is busy
for a while disturbs a round of all and not all rounds of one. Speed is given in wall-clock
time and in CPU time: they differ where other processes share the cores, and ratios are of
the latter.

    python -m vocoder.engine.benchmark [--reference-size] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from vocoder.config import LinguisticConfig, WaveNetConfig
from vocoder.engine import Engine, Job, make_engine, native_built
from vocoder.engine.torch_loop import TorchLoop
from vocoder.engine.weights import EngineWeights
from vocoder.machine import processor_name
from vocoder.torch_threads import one_torch_thread
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import Predictors

RECOMPUTED, TORCH_LOOP = "recomputed", "torch-loop"
CONDITIONING_SPREAD = 0.3  # of the random numbers that stand for a conditioning
FIRST_CHUNK_SECONDS = 0.04  # of sound
SAMPLES_AT_FIRST = 4  # to learn how many fill the time of a measurement

Work = Callable[[int], None]  # makes that many samples of each of its streams


@dataclass(frozen=True, kw_only=True)
class BenchmarkRow:
    """One engine's speed.

    Attributes:
        engine: "native", "reference", "torch-loop" (`vocoder.engine.torch_loop`) or "recomputed"
            (the parallel network over the whole receptive field for every sample).
        precision: of weights and sums; isa: instruction set, or torch device.
        streams: that share each call; threads: that compute.
        samples_per_second: of all streams together, in wall-clock time.
        real_time_factor: the same over the sample rate: how many streams could play at once, or how
            much faster than playing one is.
        samples_per_cpu_second: by the processor's clock, so without the time that other processes
            had.
        times_recomputed, times_torch_loop: the speed over that of the yardstick, both by the
            processor's clock.
        multiply_adds_per_second: of all threads together, in wall-clock time; an engine that
            leaves products with zero out counts them.
        share_of_peak: the same by the processor's clock, over what this core makes in registers at
            that precision with those instructions, measured in the same run; 0 where that is not
            measured (all but "native").
        first_chunk_seconds: from the call to the first 40 ms of every stream; 0 for the yardsticks.
        state_bytes: what one stream has to remember, 0 for the yardsticks.
    """

    engine: str
    precision: str
    isa: str
    streams: int
    threads: int
    samples_per_second: float
    real_time_factor: float
    samples_per_cpu_second: float
    times_recomputed: float
    times_torch_loop: float
    multiply_adds_per_second: float
    share_of_peak: float
    first_chunk_seconds: float
    state_bytes: int


@dataclass(frozen=True, kw_only=True)
class BenchmarkReport:
    """What a run found; `machine` says where, `network` of what size."""

    machine: dict[str, Any]
    network: dict[str, Any]
    rows: tuple[BenchmarkRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One row to be measured."""

    engine: str
    precision: str
    isa: str
    streams: int
    threads: int
    state_bytes: int
    work: Work


def reference_config() -> WaveNetConfig:
    """The size that speeds are compared at: 20 layers, 868,352 multiply-adds per sample with the
    last block's residual product; no predictions.
    """
    return WaveNetConfig(
        prediction_order=0, max_lag=0, num_layers=20, num_cycles=2, residual_channels=64,
        gate_channels=128, skip_channels=256, head_channels=256,
        linguistic=LinguisticConfig(category_sizes=(2, 2, 2, 2)),
    )  # fmt: skip


def run(
    config: WaveNetConfig,
    *,
    sample_rate: int = 16_000,
    streams: Sequence[int] = (1, 2, 4, 8, 16),
    rounds: int = 5,
    seconds: float = 0.3,
    progress: Callable[[int, int], None] | None = None,
) -> BenchmarkReport:
    """Measures every engine that runs here on a network of this config with random weights.

    Args:
        config: of the network; the torch loop is measured for a softmax output only and is 0 times
            for others.
        sample_rate: Hz, what real time means.
        streams: how many share a call; all of them for the fastest instruction set, on one thread
            and on one per core; the others are measured with one.
        rounds: measurements per row; their median counts.
        seconds: about how long a measurement takes, except where a single sample takes longer.
        progress: called with the measurements done and those there are.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = WaveNet(config).eval()
    contestants = _contestants(network, streams)
    wall: list[list[float]] = [[] for _ in contestants]
    cpu: list[list[float]] = [[] for _ in contestants]
    first: list[list[float]] = [[] for _ in contestants]
    multiply_adds = EngineWeights.of(network).multiply_adds
    first_chunk = max(round(FIRST_CHUNK_SECONDS * sample_rate), 1)
    with one_torch_thread():
        sizes = [_samples_in(contestant.work, seconds) for contestant in contestants]
        for turn in range(rounds):
            for index, contestant in enumerate(contestants):
                if contestant.state_bytes:
                    first[index].append(_time(contestant.work, first_chunk)[0])
                wall_seconds, cpu_seconds = _time(contestant.work, sizes[index])
                made = sizes[index] * contestant.streams
                wall[index].append(made / wall_seconds)
                cpu[index].append(made / cpu_seconds)
                if progress is not None:
                    progress(turn * len(contestants) + index + 1, rounds * len(contestants))
    peaks = _peaks(contestants)
    by_cpu = [statistics.median(speeds) for speeds in cpu]
    yardsticks = {
        contestant.engine: speed for contestant, speed in zip(contestants, by_cpu, strict=True)
    }
    rows = tuple(
        BenchmarkRow(
            engine=contestant.engine, precision=contestant.precision, isa=contestant.isa,
            streams=contestant.streams, threads=contestant.threads,
            samples_per_second=round(statistics.median(wall[index]), 1),
            real_time_factor=round(statistics.median(wall[index]) / sample_rate, 4),
            samples_per_cpu_second=round(by_cpu[index], 1),
            times_recomputed=round(by_cpu[index] / yardsticks[RECOMPUTED], 2),
            times_torch_loop=round(by_cpu[index] / yardsticks[TORCH_LOOP],
            2) if TORCH_LOOP in yardsticks else 0.0,
            multiply_adds_per_second=round(statistics.median(wall[index]) * multiply_adds),
            share_of_peak=round(by_cpu[index] * multiply_adds / peaks[contestant.precision,
            contestant.isa], 3) if contestant.engine == "native" else 0.0,
            first_chunk_seconds=round(statistics.median(first[index]), 6) if first[index] else 0.0,
            state_bytes=contestant.state_bytes,
        )
        for index, contestant in enumerate(contestants)
    )  # fmt: skip
    size = {
        "multiply_adds": multiply_adds,
        "receptive_field": config.receptive_field,
        **config.to_dict(),
    }
    return BenchmarkReport(machine=_machine(), network=size, rows=rows)


def _contestants(network: WaveNet, streams: Sequence[int]) -> list[Contestant]:
    found = [
        Contestant(
            engine=RECOMPUTED,
            precision="fp32",
            isa="cpu",
            streams=1,
            threads=1,
            state_bytes=0,
            work=_recompute(network),
        )
    ]
    if network.config.output == "softmax":
        found.append(
            Contestant(
                engine=TORCH_LOOP,
                precision="fp32",
                isa="cpu",
                streams=1,
                threads=1,
                state_bytes=0,
                work=_torch_loop(network),
            )
        )
    engines = [(make_engine(network, "reference"), tuple(streams[:1]))]
    cores = os.cpu_count() or 1
    if native_built():
        from vocoder.compiled import available_isas
        from vocoder.engine.native import PRECISIONS  # late: it needs the compiled module

        isas = available_isas()
        engines += [
            (
                make_engine(network, "native", isa=isa, precision=precision),
                tuple(streams if isa == isas[0] else streams[:1]),
            )
            for isa in reversed(isas)
            for precision in PRECISIONS
        ]
        shared = tuple(count for count in streams if count > 1)
        if cores > 1 and shared:
            engines += [
                (
                    make_engine(network, "native", isa=isas[0], precision=precision, threads=cores),
                    shared,
                )
                for precision in PRECISIONS
            ]
    for engine, counts in engines:
        found += [
            Contestant(
                engine=engine.name,
                precision=engine.precision,
                isa=engine.isa,
                streams=count,
                threads=engine.threads,
                state_bytes=engine.start(0).nbytes,
                work=generating(engine, count),
            )
            for count in counts
        ]
    return found


def _peaks(contestants: Sequence[Contestant]) -> dict[tuple[str, str], float]:
    """Multiply-adds per second that a core makes in registers, by precision and instruction set."""
    kinds = {
        (contestant.precision, contestant.isa)
        for contestant in contestants
        if contestant.engine == "native"
    }
    if not kinds:
        return {}
    from vocoder.engine.native import peak_multiply_adds  # late: it needs the compiled module

    return {
        (precision, isa): peak_multiply_adds(isa, precision) for precision, isa in sorted(kinds)
    }


def generating(engine: Engine, streams: int) -> Work:
    """So many streams of an engine with random conditioning, in one call."""
    config = engine.config

    def work(num_samples: int) -> None:
        frames = -(-num_samples // config.hop_length)
        conditioning = _conditioning(config, frames)
        temperatures = np.ones(frames, np.float32)
        jobs = [
            Job(
                state=engine.start(seed),
                conditioning=conditioning,
                predictors=_predictors(config, frames),
                first_frame=0,
                temperatures=temperatures,
                num_samples=num_samples,
            )
            for seed in range(streams)
        ]
        engine.advance(jobs)

    return work


def _torch_loop(network: WaveNet) -> Work:
    loop = TorchLoop(network)
    channels = network.conditioning.project.in_features

    def work(num_samples: int) -> None:
        with torch.random.fork_rng():
            loop.generate(torch.randn(1, num_samples, channels) * CONDITIONING_SPREAD)

    return work


def _recompute(network: WaveNet) -> Work:
    config = network.config
    frames = -(-config.receptive_field // config.hop_length)
    conditioning = torch.from_numpy(_conditioning(config, frames)).unsqueeze(0)
    predictors = _predictors(config, frames)
    coefficients, lags = (
        torch.from_numpy(predictors.coefficients).unsqueeze(0),
        torch.from_numpy(predictors.lags).unsqueeze(0),
    )
    codes = torch.randint(
        config.quantisation_levels,
        (1, frames * config.hop_length),
        generator=torch.Generator().manual_seed(0),
    )

    @torch.inference_mode()
    def work(num_samples: int) -> None:
        for _ in range(num_samples):
            codes[0] = torch.roll(codes[0], -1)
            codes[0, -1] = (
                network(codes, conditioning, coefficients, lags)[0, -1].argmax()
                % config.quantisation_levels
            )

    return work


def _conditioning(config: WaveNetConfig, frames: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    shape = (frames, config.num_layers, config.gate_channels)
    return np.random.default_rng(0).standard_normal(shape, np.float32) * np.float32(
        CONDITIONING_SPREAD
    )


def _predictors(config: WaveNetConfig, frames: int) -> Predictors:
    coefficients = np.random.default_rng(1).uniform(-1, 1, (frames, config.prediction_order)) / max(
        config.prediction_order, 1
    )
    return Predictors(
        coefficients=coefficients.astype(np.float32),
        lags=np.full(frames, -(-config.max_lag // 2), np.int32),
    )


def _time(work: Work, num_samples: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work(num_samples)
    return time.perf_counter() - wall, time.process_time() - cpu


def _samples_in(work: Work, seconds: float) -> int:
    """How many samples take about that long; also warms everything up."""
    samples = SAMPLES_AT_FIRST
    while (taken := _time(work, samples)[1]) < seconds / 4:
        samples *= 2
    return max(1, round(samples * seconds / taken))


def _machine() -> dict[str, Any]:
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def table(report: BenchmarkReport) -> str:
    """The report for reading."""
    machine = report.machine
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; torch {machine['torch']}",
        (
            f"{report.network['num_layers']} layers, {report.network['multiply_adds']:,} "
            f"multiply-adds per sample"
        ),
        "",
        (
            f"{'engine':<12}{'precision':<10}{'isa':<11}{'threads':>8}{'streams':>8}{'samples/s':>11}"
            f"{'real time':>11}{'x torch':>9}{'of peak':>9}{'first ms':>9}"
        ),
    ]
    lines += [
        f"{row.engine:<12}{row.precision:<10}{row.isa:<11}{row.threads:>8}{row.streams:>8}"
        f"{row.samples_per_second:>11,.0f}{row.real_time_factor:>11.2f}"
        f"{row.times_torch_loop:>9,.1f}{row.share_of_peak:>9.0%}"
        f"{1000 * row.first_chunk_seconds:>9.2f}"
        for row in report.rows
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m vocoder.engine.benchmark`."""
    parser = argparse.ArgumentParser(
        prog="python -m vocoder.engine.benchmark", description="How fast the engines are here."
    )
    parser.add_argument(
        "--reference-size",
        action="store_true",
        help="the size that speeds are compared at, not a voice's",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    voice_size = WaveNetConfig(linguistic=reference_config().linguistic)
    report = run(
        reference_config() if options.reference_size else voice_size,
        progress=lambda done, of: print(
            f"\r{done}/{of} measurements", end="\n" if done == of else "", file=sys.stderr
        ),
    )
    print(json.dumps(report.to_dict(), indent=2) if options.json else table(report))


if __name__ == "__main__":
    main()
