"""All autoregressive members on the same data for the same seconds of training: exact likelihoods
of the test split, beside the papers' figures.

    python benchmarks/density/likelihoods.py --data mnist:data/mnist --seconds 3600 --json FILE

Data are what the user has (`sonant-train density --help`). Each training is a run in RUNS/density:
what was stopped goes on with the same command, and rows that are in the JSON are not measured
again. A run's steps are planned by the CPU time of the first ones, so that its learning rate
reaches 0 after the seconds that it would take alone on the machine; the seconds that it took are in
its row. What is tested are the weights that were best on the validation split.

Binarised MNIST is our own draw of it. What the PixelCNN autoencoder needs is given its code, which
has seen x: it is no likelihood and stands apart.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
from pathlib import Path
from typing import Any

import torch

from training.density.data import DensityData, read_density_data
from training.density.stage import DensityRun, config_for, read_density, train_density
from training.density.task import likelihood
from vocoder.density.config import IMAGE_MODELS, ModelKind
from vocoder.errors import InputError
from vocoder.machine import processor_name


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entrant:
    """A member with its sizes, and what a paper reports of it."""

    model: ModelKind
    sizes: dict[str, Any] = dataclasses.field(default_factory=dict)
    output: str | None = None
    by_class: bool = False
    batch_size: int = 100
    # nats, by the beginning of the data's name
    papers: dict[str, float] = dataclasses.field(default_factory=dict)
    learning_rate: float | None = None


# Nats as the papers have them: MADE (arXiv 1502.03509), which quotes FVSBN and NADE, and PixelRNN
# (arXiv 1601.06759). The 86.64 are of two layers of 8,000 units and 32 masks, the 79.20 of seven
# layers.
ENTRANTS: dict[str, Entrant] = {
    "fvsbn": Entrant(
        model="fvsbn", papers={"MNIST": 97.45, "mushrooms": 10.27, "dna": 83.64, "nips": 276.88}
    ),
    "nade-500": Entrant(model="nade", papers={"MNIST": 88.33}),
    "made-500": Entrant(
        model="made", papers={"MNIST": 88.40, "mushrooms": 9.68, "dna": 79.66, "nips": 277.28}
    ),
    # 32 masks of one order: on data sets of some hundred or thousand examples one mask is learnt by
    # heart.
    "made-500-x-32": Entrant(
        model="made",
        sizes={"orderings": 32, "same_order": True},
        learning_rate=1e-2,
        papers={"mushrooms": 9.68, "dna": 79.66, "nips": 277.28},
    ),
    "made-500-x-8": Entrant(model="made", sizes={"orderings": 8}),
    "made-1000-1000": Entrant(
        model="made", sizes={"hidden": (1000, 1000)}, papers={"MNIST": 86.64}
    ),
    "autoencoder-500-500": Entrant(model="autoencoder", sizes={"hidden": (500, 500)}),
    "pixelcnn": Entrant(model="pixelcnn", batch_size=32),
    "row-lstm": Entrant(model="row-lstm", batch_size=32),
    "diagonal-bilstm": Entrant(model="diagonal-bilstm", batch_size=32, papers={"MNIST": 79.20}),
    "gated-pixelcnn": Entrant(model="gated-pixelcnn", batch_size=32),
    "gated-pixelcnn-by-class": Entrant(model="gated-pixelcnn", batch_size=32, by_class=True),
    "pixelcnn-autoencoder": Entrant(model="pixelcnn-autoencoder", batch_size=32),
    # Of real numbers.
    "linear-gaussian": Entrant(model="fvsbn", output="normal"),
    "rnade-gaussians": Entrant(model="rnade", output="gaussian"),
    "rnade-laplacians": Entrant(model="rnade", output="laplacian"),
    "rnade-logistics": Entrant(model="rnade", output="logistic"),
    "made-gaussians": Entrant(model="made", output="gaussian"),
    "gated-pixelcnn-logistics": Entrant(
        model="gated-pixelcnn", output="logistic", batch_size=16, sizes={"features": 24}
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="as of `sonant-train density`")
    parser.add_argument("--frames", type=int, default=1, help="of one x of mel:RUN")
    parser.add_argument(
        "--seconds",
        type=float,
        required=True,
        help="of training for each member, alone on the machine",
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--tested", type=int, help="examples of the test split, the first ones; all when not given"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "entrants",
        nargs="*",
        choices=[[], *ENTRANTS],
        default=[],
        help="all that fit the data when none is named",
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = read_density_data(options.data, runs=options.runs, frames=options.frames)
    rows: list[dict[str, Any]] = (
        json.loads(options.json.read_text(encoding="utf-8"))
        if options.json is not None and options.json.is_file()
        else []
    )
    for name in options.entrants or [
        name for name, entrant in ENTRANTS.items() if fits(entrant, data)
    ]:
        row = next(
            (
                row
                for row in rows
                if (row["data"], row["entrant"], row["seconds_planned"])
                == (data.name, name, options.seconds)
            ),
            None,
        )
        if row is None:
            row = measured(name, data, options)
            rows.append(row)
            if options.json is not None:
                options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        print(line(row), flush=True)


def fits(entrant: Entrant, data: DensityData) -> bool:
    """Whether a member can be trained on these data."""
    real = entrant.output is not None
    return (
        (data.levels is None) == real
        and (entrant.model not in IMAGE_MODELS or len(data.shape) == 3)
        and not (entrant.by_class and data.classes is None)
    )


def measured(name: str, data: DensityData, options: argparse.Namespace) -> dict[str, Any]:
    """One member, trained for as long as it may be, and scored on the whole test split."""
    entrant = ENTRANTS[name]
    if not fits(entrant, data):
        raise InputError(f"{name} cannot be a model of {data.name}", field="entrants")
    source = f"{options.data}, {options.frames} frame(s)"
    run = DensityRun(
        name=f"likelihoods-{data.name.split(',')[0].replace(' ', '-')}-{name}-{options.seconds:g}",
        runs=options.runs,
    )
    config = config_for(
        entrant.model, data, output=entrant.output, by_class=entrant.by_class, sizes=entrant.sizes
    )  # type: ignore[arg-type]
    trainer = train_density(
        run, data, config, source=source, steps=None, seconds=None, planned_seconds=options.seconds,
        device=options.device,
        batch_size=entrant.batch_size, learning_rate=entrant.learning_rate, validations=20,
        quiet=True,
    )  # fmt: skip
    shaped = data if entrant.model in IMAGE_MODELS else data.flat()
    classes = None if data.classes is None else data.classes[2]
    model = read_density(run.folder).to(options.device)
    found = likelihood(model, shaped.test[: options.tested], classes, options.device)
    paper = next(
        (nats for beginning, nats in entrant.papers.items() if data.name.startswith(beginning)),
        None,
    )
    return {
        "data": data.name,
        "entrant": name,
        "weights": sum(parameter.numel() for parameter in model.parameters()),
        "seconds_planned": options.seconds,
        "seconds": round(trainer.seconds, 1),
        "steps": trainer.step,
        "epochs": round(trainer.step * entrant.batch_size / len(data.training), 2),
        "threads": options.threads,
        **{name: round(value, 5) for name, value in dataclasses.asdict(found).items()},
        "paper_nats": paper,
        "density": entrant.model != "pixelcnn-autoencoder",
        "machine": processor_name() if options.device == "cpu" else options.device,
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    }


def line(row: dict[str, Any]) -> str:
    paper = "" if row["paper_nats"] is None else f", the paper {row['paper_nats']:.2f}"
    apart = "" if row["density"] else " (given its own code: no likelihood)"
    return (
        f"{row['entrant']:24} {row['nats']:8.2f} +- {row['nats_error']:.2f} nats, "
        f"{row['bits_per_dimension']:.4f} +- {row['bits_error']:.4f} bits per dimension"
        f"{paper}{apart}; {row['weights']:,} weights, {row['epochs']:g} epochs in "
        f"{row['seconds']:.0f} s"
    )


if __name__ == "__main__":
    main()
