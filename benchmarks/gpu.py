"""The engine for GPUs: whether it is right, then how fast it is, on the card that torch sees. Builds nothing; torch and triton are enough; under ten minutes.

python benchmarks/gpu.py [--json FILE] [--streams 1 16 ...]

First the laws, at the reference size: outputs beside the reference engine's on the same card, chunking and company to the byte, a stream parked and resumed.
Then 40 ms at a time, through `Engine.advance` (so with conditions on their way to the card and codes on their way back) and by the kernel alone. Then
training: a step of the default voice's size in bf16, compiled. What fails is printed, and the exit code is 1; nothing is measured then.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import triton

from vocoder.config import LinguisticConfig, WaveNetConfig
from vocoder.engine import Job, StreamState
from vocoder.engine.bench import CONDITIONING_SPREAD, reference_config
from vocoder.engine.cuda import CudaEngine
from vocoder.engine.reference import ReferenceEngine
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.prediction import Predictors

SAMPLE_RATE = 16_000  # Hz
STREAMS = (1, 16, 64, 256, 1024, 2048, 4096)
CHUNK = 640  # samples: 40 ms
ROUNDS = 5
CHECKED = 960  # samples
TOLERANCE = {"fp32": 1e-3, "bf16": 2e-2}  # of outputs beside the reference's
BATCH, SEGMENT, TRAINING_STEPS = 32, 2_400, 30


class TimedEngine(CudaEngine):
    """Remembers how long the card took for the last call's kernel."""

    kernel_seconds = 0.0

    def _start_kernel(self, programs: int, *arguments: object, **constants: object) -> None:
        began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        began.record()
        super()._start_kernel(programs, *arguments, **constants)
        ended.record()
        ended.synchronize()
        self.kernel_seconds = began.elapsed_time(ended) / 1000


