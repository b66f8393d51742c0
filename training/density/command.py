"""`sonant-train density`: its options, and what it does with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, cast

import torch
import typer

from training.density.data import read_density_data
from training.density.stage import DensityRun, config_for, read_density, train_density
from training.density.task import likelihood
from vocoder.density.config import MODELS, OutputKind
from vocoder.errors import ConfigError, InputError

_CORES = os.cpu_count() or 1


def density(
    model: Annotated[str, typer.Option(help=f"One of {', '.join(MODELS)}.")],
    data: Annotated[
        str, typer.Option(help="mnist:FOLDER (its idx files), digits, npz:FILE, or mel:RUN.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Of the run, in RUNS/density; data and model when not given.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of all runs.")] = Path("runs"),
    steps: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Where the learning rate reaches 0; as many as fit into --seconds when not given.",
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so many seconds; the same command goes on.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ...")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = _CORES,
    learning_rate: Annotated[
        float | None, typer.Option(min=1e-6, max=0.1, help="Its highest; else the model's default.")
    ] = None,
    weight_decay: Annotated[
        float, typer.Option(min=0.0, help="Of AdamW; data sets of some hundred examples need it.")
    ] = 0.0,
    batch: Annotated[int, typer.Option(min=1, help="Examples per batch.")] = 100,
    frames: Annotated[
        int,
        typer.Option(min=1, help="Of one example of mel:RUN; more than one for models of images."),
    ] = 1,
    output: Annotated[
        str | None,
        typer.Option(
            help=(
                "bernoulli, softmax, normal, gaussian, laplacian or logistic; else what fits "
                "the data."
            )
        ),
    ] = None,
    by_class: Annotated[
        bool, typer.Option("--by-class", help="Give the model each example's class.")
    ] = False,
    hidden: Annotated[
        list[int] | None, typer.Option(min=1, help="Units of a hidden layer; repeated for several.")
    ] = None,
    orderings: Annotated[int | None, typer.Option(min=1, help="Of MADE.")] = None,
    same_order: Annotated[
        bool,
        typer.Option(
            "--same-order",
            help="MADE's orderings are all the natural one; their connections differ.",
        ),
    ] = False,
    features: Annotated[int | None, typer.Option(min=1, help="Of models of images.")] = None,
    layers: Annotated[int | None, typer.Option(min=1, help="Of models of images.")] = None,
    codes: Annotated[
        int | None, typer.Option(min=1, help="Bottleneck of the PixelCNN autoencoder.")
    ] = None,
) -> None:
    """Train an autoregressive density of images, vectors or spectra (docs/DENSITIES.md); run again
    to go on.
    """
    torch.set_num_threads(threads)
    sizes = {
        "hidden": tuple(hidden) if hidden else None,
        "orderings": orderings,
        "same_order": same_order or None,
        "features": features,
        "layers": layers,
        "codes": codes,
    }
    if model not in MODELS:
        raise InputError(f"{model!r}: models are {', '.join(MODELS)}", field="model")
    read = read_density_data(data, runs=runs, frames=frames)
    try:
        config = config_for(
            model, read, output=cast(OutputKind | None, output), by_class=by_class, sizes=sizes
        )
    except ConfigError as error:
        raise InputError(str(error), field="model") from error
    if name is None:
        source_name = Path(data.replace(":", "-")).name.removesuffix(".npz")
        windowed = "" if frames == 1 else f"-{frames}"
        name = f"{source_name}{windowed}-{model}{'-by-class' if by_class else ''}"
    run = DensityRun(name=name, runs=runs)
    source = f"{data}{'' if frames == 1 else f', windows of {frames} frames'}"
    trainer = train_density(
        run, read, config, source=source, steps=steps, seconds=seconds, device=device,
        batch_size=batch, learning_rate=learning_rate,
        weight_decay=weight_decay,
    )  # fmt: skip
    shaped = read if len(config.shape) == len(read.shape) else read.flat()
    found = likelihood(
        read_density(run.folder),
        shaped.validation,
        None if read.classes is None else read.classes[1],
    )
    typer.echo(
        f"{run.folder}: step {trainer.step} of {trainer.config.total_steps}, "
        f"{trainer.seconds / 3600:.2f} hours\n"
        f"validation: {found.nats:.2f} +- {found.nats_error:.2f} nats, "
        f"{found.bits_per_dimension:.4f} +- {found.bits_error:.4f} bits per dimension "
        f"({found.examples} examples of {read.name})"
    )
