"""What densities are trained on: images, vectors and spectra that the user has. Nothing is
downloaded.

mnist:FOLDER   the four idx files of MNIST (with or without .gz), 28x28, binarised by our own draw:
Bernoulli of the intensity, Philox, a fixed seed;
               50,000 / 10,000 / 10,000. Not the draw that the papers used, so figures compare
               within their spread.
digits         8x8 images of scikit-learn, binarised in the same way; 1,297 / 250 / 250
npz:FILE       arrays train_data, valid_data and test_data, [N, D] or [N, C, H, W]: 0 and 1, uint8
codes, or real numbers mel:RUN        log-mel frames of the prepared data set RUNS/RUN/data,
standardised band by band; windows of several frames for models of images.
               The held-out utterances are halved into validation and test.

N examples, D dimensions, C channels, H rows, W columns, F frames, M bands.
"""

from __future__ import annotations

import gzip
import math
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.engine.philox import uniforms
from vocoder.errors import InputError

BINARISED_WITH = 2016  # the seed of our own draw
MNIST_HELD_OUT = 10_000  # of the 60,000 training images, the last
DIGITS_HELD_OUT = 250  # each for validation and for the test
SPLITS = ("train_data", "valid_data", "test_data")


@dataclass(frozen=True, kw_only=True)
class DensityData:
    """Three splits.

    Attributes:
        name: what it is, for tables.
        training: [N, *shape], int64 codes or float32.
        validation: likewise.
        test: likewise.
        levels: Q; None for real numbers.
        classes: int64 [N] of each split, where there are any.
        num_classes: how many; 0 where there are none.
        mean: of standardised data, what was subtracted, float32 [M]; None where nothing was.
        deviation: what they were divided by, likewise.
    """

    name: str
    training: Tensor
    validation: Tensor
    test: Tensor
    levels: int | None
    classes: tuple[Tensor, Tensor, Tensor] | None = None
    num_classes: int = 0
    mean: Tensor | None = None
    deviation: Tensor | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one x."""
        return tuple(self.training.shape[1:])

    def flat(self) -> DensityData:
        """The same, each x a vector of D dimensions."""
        return replace(
            self,
            training=self.training.flatten(1),
            validation=self.validation.flatten(1),
            test=self.test.flatten(1),
        )


def read_density_data(what: str, *, runs: Path = Path("runs"), frames: int = 1) -> DensityData:
    """Reads a data set.

    Args:
        what: "mnist:FOLDER", "digits", "npz:FILE" or "mel:RUN".
        runs: folder of all runs.
        frames: of one x of "mel:RUN": 1 gives x of shape (M,), more give (1, F, M).

    Raises:
        InputError: nothing of this name, or no such data there.
    """
    kind, _, where = what.partition(":")
    if kind == "mnist":
        return read_mnist(Path(where or "data/mnist"))
    if kind == "digits":
        return read_digits()
    if kind == "npz" and where:
        return read_npz(Path(where))
    if kind == "mel" and where:
        return read_mels(runs / where / "data", frames)
    raise InputError(f"{what!r}: data are mnist:FOLDER, digits, npz:FILE or mel:RUN", field="data")


def binarised(intensities: npt.NDArray[np.float64], seed: int = BINARISED_WITH) -> Tensor:
    """Bernoulli draws of intensities in 0..1, int64 of the same shape: element i is a function of
    (seed, i).
    """
    drawn = uniforms(seed, 0, intensities.size)[:, 0].reshape(intensities.shape)
    return torch.from_numpy((drawn < intensities).astype(np.int64))


def read_mnist(folder: Path) -> DensityData:
    """MNIST from its idx files. Raises InputError where one is missing or is something else."""
    images = [_read_idx(folder, f"{part}-images-idx3-ubyte", 3) for part in ("train", "t10k")]
    labels = [_read_idx(folder, f"{part}-labels-idx1-ubyte", 1) for part in ("train", "t10k")]
    every = binarised(np.concatenate(images)[:, np.newaxis] / 255.0)
    classes = torch.from_numpy(np.concatenate(labels).astype(np.int64))
    if len(every) != len(classes):
        raise InputError(
            f"{folder}: {len(every)} images, but {len(classes)} labels", field=str(folder)
        )
    begin_test = len(images[0])
    begin_validation = max(begin_test - MNIST_HELD_OUT, begin_test // 2)
    parts = (
        slice(0, begin_validation),
        slice(begin_validation, begin_test),
        slice(begin_test, None),
    )
    training, validation, test = (every[part] for part in parts)
    return DensityData(
        name="MNIST, binarised by our own draw", training=training, validation=validation,
        test=test, levels=2,
        classes=(classes[parts[0]], classes[parts[1]], classes[parts[2]]), num_classes=10,
    )  # fmt: skip


def _read_idx(folder: Path, name: str, dimensions: int) -> npt.NDArray[np.uint8]:
    """An idx file of bytes: two zeros, the type, the number of dimensions, each size in 32 bits
    (big endian), the values.
    """
    plain, packed = folder / name, folder / f"{name}.gz"
    if not plain.is_file() and not packed.is_file():
        raise InputError(
            f"{plain}: no such file, nor {packed.name}; MNIST's four idx files belong there",
            field=str(plain),
        )
    content = plain.read_bytes() if plain.is_file() else gzip.decompress(packed.read_bytes())
    head = 4 + 4 * dimensions
    sizes = (
        [int(size) for size in np.frombuffer(content[4:head], ">u4")]
        if len(content) >= head
        else []
    )
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) != head + math.prod(sizes):
        raise InputError(
            f"{plain}: no idx file of bytes in {dimensions} dimensions", field=str(plain)
        )
    return np.frombuffer(content, np.uint8, offset=head).reshape(sizes)


def read_digits() -> DensityData:
    """The digits that scikit-learn brings. Raises InputError where it is not installed."""
    try:
        from sklearn.datasets import load_digits  # late: beside this, nothing here needs it
    except ImportError as error:
        raise InputError(
            "the digits come with scikit-learn, which is not installed", field="data"
        ) from error
    digits = load_digits()
    every = binarised(digits.images[:, np.newaxis] / 16.0)
    classes = torch.from_numpy(digits.target.astype(np.int64))
    ends = (len(every) - 2 * DIGITS_HELD_OUT, len(every) - DIGITS_HELD_OUT)
    parts = (slice(0, ends[0]), slice(*ends), slice(ends[1], None))
    training, validation, test = (every[part] for part in parts)
    return DensityData(
        name="digits 8x8, binarised by our own draw", training=training, validation=validation,
        test=test, levels=2,
        classes=(classes[parts[0]], classes[parts[1]], classes[parts[2]]), num_classes=10,
    )  # fmt: skip


def read_npz(path: Path) -> DensityData:
    """Arrays `train_data`, `valid_data` and `test_data`. Raises InputError where they are missing,
    or do not fit together.
    """
    try:
        with np.load(path, allow_pickle=False) as archive, warnings.catch_warnings():
            # of arrays that Python 2 wrote, as those of the MADE paper's sets
            warnings.filterwarnings("ignore", message="Reading `.npy`")
            missing = [name for name in SPLITS if name not in archive]
            if missing:
                raise InputError(f"{path}: has no array {', '.join(missing)}", field=str(path))
            splits = [archive[name] for name in SPLITS]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: {error}", field=str(path)) from error
    if splits[0].ndim not in (2, 4) or len({split.shape[1:] for split in splits}) != 1:
        raise InputError(
            (
                f"{path}: arrays must be [N, D] or [N, C, H, W], and alike, not "
                f"{[split.shape for split in splits]}"
            ),
            field=str(path),
        )
    every = np.concatenate([split.ravel() for split in splits])
    if not np.isfinite(every).all():
        raise InputError(f"{path}: holds what is no finite number", field=str(path))
    binary = bool(np.isin(every, (0, 1)).all())
    levels = 2 if binary else 256 if every.dtype == np.uint8 else None
    dtype = np.float32 if levels is None else np.int64
    training, validation, test = (torch.from_numpy(split.astype(dtype)) for split in splits)
    return DensityData(
        name=path.stem, training=training, validation=validation, test=test, levels=levels
    )


def read_mels(folder: Path, frames: int) -> DensityData:
    """Frames, or windows of frames, of a prepared data set. Raises InputError where there is none,
    or nothing is long enough.
    """
    data = PreparedSet(folder)
    held_out = data.entries(validation=True)
    parts = [
        _windows(data, entries, frames)
        for entries in (data.entries(validation=False), held_out[::2], held_out[1::2])
    ]
    if any(len(part) == 0 for part in parts):
        raise InputError(
            f"{folder}: a split has no utterance of {frames} frames", field=str(folder)
        )
    bands = parts[0].reshape(-1, parts[0].shape[-1])
    mean, deviation = bands.mean(0), bands.std(0)
    training, validation, test = (
        torch.from_numpy(((part - mean) / deviation).astype(np.float32)) for part in parts
    )
    name = "log-mel frames" if frames == 1 else f"log-mel windows of {frames} frames"
    return DensityData(
        name=f"{name}, standardised by band", training=training, validation=validation, test=test,
        levels=None,
        mean=torch.from_numpy(mean), deviation=torch.from_numpy(deviation),
    )  # fmt: skip


def _windows(
    data: PreparedSet, entries: list[DatasetEntry], frames: int
) -> npt.NDArray[np.float32]:
    """All windows one after the other, [N, M] or [N, 1, F, M]; what is left at an utterance's end
    is not used.
    """
    found = []
    for entry in entries:
        count = entry.num_frames // frames
        mels = data.log_mel[entry.frame_start : entry.frame_start + count * frames].astype(
            np.float32
        )
        found.append(mels if frames == 1 else mels.reshape(count, 1, frames, data.audio.n_mels))
    empty = np.zeros(
        (0, data.audio.n_mels) if frames == 1 else (0, 1, frames, data.audio.n_mels), np.float32
    )
    return np.concatenate([empty, *found])
