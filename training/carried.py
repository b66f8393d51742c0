"""Trains a vocoder on a machine that has torch and numpy and nothing else: `python -m
training.carried runs/NAME --device cuda --seconds 600`.

The folder has the prepared, aligned data set in `data`, as `sonant-train prepare` and `align` leave
it. The run is kept beside it in `vocoder`, as `sonant-train vocoder` keeps it: either command goes
on with what the other began, and a run that is carried back can be exported. Stopped at any moment
(Ctrl-C, SIGTERM), the same command goes on.

For people there is a line every some seconds on standard error; `vocoder/figures.jsonl` has the
figures of every twentieth step and of every validation, one object a line. Of two lines of one
step, which a run that was killed leaves, the later one counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import torch

from training.bandwidth import Throughput, speed_line
from training.loop import Trainer
from training.recipe import Run, VocoderOptions, VocoderTraining, loop_for, write_config
from training.recipe_file import Recipe
from training.stopping import stop_on_signals
from vocoder.errors import ConfigError, InputError, SonantError

SECONDS_BETWEEN_LINES = 10.0
KEPT_EVERY = 20  # steps


class LineReporter:
    """A reporter for `Trainer.run` that needs nothing, and a context that closes its file."""

    def __init__(self, folder: Path, throughput: Throughput) -> None:
        self.throughput = throughput
        self._file = (folder / "figures.jsonl").open("a", encoding="utf-8")
        self._told = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __call__(self, step: int, figures: dict[str, float]) -> None:
        """Takes the figures of one step."""
        figures = figures | self.throughput.figures(figures["steps_per_second"])
        validated = {name: value for name, value in figures.items() if "/" in name}
        if validated or step % KEPT_EVERY == 0:
            self._file.write(json.dumps({"step": step, **figures}) + "\n")
            self._file.flush()
        if validated or time.monotonic() - self._told > SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            shown = "".join(f", {name} {value:.4f}" for name, value in validated.items())
            log_line(f"step {step}: loss {figures['loss']:.4f}{speed_line(figures)}{shown}")


def log_line(line: str) -> None:
    """To whoever watches."""
    print(line, file=sys.stderr, flush=True)


def train(
    run: Run,
    options: VocoderOptions,
    *,
    steps: int | None,
    seconds: float | None,
    learning_rate: float | None,
) -> Trainer:
    """Trains the vocoder to `steps`, or for `seconds`, from where it was:
    `training.stages.train_vocoder` without anything that has to be installed.

    Args:
        run: with an aligned data set.
        options: where, by which recipe, and of what batches.
        steps: where the learning rate reaches 0; None for the recipe's.
        seconds: stop after so long; None for all steps.
        learning_rate: its highest; None for the recipe's.

    Raises:
        InputError: as `training.stages.train_vocoder`.
        Diverged: a loss or a gradient is not finite.
    """
    data, folder = run.dataset(), run.stage("vocoder")
    began = time.monotonic()
    recipe = options.recipe_for(folder)
    loop = loop_for(recipe.vocoder_loop, options.device, steps=steps, learning_rate=learning_rate)
    training = VocoderTraining.of(data, recipe.wavenet_for(data), loop, folder, options)
    trainer = Trainer(training.task, loop, folder, device=options.device)
    write_config(folder, training.resolved)
    recipe.save(folder)
    log_line(
        f"{_machine(training, options.device)}; ready after {time.monotonic() - began:.0f} s, at "
        f"step {trainer.step} of {loop.total_steps}"
    )
    with LineReporter(folder, training.throughput) as lines:
        trainer.run(lines, seconds=seconds)
    return trainer


def _machine(training: VocoderTraining, device: str) -> str:
    segments = training.task.segments
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
    parts = [
        f"{name}, torch {torch.__version__}",
        f"{segments.segments} segments of {segments.frames} frames",
        "bf16" if training.loop.bf16 else "fp32",
    ]
    if training.throughput.bandwidth is not None:
        parts.append(f"copies {training.throughput.bandwidth / 1e12:.2f} TB/s")
    if training.task.resident is not None:
        parts.append(f"{training.task.resident.num_bytes / 1e9:.2f} GB of data there")
    return ", ".join(parts)


def arguments(given: list[str]) -> argparse.Namespace:
    """The command's options; exits with code 2 where one is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m training.carried",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="the run's folder, runs/NAME")
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1, cpu ... (%(default)s)")
    parser.add_argument(
        "--recipe",
        type=Path,
        help="a recipe file; else the one that the run was begun with, or the shipped one",
    )
    parser.add_argument(
        "--steps", type=int, help="where the learning rate reaches 0; else the recipe's"
    )
    parser.add_argument(
        "--seconds", type=float, help="stop after so many; the same command goes on"
    )
    parser.add_argument("--learning-rate", type=float, help="its highest; else the recipe's")
    parser.add_argument(
        "--segments", type=int, help="per batch; else what the run had, or the recipe's"
    )
    parser.add_argument(
        "--segment-frames",
        type=int,
        help="that count in a segment; else what the run had, or the recipe's",
    )
    parser.add_argument(
        "--predicted-share",
        type=float,
        help=(
            "of segments given the acoustic model's spectrum; else what the run had, or the "
            "recipe's"
        ),
    )
    parser.add_argument(
        "--compile",
        action=argparse.BooleanOptionalAction,
        help="torch.compile; else on a GPU only",
    )
    parser.add_argument(
        "--resident",
        action=argparse.BooleanOptionalAction,
        help="whether the data set lies on the device; else on a GPU only",
    )
    parser.add_argument("--threads", type=int, help="of the processor")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """The command. Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped."""
    parsed = arguments(given)
    stop_on_signals()
    if parsed.threads is not None:
        torch.set_num_threads(parsed.threads)
    run = Run(name=parsed.run.name, root=parsed.run.parent)
    try:
        options = VocoderOptions(
            device=parsed.device,
            recipe=None if parsed.recipe is None else Recipe.read(parsed.recipe),
            segments=parsed.segments,
            frames=parsed.segment_frames, predicted_share=parsed.predicted_share,
            compile_network=parsed.compile, resident=parsed.resident,
        )  # fmt: skip
        trainer = train(
            run,
            options,
            steps=parsed.steps,
            seconds=parsed.seconds,
            learning_rate=parsed.learning_rate,
        )
    except KeyboardInterrupt:
        log_line("stopped; the same command goes on from here")
        return 130
    except SonantError as error:
        log_line(f"training.carried: {error}")
        return 2 if isinstance(error, InputError | ConfigError) else 1
    log_line(
        f"step {trainer.step} of {trainer.config.total_steps}, {trainer.seconds / 3600:.2f} hours"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
