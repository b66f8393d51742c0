"""What computes on a GPU: whether it is right, then how fast it is. Builds nothing; torch, triton
and numpy are enough; under ten minutes.

PYTHONPATH=. python benchmarks/gpu.py [--json FILE] [--streams 1 16 ...] [--rehearse]

Part by part, what is wanted most first, and of each the laws before the clock
(`benchmarks/gpu_laws.py`): what breaks one is not measured, and the exit code is 1. At the
reference size, 40 ms at a time: each shape of the kernel by the number of streams, through
`Engine.advance` (so with predictors on their way to the GPU and codes on their way back) and by
the kernel alone, and two calls on their way at once; what is computed once per frame; training. A
part that fails does not keep the others from being done, and the file is written after each, so
that a run that is cut short, or that a GPU hangs in (it ends itself before ten minutes are over),
is not lost.

`--rehearse` does all of it in small on a processor, where Triton interprets: whether the script
itself runs, before a GPU is spent on it.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import faulthandler
import json
import os
import statistics
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REHEARSED = "--rehearse" in sys.argv
if REHEARSED:  # Triton asks when it is imported
    os.environ["TRITON_INTERPRET"] = "1"

import gpu_laws as laws  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import triton  # noqa: E402

from training.loop import Trainer  # noqa: E402
from training.recipe import VocoderOptions, VocoderTraining, loop_for  # noqa: E402
from training.recipe_file import Recipe  # noqa: E402
from vocoder.acoustic.model import AcousticModel  # noqa: E402
from vocoder.config import AcousticConfig, LinguisticConfig, WaveNetConfig  # noqa: E402
from vocoder.cuda.acoustic_model import CudaAcousticModel, DecoderInputs, EncoderInputs, PitchInputs  # noqa: E402
from vocoder.cuda.engine import CudaEngine  # noqa: E402
from vocoder.engine import Engine, PendingCodes  # noqa: E402
from vocoder.engine.benchmark import reference_config  # noqa: E402
from vocoder.engine.reference import ReferenceEngine  # noqa: E402
from vocoder.wavenet.conditions import Conditions  # noqa: E402
from vocoder.wavenet.network import WaveNet  # noqa: E402

SAMPLE_RATE = 16_000  # Hz
LIMIT_SECONDS = 590
VOICE = Path(__file__).parents[1] / "voices/kathleen"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of everything."""

    device: str
    config: WaveNetConfig
    streams: tuple[int, ...] = (1, 16, 64, 160, 256, 1024, 2048, 4096)
    at_once: int = 1024  # streams, in two calls
    chunk: int = 640  # samples: 40 ms
    rounds: int = 5
    company: int = 72  # streams whose bytes are compared: more than a program of any shape has
    few: int = 18  # the same where one stream takes long
    checked: int = 960  # samples
    priced: int = 4_000  # samples
    phonemes: int = 60  # of a sentence, each as long as `frames_each`
    frames_each: int = 7
    sentences: tuple[int, ...] = (1, 8, 64)
    # of a training batch; each number is compiled for, about a minute
    segments: tuple[int, ...] = (64,)
    steps: tuple[int, int] = (60, 200)  # of training: before the clock runs, and on it
    stopped: tuple[int, ...] = (1, 33, 60)  # steps at which training is stopped, and its end


REHEARSAL: dict[str, Any] = {
    "streams": (1, 18), "at_once": 4, "chunk": 4, "rounds": 1, "company": 18, "few": 18,
    "checked": 12, "priced": 20, "phonemes": 2,
    "frames_each": 1, "sentences": (1, 2), "segments": (1,), "steps": (2, 4), "stopped": (1, 3, 5),
}  # fmt: skip


class TimedEngine(CudaEngine):
    """Remembers how long the kernel took for the last call."""

    kernel_seconds = 0.0

    def _took(self, shape: str, jobs: Any, seconds: float) -> None:
        self.kernel_seconds = seconds
        super()._took(shape, jobs, seconds)


