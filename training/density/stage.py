"""`sonant-train density`: which sizes a member has by default, how long it is trained, and what a
run leaves.

RUNS/density/NAME   config.json (model, loop, data), checkpoint.pt (where it goes on from), best.pt
(best validated weights), tensorboard/

A run is planned once: how many steps fit into the seconds it is given, since the learning rate has
to reach 0 at the end. The plan is in config.json, and the same command goes on by it.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from training.density.data import DensityData
from training.density.task import DensityTask
from training.loop import LoopConfig, Trainer
from training.monitor import TrainingMonitor
from training.recipe import write_config
from training.stages import read_average, train_stage
from vocoder.density.conditioning import Given
from vocoder.density.config import IMAGE_MODELS, DensityConfig, ModelKind, OutputKind
from vocoder.density.model import AutoregressiveModel
from vocoder.errors import InputError

BEST = "best.pt"
SHOWN = 16  # samples of a picture
# steps that are not timed, and that are, for so long at most
WARMING_STEPS, PROBED, PROBING_SECONDS = (
    3,
    40,
    5.0,
)
# the others run the whole model for every dimension
QUICKLY_SAMPLED = (
    "fvsbn",
    "nade",
    "rnade",
    "pixelcnn",
    "gated-pixelcnn",
)
LEARNING_RATES: dict[ModelKind, float] = {
    "fvsbn": 1e-2, "nade": 3e-3, "rnade": 2e-3, "autoencoder": 3e-3, "made": 3e-3, "pixelcnn": 2e-3,
    "row-lstm": 3e-3,
    "diagonal-bilstm": 3e-3, "gated-pixelcnn": 2e-3, "pixelcnn-autoencoder": 1e-3,
}  # fmt: skip
SIZES: dict[ModelKind, dict[str, Any]] = {
    "made": {"orderings": 1}, "rnade": {"hidden": (100, )}, "pixelcnn": {"layers": 7},
    "row-lstm": {"features": 32, "layers": 3},
    "diagonal-bilstm": {"features": 24, "layers": 2}, "gated-pixelcnn": {"layers": 8},
    "pixelcnn-autoencoder": {"layers": 4},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DensityRun:
    """Where one density in the making lives."""

    name: str
    runs: Path = Path("runs")

    @property
    def folder(self) -> Path:
        """Of its files."""
        return self.runs / "density" / self.name


def config_for(
    model: ModelKind,
    data: DensityData,
    *,
    output: OutputKind | None = None,
    by_class: bool = False,
    sizes: Mapping[str, Any] | None = None,
) -> DensityConfig:
    """A member for a data set.

    Args:
        model: which.
        data: gives shape, levels and classes; models of vectors read images as vectors.
        output: distribution of each dimension; by default Bernoulli for binary data, softmax for
            codes, a mixture for real numbers.
        by_class: whether the model is given the class.
        sizes: fields of `DensityConfig` that are to be other than by default; None leaves one as it
            is.

    Raises:
        InputError: the model cannot be one of these data.
        ConfigError: sizes contradict each other.
    """
    if model in IMAGE_MODELS and len(data.shape) != 3:
        raise InputError(
            f"{model} is a model of images, and x of {data.name} has the shape {data.shape}",
            field="model",
        )
    if by_class and data.classes is None:
        raise InputError(f"{data.name} has no classes", field="given")
    if output is None:
        output = (
            "bernoulli"
            if data.levels == 2 and model != "rnade"
            else "softmax"
            if data.levels is not None and model != "rnade"
            else "logistic"
        )
    wished = SIZES.get(model, {}) | {
        name: value for name, value in (sizes or {}).items() if value is not None
    }
    given = Given(kind="class", size=data.num_classes) if by_class else Given()
    if model == "pixelcnn-autoencoder":
        given = Given(kind="vector", size=wished.get("codes", DensityConfig.codes))
    shape = data.shape if model in IMAGE_MODELS else data.flat().shape
    return DensityConfig(
        model=model, shape=shape, output=output, levels=data.levels, given=given, **wished
    )


def train_density(
    run: DensityRun,
    data: DensityData,
    config: DensityConfig,
    *,
    source: str,
    steps: int | None,
    seconds: float | None,
    planned_seconds: float | None = None,
    device: str = "cpu",
    batch_size: int = 100,
    learning_rate: float | None = None,
    weight_decay: float = 0.0,
    validations: int = 20,
    quiet: bool = False,
) -> Trainer:
    """Trains a member, from where its run was.

    Args:
        run: where.
        data: what to train on.
        config: of the model.
        source: what the data were read from, for config.json.
        steps: where the learning rate reaches 0; None plans them from the seconds. A run that has
            begun keeps its own.
        seconds: stop after so long; None for all steps.
        planned_seconds: what steps are planned from, `seconds` by default.
        device: where.
        batch_size: B.
        learning_rate: its highest; None for the member's default.
        weight_decay: of AdamW; data sets of some hundred examples need it.
        validations: how many there are, evenly over the steps; the weights that are best in one of
            them are what `read_density` reads.
        quiet: no TensorBoard and no progress bar.

    Raises:
        InputError: neither steps nor seconds, or the run was begun with another model or other
            data.
        Diverged: a loss or a gradient is not finite.
    """
    data = data if config.model in IMAGE_MODELS else data.flat()
    loop = LoopConfig(
        total_steps=1, learning_rate=learning_rate or LEARNING_RATES[config.model], decay_share=0.5,
        weight_decay=weight_decay, ema_decay=0.998,
        bf16=False,
    )  # fmt: skip
    torch.manual_seed(loop.seed)  # the weights that training begins with
    task = DensityTask(data, config, batch_size=batch_size, best=run.folder / BEST)
    planned = recorded_steps(run.folder, config, source)
    if planned is None:
        budget = seconds if planned_seconds is None else planned_seconds
        if steps is None and budget is None:
            raise InputError("say --steps or --seconds: nothing else ends a new run", field="steps")
        # of a run that was killed before its first checkpoint, perhaps of another model
        (run.folder / BEST).unlink(missing_ok=True)
        planned = steps if steps is not None else plan(task, loop, budget or 0.0, device)
    loop = dataclasses.replace(
        loop,
        total_steps=planned,
        warmup_steps=max(1, min(200, planned // 10)),
        validate_every=max(1, planned // validations),
    )
    resolved = {
        "model": config.to_dict(),
        "loop": dataclasses.asdict(loop),
        "data": source,
        "batch_size": batch_size,
    }
    if quiet:
        return _train_quietly(run.folder, task, resolved, loop, seconds=seconds, device=device)
    return train_stage(
        run.folder, task, resolved, loop, seconds=seconds, device=device, listen=shown(config)
    )


def _train_quietly(
    folder: Path,
    task: DensityTask,
    resolved: dict[str, Any],
    loop: LoopConfig,
    *,
    seconds: float | None,
    device: str,
) -> Trainer:
    trainer = Trainer(task, loop, folder, device=device)
    write_config(folder, resolved)
    trainer.run(lambda step, figures: None, seconds=seconds)
    return trainer


def plan(task: DensityTask, loop: LoopConfig, seconds: float, device: str) -> int:
    """How many steps fit into so many seconds, by the time that some take of a copy of the task.

    On a CPU by the time of the threads themselves: what else runs on the machine makes a run
    longer, but no member's training shorter than another's.
    """
    clock = _thread_seconds if device.startswith("cpu") else time.monotonic
    with tempfile.TemporaryDirectory() as folder:
        trial = Trainer(
            task.copy(),
            dataclasses.replace(loop, total_steps=1_000_000, validate_every=1_000_000),
            Path(folder),
            device=device,
        )
        trial.run(lambda step, figures: None, until=WARMING_STEPS)
        before = clock()
        trial.run(lambda step, figures: None, until=WARMING_STEPS + PROBED, seconds=PROBING_SECONDS)
        each = (clock() - before) / (trial.step - WARMING_STEPS)
    return max(10, int(seconds / each))


def _thread_seconds() -> float:
    """CPU time of this process, divided by the threads that torch computes with."""
    return time.process_time() / torch.get_num_threads()


def recorded_steps(folder: Path, config: DensityConfig, source: str) -> int | None:
    """The steps that the run in this folder was planned for; None where none has begun. Raises
    InputError where it is of something else.
    """
    path = folder / "config.json"
    if not path.is_file() or not (folder / "checkpoint.pt").is_file():
        return None
    recorded = json.loads(path.read_text(encoding="utf-8"))
    if DensityConfig.from_dict(recorded["model"]) != config or recorded["data"] != source:
        raise InputError(
            f"{folder}: was begun with another model or other data; give this run another --name",
            field="name",
        )
    return int(recorded["loop"]["total_steps"])


def read_density(folder: Path) -> AutoregressiveModel:
    """A trained member, its best validated weights, or its average where none were, in evaluation
    mode. Raises InputError where the folder holds none.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise InputError(f"{path}: no such file; run `sonant-train density` first", field=str(path))
    model = DensityConfig.from_dict(json.loads(path.read_text(encoding="utf-8"))["model"]).build()
    best = folder / BEST
    model.load_state_dict(
        torch.load(best, map_location="cpu", weights_only=True)["average"]
        if best.is_file()
        else read_average(folder)[0]
    )
    return model.eval().requires_grad_(False)


def shown(config: DensityConfig) -> Callable[[nn.Module, TrainingMonitor, int], None] | None:
    """Draws samples for TensorBoard at each validation, of members that are sampled quickly and
    whose x is a picture.
    """
    side = int(np.sqrt(np.prod(config.shape)))
    square = len(config.shape) == 1 and side * side == config.shape[0] and config.levels is not None
    if config.model not in QUICKLY_SAMPLED or not (square or len(config.shape) == 3):
        return None

    def listen(model: nn.Module, monitor: TrainingMonitor, step: int) -> None:
        assert isinstance(model, AutoregressiveModel)
        given = torch.arange(SHOWN) % config.given.size if config.given.kind == "class" else None
        drawn = model.sample(0, SHOWN, given)
        rows, columns = (side, side) if square else config.shape[-2:]
        monitor.pictures("samples", drawn.view(SHOWN, -1, rows, columns).float().numpy(), step)

    return listen