def conditioning(config: WaveNetConfig, frames: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    shape = (frames, config.num_layers, config.gate_channels)
    return np.random.default_rng(0).standard_normal(shape, np.float32) * np.float32(CONDITIONING_SPREAD)


def job(state: StreamState, num_samples: int, added: np.ndarray[Any, np.dtype[np.float32]]) -> Job:
    """The next samples; conditions repeat, so that a stream may go on for ever."""
    config, frames = state.config, len(added)
    predictors = Predictors(coefficients=np.zeros((frames, config.prediction_order), np.float32), lags=np.full(frames, min(config.max_lag, 1), np.int32))
    first = state.position // config.hop_length // frames * frames
    return Job(state=state, conditioning=added, predictors=predictors, first_frame=first, temperatures=np.ones(frames, np.float32), num_samples=num_samples)


def check(engine: CudaEngine, reference: ReferenceEngine) -> list[str]:
    """What is not as it should be."""
    wrong = []
    config = engine.config
    added = conditioning(config, CHECKED // config.hop_length)
    codes = np.random.default_rng(1).integers(0, config.quantisation_levels, CHECKED)
    found = engine.logits(job(engine.start(3), CHECKED, added), codes)
    expected = reference.logits(job(reference.start(3), CHECKED, added), codes)
    apart = float(np.abs(found - expected).max())
    print(f"{engine.precision}: outputs at most {apart:.2e} from the reference's, whose deviation is {expected.std():.2f}")
    if not apart <= TOLERANCE[engine.precision]:
        wrong.append(f"{engine.precision}: outputs differ by {apart:.2e}, {TOLERANCE[engine.precision]:g} is allowed")
    alone = [engine.advance([job(engine.start(seed), CHECKED, added)])[0] for seed in range(40)]
    states = [engine.start(seed) for seed in range(40)]
    shared: list[list[np.ndarray[Any, np.dtype[np.int64]]]] = [[] for _ in states]
    for size in (1, 159, 320, 17, CHECKED - 497):
        for seed, some in enumerate(engine.advance([job(state, size, added) for state in states])):
            shared[seed].append(some)
        states[7] = engine.adopt(StreamState.from_bytes(states[7].to_bytes(), config))
    different = [seed for seed in range(40) if np.concatenate(shared[seed]).tobytes() != alone[seed].tobytes()]
    if different:
        wrong.append(f"{engine.precision}: streams {different} differ in company or in pieces (7 was parked and resumed)")
    return wrong


def measure(engine: TimedEngine, streams: int) -> dict[str, Any]:
    """One row."""
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    added = conditioning(engine.config, CHUNK // engine.config.hop_length)
    states = [engine.start(seed) for seed in range(streams)]
    taken: list[float] = []
    first = 0.0
    for turn in range(ROUNDS + 1):
        torch.cuda.synchronize()
        started = time.perf_counter()
        engine.advance([job(state, CHUNK, added) for state in states])
        torch.cuda.synchronize()
        if turn:
            taken.append(time.perf_counter() - started)
        else:
            first = time.perf_counter() - started
    seconds = statistics.median(taken)
    return {
        "precision": engine.precision,
        "streams": streams,
        "samples_per_second": round(streams * CHUNK / seconds),
        "of_each_stream": round(CHUNK / seconds),
        "real_time_streams": round(streams * CHUNK / seconds / SAMPLE_RATE, 1),
        "by_the_kernel_alone": round(streams * CHUNK / engine.kernel_seconds / SAMPLE_RATE, 1),
        "chunk_seconds": round(seconds, 5),
        "very_first_chunk_seconds": round(first, 3),  # with what Triton compiles
        "bytes_per_stream": engine.slots.slot_bytes,
        "peak_bytes": torch.cuda.max_memory_allocated() - before,
    }


def train() -> dict[str, Any]:
    """Seconds of audio per second: forward, backward and AdamW of the default voice's size."""
    config = WaveNetConfig(linguistic=LinguisticConfig(category_sizes=(2, 2, 2, 2)))
    network = WaveNet(config).cuda()
    step_of = torch.compile(network.log_prob)
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    frames = SEGMENT // config.hop_length
    codes = torch.randint(config.quantisation_levels, (BATCH, SEGMENT), device="cuda")
    added = torch.randn(BATCH, frames, config.num_layers, config.gate_channels, device="cuda") * CONDITIONING_SPREAD
    coefficients = torch.zeros(BATCH, frames, config.prediction_order, device="cuda")
    lags = torch.full((BATCH, frames), min(config.max_lag, 100), device="cuda")

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16):
            loss = -step_of(codes, added, coefficients, lags).mean()
        loss.backward()
        optimiser.step()

    for _ in range(3):
        step()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(TRAINING_STEPS):
        step()
    torch.cuda.synchronize()
    seconds = (time.perf_counter() - started) / TRAINING_STEPS
    return {
        "batch": BATCH,
        "segment_samples": SEGMENT,
        "steps_per_second": round(1 / seconds, 2),
        "audio_seconds_per_second": round(BATCH * SEGMENT / SAMPLE_RATE / seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, nargs="+", default=STREAMS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("torch sees no GPU here")
    torch.manual_seed(0)
    network = WaveNet(reference_config()).eval()
    engines = [TimedEngine(network, precision=precision) for precision in ("bf16", "fp32")]
    reference = ReferenceEngine(network, device="cuda")
    wrong = [line for engine in engines for line in check(engine, reference)]
    if wrong:
        raise SystemExit("\n".join(wrong))
    card = {
        "card": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "triton": triton.__version__,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    }
    print(f"{card['card']}, torch {card['torch']}, triton {card['triton']}, {card['date']}; reference size, {CHUNK} samples a call\n")
    print(f"{'precision':10}{'streams':>8}{'samples/s':>13}{'of each':>10}{'in real time':>14}{'kernel alone':>14}{'chunk ms':>10}{'MiB each':>10}")
    rows = []
    for engine in engines:
        for streams in options.streams:
            row = measure(engine, streams)
            rows.append(row)
            print(
                f"{row['precision']:10}{streams:>8}{row['samples_per_second']:>13,}{row['of_each_stream']:>10,}{row['real_time_streams']:>14,}"
                f"{row['by_the_kernel_alone']:>14,}{1000 * row['chunk_seconds']:>10.2f}{row['bytes_per_stream'] / 2**20:>10.2f}",
                flush=True,
            )
            torch.cuda.empty_cache()
    training = train()
    print(f"\ntraining, the default voice's size: {training['audio_seconds_per_second']} seconds of audio per second in steps of {BATCH} x {SEGMENT} samples")
    if options.json is not None:
        options.json.write_text(json.dumps({**card, "rows": rows, "training": training}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