def settle() -> None:
    """Until the GPU has nothing to do."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def median_seconds(work: Callable[[], object], rounds: int) -> float:
    """Of several, after one that does not count."""
    taken = []
    for turn in range(rounds + 1):
        settle()
        started = time.perf_counter()
        work()
        settle()
        if turn:
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def added_for(engine: Engine, plan: Plan) -> Any:
    """A chunk's conditioning as speaking has it: on the GPU, but for the last product."""
    config, frames = engine.config, -(-plan.chunk // engine.config.hop_length)
    mel = np.random.default_rng(0).standard_normal((frames, config.n_mels), np.float32) - 6
    conditions = Conditions(
        log_mel=mel, log_f0=np.full(frames, 5.0, np.float32), voicing=np.ones(frames, np.float32)
    )
    resident = engine.resident_conditioning(conditions)
    return laws.conditioning(config, frames) if resident is None else resident


def measure(engine: Engine, streams: int, plan: Plan) -> dict[str, Any]:
    """One row of the table."""
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated() if on_gpu else 0
    added = added_for(engine, plan)
    states = [engine.start(seed) for seed in range(streams)]
    settle()
    started = time.perf_counter()
    engine.advance([laws.job(state, plan.chunk, added) for state in states])
    first = time.perf_counter() - started
    seconds = median_seconds(
        lambda: engine.advance([laws.job(state, plan.chunk, added) for state in states]),
        plan.rounds,
    )
    kernel = getattr(engine, "kernel_seconds", 0.0)
    return {
        "engine": laws.named(engine),
        "streams": streams,
        "samples_per_second": round(streams * plan.chunk / seconds),
        "of_each_stream": round(plan.chunk / seconds),
        "real_time_streams": round(streams * plan.chunk / seconds / SAMPLE_RATE, 1),
        "by_the_kernel_alone": round(streams * plan.chunk / kernel / SAMPLE_RATE, 1)
        if kernel
        else None,
        "times_real_time_each": round(plan.chunk / seconds / SAMPLE_RATE, 2),
        "chunk_seconds": round(seconds, 5),
        "first_chunk_seconds": round(first, 5),
        "ring_bytes_per_stream": engine.slots.slot_bytes
        if isinstance(engine, CudaEngine)
        else None,
        "bytes_per_stream": round((torch.cuda.max_memory_allocated() - before) / streams)
        if on_gpu
        else None,
    }


def at_once(engine: Engine, plan: Plan) -> dict[str, Any]:
    """Half of the streams on the GPU while the host reads the other half's codes: how the service
    does it.
    """
    added = added_for(engine, plan)
    halves = [
        [engine.start(2 * seed + half) for seed in range(plan.at_once // 2)] for half in range(2)
    ]

    def begin(half: int) -> PendingCodes:
        return engine.begin([laws.job(state, plan.chunk, added) for state in halves[half]])

    def both() -> None:
        on_their_way = [begin(0), begin(1)]
        for turn in range(2 * plan.rounds):
            on_their_way[turn % 2].finish()
            on_their_way[turn % 2] = begin(turn % 2)
        for pending in on_their_way:
            pending.finish()

    samples = plan.at_once // 2 * plan.chunk * (2 + 2 * plan.rounds)
    return {
        "engine": laws.named(engine),
        "streams": plan.at_once,
        "real_time_streams": round(samples / median_seconds(both, 2) / SAMPLE_RATE, 1),
    }


def frames(plan: Plan) -> list[dict[str, Any]]:
    """The acoustic model for so many sentences that wait: seconds of speech per second, one call
    after the other.
    """
    model = AcousticModel(
        AcousticConfig(linguistic=LinguisticConfig(category_sizes=(60, 4, 4, 4)))
    ).eval()
    on_gpu, random, rows = CudaAcousticModel(model, plan.device), np.random.default_rng(0), []
    inputs = model.encoder.enter.in_features
    durations = np.full(plan.phonemes, plan.frames_each)
    for count in plan.sentences:
        phonemes = [
            EncoderInputs(
                inputs=random.standard_normal((plan.phonemes, inputs), np.float32), speaker=0
            )
            for _ in range(count)
        ]
        num_frames = int(durations.sum())
        inside, melody = (
            np.zeros((num_frames, 2), np.float32),
            np.zeros((num_frames, 2), np.float32),
        )
        timed = [
            PitchInputs(
                phonemes=one, rows=np.repeat(np.arange(plan.phonemes), durations), inside=inside
            )
            for one in phonemes
        ]

        def work(phonemes: Any = phonemes, timed: Any = timed, melody: Any = melody) -> None:
            on_gpu.log_durations(phonemes)
            on_gpu.log_mels(
                [DecoderInputs(frames=frames, melody=melody) for frames, _ in on_gpu.pitches(timed)]
            )

        seconds = median_seconds(work, plan.rounds)
        spoken = count * num_frames * plan.config.hop_length / SAMPLE_RATE
        rows.append(
            {
                "sentences": count,
                "seconds": round(seconds, 5),
                "speech_seconds_per_second": round(spoken / seconds, 1),
            }
        )
    return rows


def train(folder: Path, plan: Plan, segments: int) -> dict[str, Any]:
    """Seconds of audio per second of the vocoder's training, as `sonant-train vocoder` does it:
    batches, forward, backward, AdamW, average.
    """
    data = laws.made_up(folder / "data")
    recipe = Recipe.read()
    config = recipe.wavenet_of(data.audio, num_speakers=1, sizes=(60, 4, 4, 4))
    options = VocoderOptions(device=plan.device, segments=segments, resident=True)
    training = VocoderTraining.of(
        data,
        config,
        loop_for(recipe.vocoder_loop, plan.device, steps=10_000),
        folder / "run",
        options,
    )
    trainer = Trainer(training.task, training.loop, folder / "run", device=plan.device)
    warm, timed = plan.steps
    trainer.run(lambda *_: None, until=warm)
    speeds: list[float] = []
    trainer.run(lambda _, figures: speeds.append(figures["steps_per_second"]), until=warm + timed)
    speed = statistics.median(speeds)
    return {
        "segments": segments,
        "steps_per_second": round(speed, 2),
        "bandwidth": training.throughput.bandwidth,
        **training.throughput.figures(speed),
    }


def print_table(rows: list[dict[str, Any]]) -> None:
    """Every row of one kind below the other, each figure below its name."""
    for index, row in enumerate(rows):
        shown = {name: value for name, value in row.items() if value is not None}
        if index == 0 or shown.keys() != {
            name for name, value in rows[index - 1].items() if value is not None
        }:
            print("\n" + "  ".join(shown))
        print(
            "  ".join(
                f"{value:>{len(name)},}"
                if isinstance(value, int | float)
                else f"{value:<{len(name)}}"
                for name, value in shown.items()
            ),
            flush=True,
        )


class Results:
    """What has been found so far; written after every part.

    Args:
        path: of a JSON file; None for none.
        about: what is known before.
    """

    def __init__(self, path: Path | None, about: dict[str, Any]) -> None:
        self._path, self._began = path, time.perf_counter()
        self.found = {**about, "wrong": []}

    def part(self, name: str, work: Callable[[], dict[str, Any]]) -> None:
        """Does one part more, whose lines under "wrong" join the others'. What fails is wrong, and
        the rest goes on.
        """
        print(f"\n== {name}", flush=True)
        try:
            found = work()
        except Exception as error:  # noqa: BLE001  (told, and the exit code's; a GPU is lent for minutes, and the other parts are worth having)
            traceback.print_exc()
            found = {"wrong": [f"{name}: {type(error).__name__}: {error}"]}
        self.found["wrong"] += found.pop("wrong", [])
        self.found[name] = found
        for value in found.values():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                print_table(value)
        print(f"-- {time.perf_counter() - self._began:.0f} s so far", flush=True)
        if self._path is not None:
            self._path.write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")

    def table(self) -> list[dict[str, Any]]:
        """All rows by the number of streams, those that keep no rings last: they have a column
        less.
        """
        rows = [
            row
            for part in self.found.values()
            if isinstance(part, dict)
            for row in part.get("rows", [])
            if "chunk_seconds" in row
        ]
        return sorted(rows, key=lambda row: row["ring_bytes_per_stream"] is None)


class Bench:
    """The parts.

    Args:
        plan: how much of everything.
    """

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(0)
        self.plan = plan
        self.network = WaveNet(plan.config).eval()
        self.reference = ReferenceEngine(self.network)
        self._made: dict[str, Engine] = {}

    def engine(self, precision: str, shape: str) -> Engine:
        """Made when it is first asked for."""
        name = f"{precision} {shape}"
        if name not in self._made:
            self._made[name] = TimedEngine(
                self.network, device=self.plan.device, precision=precision, shape=shape
            )
        return self._made[name]

    def kernel(self, precision: str, shape: str) -> dict[str, Any]:
        """A shape of the kernel: right alone, and beside `whole`? How fast?"""
        plan, engine = self.plan, self.engine(precision, shape)
        wrong = laws.check(
            engine, self.reference, plan.checked, plan.few if precision == "fp32" else plan.company
        )
        if shape != "whole":
            wrong += laws.same_bytes(
                engine, self.engine(precision, "whole"), plan.checked, plan.company
            )
        if wrong:
            return {"wrong": wrong}
        return {
            "wrong": wrong,
            "rows": [measure(engine, count, plan) for count in plan.streams],
            "at_once": [at_once(engine, plan)],
        }

    def price(self) -> dict[str, Any]:
        """What bf16 costs a voice."""
        trained = laws.trained_network(VOICE)
        engine = CudaEngine(trained, device=self.plan.device, precision="bf16", shape="whole")
        return {
            "wrong": laws.price_is_fair(engine, ReferenceEngine(trained), trained, self.plan.priced)
        }

    def frames(self) -> dict[str, Any]:
        """What is computed once per frame."""
        with torch.inference_mode():
            wrong = laws.frames_agree(torch.device(self.plan.device), self.network)
        return {"wrong": wrong, "rows": frames(self.plan)}

    def training(self) -> dict[str, Any]:
        """The vocoder's training."""
        with tempfile.TemporaryDirectory() as folder:
            wrong = laws.check_training(
                Path(folder) / "check", self.plan.device, self.plan.segments[0], self.plan.stopped
            )
            return {
                "wrong": wrong,
                "rows": [
                    train(Path(folder) / str(segments), self.plan, segments)
                    for segments in self.plan.segments
                ],
            }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, nargs="+")
    parser.add_argument(
        "--segments", type=int, nargs="+", help="of a training batch, one number after the other"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rehearse", action="store_true")
    options = parser.parse_args()
    if not REHEARSED and not torch.cuda.is_available():
        raise SystemExit("torch sees no GPU here")
    config = reference_config()
    plan = Plan(device="cuda", config=config)
    if REHEARSED:
        small = dataclasses.replace(
            config,
            num_layers=4,
            residual_channels=8,
            gate_channels=16,
            skip_channels=16,
            head_channels=16,
            hop_length=4,
        )
        plan = Plan(device="cpu", config=small, **REHEARSAL)
    else:
        # nothing else ends a kernel that waits for ever
        faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
    plan = dataclasses.replace(
        plan,
        streams=tuple(options.streams or plan.streams),
        segments=tuple(options.segments or plan.segments),
    )
    about = {
        "card": torch.cuda.get_device_name() if torch.cuda.is_available() else "interpreter",
        "torch": torch.__version__,
        "triton": triton.__version__,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "config": plan.config.to_dict(),
    }
    print(
        f"{about['card']}, torch {about['torch']}, triton {about['triton']}, {about['date']}",
        flush=True,
    )
    bench, results = Bench(plan), Results(options.json, about)
    results.part("cuda bf16 whole", lambda: bench.kernel("bf16", "whole"))
    results.part("price", bench.price)
    results.part("frames", bench.frames)
    results.part("training", bench.training)
    results.part("cuda fp32 whole", lambda: bench.kernel("fp32", "whole"))
    # its programs wait for each other: what stops them stops all that follows
    results.part("cuda bf16 chain", lambda: bench.kernel("bf16", "chain"))
    print_table(results.table())
    if results.found["wrong"]:
        raise SystemExit("\n".join(["", "wrong:", *results.found["wrong"]]))


if __name__ == "__main__":
    main()
