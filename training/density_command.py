"""What `sonant-train density` does with its options."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from training.data.density_data import read_density_data
from training.density_stage import DensityRun, config_for, read_density, train_density
from training.density_task import likelihood
from vocoder.density.config import MODELS, OutputKind
from vocoder.errors import ConfigError, InputError


def run_density(
    model: str,
    data: str,
    *,
    name: str | None,
    runs: Path,
    steps: int | None,
    seconds: float | None,
    device: str,
    learning_rate: float | None,
    weight_decay: float,
    batch: int,
    frames: int,
    output: str | None,
    by_class: bool,
    sizes: dict[str, Any],
) -> str:
    """Trains, and says how likely the held-out examples are.

    Args:
        model: of `MODELS`.
        data: as `read_density_data`.
        name: of the run; None for one made of data and model.
        runs: folder of all runs.
        steps: as `train_density`.
        seconds: likewise.
        device: likewise.
        learning_rate: likewise.
        weight_decay: likewise.
        batch: likewise.
        frames: as `read_density_data`.
        output: as `config_for`.
        by_class: likewise.
        sizes: likewise.

    Raises:
        InputError: an option that cannot be, or data that are not there.
    """
    if model not in MODELS:
        raise InputError(f"{model!r}: models are {', '.join(MODELS)}", field="model")
    read = read_density_data(data, runs=runs, frames=frames)
    try:
        config = config_for(model, read, output=cast(OutputKind | None, output), by_class=by_class, sizes=sizes)
    except ConfigError as error:
        raise InputError(str(error), field="model") from error
    if name is None:
        name = f"{Path(data.replace(':', '-')).name.removesuffix('.npz')}{'' if frames == 1 else f'-{frames}'}-{model}{'-by-class' if by_class else ''}"
    run = DensityRun(name=name, runs=runs)
    source = f"{data}{'' if frames == 1 else f', windows of {frames} frames'}"
    trainer = train_density(
        run, read, config, source=source, steps=steps, seconds=seconds, device=device, batch_size=batch, learning_rate=learning_rate,
        weight_decay=weight_decay,
    )  # fmt: skip
    shaped = read if len(config.shape) == len(read.shape) else read.flat()
    found = likelihood(read_density(run.folder), shaped.validation, None if read.classes is None else read.classes[1])
    return (
        f"{run.folder}: step {trainer.step} of {trainer.config.total_steps}, {trainer.seconds / 3600:.2f} hours\n"
        f"validation: {found.nats:.2f} +- {found.nats_error:.2f} nats, {found.bits_per_dimension:.4f} +- {found.bits_error:.4f} bits per dimension "
        f"({found.examples} examples of {read.name})"
    )
