"""The pictures of docs/DENSITIES.md.

    python benchmarks/density/pictures.py fields                                                  #
    needs no training python benchmarks/density/pictures.py samples --run runs/density/NAME [--run
    ...] python benchmarks/density/pictures.py completions --run runs/density/NAME --data
    mnist:data/mnist python benchmarks/density/pictures.py interpolation --run runs/density/NAME
    --data mnist:data/mnist    # a PixelCNN autoencoder python benchmarks/density/pictures.py
    continuation --run runs/density/NAME --data mel:VOICE --frames 32   # a Gated PixelCNN of
    spectra

Runs are those of `sonant-train density` and `benchmarks/density/likelihoods.py`. All that is drawn
is a function of the weights and `--seed`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import torch
from torch import Tensor

from training.density.data import read_density_data
from training.density.stage import read_density
from vocoder.density.autoencoder import PixelCnnAutoencoder
from vocoder.density.diagonal_bilstm import DiagonalBiLstm
from vocoder.density.gated_pixel_cnn import GatedPixelCnn
from vocoder.density.image_model import ImageModel
from vocoder.density.model import Known
from vocoder.density.pixel_cnn import PixelCnn
from vocoder.density.receptive_field import receptive_field
from vocoder.density.row_lstm import RowLstm
from vocoder.errors import InputError

mpl.use("Agg")
from matplotlib import pyplot as plt

SIDE, ROW, COLUMN = 15, 9, 9
SHOWN = 8
GAP = 2  # pixels between two pictures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", choices=("fields", "samples", "completions", "interpolation", "continuation")
    )
    parser.add_argument("--run", type=Path, action="append", default=[])
    parser.add_argument("--data")
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/densities"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    {
        "fields": fields,
        "samples": samples,
        "completions": completions,
        "interpolation": interpolation,
        "continuation": continuation,
    }[options.what](options)


def fields(options: argparse.Namespace) -> None:
    """Receptive fields of one pixel, by backpropagation through random weights."""
    shape = (1, SIDE, SIDE)
    torch.manual_seed(options.seed)
    members: dict[str, ImageModel] = {
        "PixelCNN, 3 blocks": PixelCnn(shape, features=8, blocks=3),
        "Gated PixelCNN, 4 layers": GatedPixelCnn(shape, features=8, layers=4),
        "Row LSTM, 1 layer": RowLstm(shape, features=4, layers=1, first_kernel=3),
        "Diagonal BiLSTM, 1 layer": DiagonalBiLstm(shape, features=4, layers=1),
    }
    figure, panels = plt.subplots(1, len(members), figsize=(12, 2.7))
    for panel, (name, model) in zip(panels, members.items(), strict=True):
        field = receptive_field(
            model.double(), ROW * SIDE + COLUMN, torch.randn(8, *shape, dtype=torch.float64)
        )[0]
        earlier = torch.arange(SIDE * SIDE).view(SIDE, SIDE) < ROW * SIDE + COLUMN
        picture = torch.ones(SIDE, SIDE, 3)
        # before the pixel, and not seen
        picture[earlier & (field == 0)] = torch.tensor([0.98, 0.75, 0.72])
        strength = (
            (field / field.max()).clamp(min=1e-9).log10().div(6.0).add(1.0).clamp(0.15, 1.0).float()
        )
        seen = torch.stack([1 - strength, 1 - 0.6 * strength, torch.ones_like(strength)], dim=-1)
        picture[field > 0] = seen[field > 0]
        picture[ROW, COLUMN] = torch.tensor([0.8, 0.1, 0.1])
        panel.imshow(picture[: ROW + 1].numpy(), interpolation="nearest")
        panel.set_title(
            f"{name}\n{int((field > 0).sum())} of {int(earlier.sum())} pixels before", fontsize=9
        )
        panel.set_axis_off()
    save(figure, options.output / "receptive-fields.png")


def samples(options: argparse.Namespace) -> None:
    """A row of samples of each run."""
    rows = []
    for run in options.run:
        model = read_density(run)
        given = torch.arange(SHOWN) % model.given.size if model.given.kind == "class" else None
        rows.append(
            as_pictures(model.sample(options.seed, SHOWN, given, temperature=options.temperature))
        )
    sheet(rows, [run.name for run in options.run], options.output / "samples.png")


def completions(options: argparse.Namespace) -> None:
    """The upper half of test images is known, the lower half drawn: the image, what is known, and
    three completions.
    """
    model = read_density(one_run(options))
    images = (
        read_density_data(options.data, runs=options.runs).test[:SHOWN].view(SHOWN, *model.shape)
    )
    mask = torch.zeros_like(as_pictures(images), dtype=torch.bool)
    mask[..., : mask.shape[-2] // 2, :] = True
    known = Known(values=images, mask=mask.view(SHOWN, *model.shape))
    given = torch.zeros(SHOWN, dtype=torch.int64) if model.given.kind == "class" else None
    rows = [
        as_pictures(images),
        as_pictures(torch.where(known.mask, images, torch.zeros_like(images))),
    ]
    rows += [
        as_pictures(
            model.sample(options.seed + each, SHOWN, given, known, temperature=options.temperature)
        )
        for each in range(3)
    ]
    sheet(rows, ["image", "known", "drawn", "drawn", "drawn"], options.output / "completions.png")


def interpolation(options: argparse.Namespace) -> None:
    """Codes between those of two images, decoded: the same seed for all of them, so that only the
    code differs.
    """
    model = read_density(one_run(options))
    if not isinstance(model, PixelCnnAutoencoder):
        raise InputError(f"{options.run[0]}: no autoencoder", field="run")
    images = read_density_data(options.data, runs=options.runs).test[:8]
    rows, names = [], []
    for pair in range(4):
        codes = model.encode(images[2 * pair : 2 * pair + 2])
        share = torch.linspace(0.0, 1.0, SHOWN).unsqueeze(1)
        # One sample at a time: each would else have numbers of its own.
        drawn = [
            model.sample(options.seed, 1, code.unsqueeze(0), temperature=options.temperature)
            for code in codes[0] * (1 - share) + codes[1] * share
        ]
        rows.append(
            torch.cat(
                [
                    images[2 * pair : 2 * pair + 1, 0],
                    as_pictures(torch.cat(drawn)),
                    images[2 * pair + 1 : 2 * pair + 2, 0],
                ]
            )
        )
        names.append("")
    sheet(rows, names, options.output / "interpolation.png")


def continuation(options: argparse.Namespace) -> None:
    """The first half of windows of a spectrum is known, the second half drawn; low bands below,
    standardised.
    """
    model = read_density(one_run(options))
    windows = read_density_data(options.data, runs=options.runs, frames=options.frames).test[
        : 3 * SHOWN : 3
    ]
    mask = torch.zeros_like(windows, dtype=torch.bool)
    mask[:, :, : options.frames // 2] = True
    drawn = model.sample(
        options.seed,
        len(windows),
        None,
        Known(values=windows, mask=mask),
        temperature=options.temperature,
    )
    rows = [
        part[:, 0].transpose(1, 2).flip(1)
        for part in (windows, torch.where(mask, windows, torch.full_like(windows, -2.0)), drawn)
    ]
    sheet(
        [row.clamp(-2.5, 2.5) for row in rows],
        ["recording", "known", "continued"],
        options.output / "continuation.png",
        colours="magma",
    )


def one_run(options: argparse.Namespace) -> Path:
    if len(options.run) != 1 or options.data is None:
        raise InputError(f"{options.what} takes one --run, and --data", field="run")
    run: Path = options.run[0]
    return run


def as_pictures(x: Tensor) -> Tensor:
    """X of images, or of vectors that were images, as [N, H, W]."""
    if x.dim() == 4:
        return x[:, 0]
    side = round(x.shape[1] ** 0.5)
    return x.view(len(x), side, side)


def sheet(rows: list[Tensor], names: list[str], path: Path, *, colours: str = "gray_r") -> None:
    """Rows of pictures [N, H, W], one below the other, each with its name."""
    figure, panels = plt.subplots(len(rows), 1, figsize=(8, 1.15 * len(rows)), squeeze=False)
    low = min(0.0, *(float(row.min()) for row in rows))
    high = max(float(row.max()) for row in rows)
    for (panel,), row, name in zip(panels, rows, names, strict=True):
        padded = torch.nn.functional.pad(row.float(), (0, GAP), value=low)
        panel.imshow(
            torch.cat(list(padded), dim=1).numpy(),
            cmap=colours,
            vmin=low,
            vmax=high,
            interpolation="nearest",
        )
        panel.set_title(name, fontsize=7, loc="left", pad=2)
        panel.set_axis_off()
    save(figure, path)


def save(figure: plt.Figure, path: Path) -> None:
    figure.tight_layout(pad=0.4)
    figure.savefig(path, dpi=110, bbox_inches="tight")
    plt.close(figure)
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
