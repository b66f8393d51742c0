"""From data that somebody has to a trained density: what is read, what is refused, what goes on
where it was.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from typer.testing import CliRunner

from training.cli import app
from training.data.dataset import DatasetEntry, Header
from training.density.data import DensityData, binarised, read_density_data
from training.density.stage import DensityRun, config_for, read_density, train_density
from training.density.task import DensityTask, Likelihood, likelihood
from vocoder.config import AudioConfig
from vocoder.density.config import IMAGE_MODELS, MODELS, DensityConfig, ModelKind
from vocoder.density.nade import Nade
from vocoder.errors import ConfigError, InputError

SMALL = {"hidden": (8,), "features": 4, "layers": 1, "codes": 2}


def write_idx(path: Path, values: npt.NDArray[np.uint8], *, packed: bool = False) -> None:
    content = (
        bytes([0, 0, 8, values.ndim])
        + b"".join(size.to_bytes(4, "big") for size in values.shape)
        + values.tobytes()
    )
    if packed:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
    else:
        path.write_bytes(content)


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """Six pictures for training and four for the test, in the layout of the real ones."""
    rng = np.random.default_rng(1)
    for part, count in (("train", 6), ("t10k", 4)):
        write_idx(
            tmp_path / f"{part}-images-idx3-ubyte",
            rng.integers(0, 256, (count, 28, 28), np.uint8),
            packed=part == "t10k",
        )
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", rng.integers(0, 10, count, np.uint8))
    return tmp_path


@pytest.fixture(scope="module")
def digits() -> DensityData:
    return read_density_data("digits")


def test_mnist_is_read_and_binarised_by_its_intensities(mnist: Path) -> None:
    data = read_density_data(f"mnist:{mnist}")
    assert [tuple(split.shape) for split in (data.training, data.validation, data.test)] == [
        (3, 1, 28, 28),
        (3, 1, 28, 28),
        (4, 1, 28, 28),
    ]
    assert data.levels == 2
    assert data.classes is not None
    assert [len(part) for part in data.classes] == [3, 3, 4]
    raw = np.frombuffer(
        (mnist / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16
    ).reshape(6, 28, 28)
    images = torch.cat([data.training, data.validation])[:, 0].numpy()
    assert images[raw == 0].sum() == 0
    assert images[raw == 255].all()
    assert images.mean() == pytest.approx(raw.mean() / 255, abs=0.03)
    assert torch.equal(read_density_data(f"mnist:{mnist}").training, data.training)


def test_our_own_draw_is_the_same_for_ever() -> None:
    """Stored: with another draw no figure would compare with those in docs/DENSITIES.md."""
    assert binarised(np.full(24, 0.5)).tolist() == STORED_DRAW


STORED_DRAW = [0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1]


def test_digits_are_read(digits: DensityData) -> None:
    assert tuple(digits.training.shape) == (1297, 1, 8, 8)
    assert len(digits.validation) == len(digits.test) == 250
    assert digits.training.unique().tolist() == [0, 1]
    assert digits.flat().shape == (64,)


@pytest.mark.parametrize(
    ("dtype", "top", "levels"),
    [(np.float32, 2, 2), (np.uint8, 2, 2), (np.uint8, 200, 256), (np.float32, 0, None)],
)
def test_arrays_are_read_as_what_they_are(
    tmp_path: Path, dtype: type, top: int, levels: int | None
) -> None:
    rng = np.random.default_rng(2)
    splits = {}
    for name, count in (("train_data", 5), ("valid_data", 3), ("test_data", 2)):
        splits[name] = (
            rng.integers(0, top, (count, 6)).astype(dtype)
            if top
            else rng.standard_normal((count, 6)).astype(dtype)
        )
    np.savez(tmp_path / "some.npz", **splits)
    data = read_density_data(f"npz:{tmp_path / 'some.npz'}")
    assert data.levels == levels
    assert data.name == "some"
    np.testing.assert_array_equal(data.test.numpy(), splits["test_data"])
    assert data.training.dtype == (torch.float32 if levels is None else torch.int64)


def prepared(folder: Path) -> None:
    """A prepared data set of four utterances of 7 frames of 3 bands, two of them held out."""
    folder.mkdir(parents=True)
    frames, hop = 28, AudioConfig().hop_length
    rng = np.random.default_rng(3)
    mels = (rng.standard_normal((frames, 3)) * [1.0, 2.0, 3.0] + [0.0, 5.0, -4.0]).astype(
        np.float16
    )
    for name, array in (
        ("log_mel", mels),
        ("samples", np.zeros(frames * hop, np.int16)),
        ("log_f0", np.zeros(frames)),
        ("voicing", np.zeros(frames)),
    ):
        np.save(folder / f"{name}.npy", array)
    entries = tuple(
        DatasetEntry(
            id=f"u{i}", text="", speaker=0, validation=i > 1, frame_start=7 * i, num_frames=7
        )
        for i in range(4)
    )
    Header(audio=AudioConfig(n_mels=3), speakers=("a",), entries=entries).write(folder)


def test_spectra_are_standardised_by_what_is_trained_on(tmp_path: Path) -> None:
    prepared(tmp_path / "voice" / "data")
    data = read_density_data("mel:voice", runs=tmp_path)
    assert [len(split) for split in (data.training, data.validation, data.test)] == [14, 7, 7]
    np.testing.assert_allclose(data.training.mean(0).numpy(), 0.0, atol=1e-5)
    np.testing.assert_allclose(data.training.std(0, correction=0).numpy(), 1.0, atol=1e-5)
    assert data.mean is not None
    assert data.deviation is not None
    raw = np.load(tmp_path / "voice" / "data" / "log_mel.npy").astype(np.float32)
    np.testing.assert_allclose(
        (data.training[3] * data.deviation + data.mean).numpy(), raw[3], rtol=1e-5, atol=1e-5
    )
    windows = read_density_data("mel:voice", runs=tmp_path, frames=3)
    assert tuple(windows.training.shape) == (4, 1, 3, 3)
    with pytest.raises(InputError):
        read_density_data("mel:voice", runs=tmp_path, frames=8)


def test_what_is_no_data_is_named(tmp_path: Path, mnist: Path) -> None:
    np.savez(tmp_path / "half.npz", train_data=np.zeros((2, 3)))
    np.savez(
        tmp_path / "odd.npz",
        train_data=np.zeros((2, 3)),
        valid_data=np.zeros((2, 4)),
        test_data=np.zeros((2, 3)),
    )
    np.savez(
        tmp_path / "nan.npz",
        train_data=np.full((2, 3), np.nan),
        valid_data=np.zeros((2, 3)),
        test_data=np.zeros((2, 3)),
    )
    np.savez(
        tmp_path / "object.npz",
        train_data=np.array([{}]),
        valid_data=np.zeros((2, 3)),
        test_data=np.zeros((2, 3)),
    )
    (tmp_path / "no.npz").write_bytes(b"nothing")
    for name in ("half.npz", "odd.npz", "nan.npz", "object.npz", "no.npz", "missing.npz"):
        with pytest.raises(InputError, match=name):
            read_density_data(f"npz:{tmp_path / name}")
    for what in ("mnist:/nowhere", "npz:", "mel:nobody", "cifar", "mel:"):
        with pytest.raises(InputError):
            read_density_data(what, runs=tmp_path)
    path = mnist / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="train-images"):
        read_density_data(f"mnist:{mnist}")


@pytest.mark.parametrize("model", MODELS)
def test_every_member_trains_scores_and_is_read_again(
    model: ModelKind, digits: DensityData, tmp_path: Path
) -> None:
    config = config_for(
        model,
        digits,
        output="logistic" if model == "rnade" else None,
        by_class=model == "gated-pixelcnn",
        sizes=SMALL,
    )
    assert DensityConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    run = DensityRun(name="it", runs=tmp_path)
    trainer = train_density(
        run, digits, config, source="digits", steps=3, seconds=None, batch_size=8, quiet=True
    )
    assert trainer.step == 3
    read = read_density(run.folder)
    data = digits if model in IMAGE_MODELS else digits.flat()
    assert data.classes is not None
    found = likelihood(read, data.test[:40], data.classes[2][:40])
    assert found.examples == 40
    assert 1.0 < found.nats < 90.0  # 44.4 is what chance needs
    assert found.bits_per_dimension == pytest.approx(found.nats / 64 / np.log(2.0))


def test_a_run_that_was_stopped_follows_the_same_curve(digits: DensityData, tmp_path: Path) -> None:
    """Several orderings are drawn from torch's generator, which is a function of the step as
    well.
    """
    config = config_for("made", digits, sizes={"hidden": (8,), "orderings": 3})
    whole, parts = (DensityRun(name=name, runs=tmp_path) for name in ("whole", "parts"))
    at_once = train_density(
        whole, digits, config, source="digits", steps=6, seconds=None, quiet=True
    )
    train_density(parts, digits, config, source="digits", steps=6, seconds=0.0, quiet=True)
    resumed = train_density(
        parts, digits, config, source="digits", steps=99, seconds=None, quiet=True
    )
    assert resumed.config.total_steps == resumed.step == 6
    for one, other in zip(at_once.average.parameters(), resumed.average.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_run_is_not_gone_on_with_as_something_else(digits: DensityData, tmp_path: Path) -> None:
    run = DensityRun(name="it", runs=tmp_path)
    train_density(
        run, digits, config_for("fvsbn", digits), source="digits", steps=1, seconds=None, quiet=True
    )
    with pytest.raises(InputError, match="begun"):
        train_density(
            run,
            digits,
            config_for("nade", digits, sizes={"hidden": (4,)}),
            source="digits",
            steps=1,
            seconds=None,
            quiet=True,
        )
    with pytest.raises(InputError, match="begun"):
        train_density(
            run,
            digits,
            config_for("fvsbn", digits),
            source="npz:other",
            steps=1,
            seconds=None,
            quiet=True,
        )


def test_best_weights_of_a_run_that_left_no_checkpoint_are_not_those_of_the_next(
    digits: DensityData, tmp_path: Path
) -> None:
    run = DensityRun(name="it", runs=tmp_path)
    train_density(
        run, digits, config_for("fvsbn", digits), source="digits", steps=2, seconds=None, quiet=True
    )
    (run.folder / "checkpoint.pt").unlink()
    train_density(
        run,
        digits,
        config_for("nade", digits, sizes={"hidden": (4,)}),
        source="digits",
        steps=1,
        seconds=None,
        quiet=True,
    )
    assert isinstance(read_density(run.folder), Nade)


def test_training_lowers_the_nats_of_held_out_digits(digits: DensityData, tmp_path: Path) -> None:
    config = config_for("fvsbn", digits)
    before = likelihood(config.build(), digits.flat().validation)
    trainer = train_density(
        DensityRun(name="it", runs=tmp_path),
        digits,
        config,
        source="digits",
        steps=120,
        seconds=None,
        quiet=True,
    )
    after = DensityTask(digits.flat(), config).validate(trainer.average, torch.device("cpu"))
    assert after["nats"] < 34.0 < before.nats
    assert after["bits_per_dimension"] == pytest.approx(after["nats"] / 64 / np.log(2.0))


def test_standard_errors() -> None:
    found = Likelihood.of(torch.tensor([1.0, 2.0, 3.0, 4.0]), 2)
    assert found.nats == 2.5
    assert found.nats_error == pytest.approx(1.2909944 / 2)
    assert found.bits_per_dimension == pytest.approx(2.5 / 2 / np.log(2.0))
    assert found.bits_error == pytest.approx(found.nats_error / 2 / np.log(2.0))


def test_the_command_trains_and_goes_on(tmp_path: Path) -> None:
    command = [
        "density",
        "--model",
        "gated-pixelcnn",
        "--data",
        "digits",
        "--runs",
        str(tmp_path),
        "--steps",
        "2",
        "--threads",
        "1",
        "--batch",
        "4",
    ]
    sizes = ["--features", "4", "--layers", "1", "--by-class"]
    first = CliRunner().invoke(app, [*command, *sizes, "--seconds", "0"])
    assert first.exit_code == 0, first.output
    assert "step 0 of 2" in first.output
    again = CliRunner().invoke(app, [*command, *sizes])
    assert "step 2 of 2" in again.output
    assert "250 examples of digits" in again.output
    folder = tmp_path / "density" / "digits-gated-pixelcnn-by-class"
    assert read_density(folder).given.size == 10
    assert list((folder / "tensorboard").iterdir())


@pytest.mark.parametrize(
    "options",
    [
        ("--model", "boltzmann", "--data", "digits"),
        ("--model", "nade", "--data", "digits"),
        ("--model", "nade", "--data", "digits", "--steps", "1", "--hidden", "3", "--hidden", "3"),
        ("--model", "gated-pixelcnn", "--data", "digits", "--steps", "1", "--output", "cauchy"),
    ],
)
def test_the_command_refuses_what_cannot_be(options: tuple[str, ...], tmp_path: Path) -> None:
    # Said, since the command sets the threads of this process, on which the last bits of other
    # tests depend.
    done = CliRunner().invoke(app, ["density", *options, "--runs", str(tmp_path), "--threads", "1"])
    assert isinstance(done.exception, InputError)


def test_impossible_configurations_are_refused(digits: DensityData) -> None:
    with pytest.raises(ConfigError):
        DensityConfig(model="nade", shape=(1, 2, 2))
    with pytest.raises(ConfigError):
        DensityConfig(model="made", shape=(4,), output="softmax", levels=None)
    with pytest.raises(ConfigError):
        DensityConfig(model="made", shape=(4,), output="bernoulli", levels=3)
    with pytest.raises(ConfigError):
        DensityConfig(model="rnade", shape=(4,))
    with pytest.raises(ConfigError):
        DensityConfig(model="pixelcnn-autoencoder", shape=(1, 2, 2))
    with pytest.raises(InputError):
        config_for("pixelcnn", digits.flat())
    with pytest.raises(InputError):
        config_for(
            "pixelcnn",
            DensityData(
                name="n",
                training=digits.training,
                validation=digits.test,
                test=digits.test,
                levels=2,
            ),
            by_class=True,
        )


def test_the_weights_that_validate_best_are_kept(digits: DensityData, tmp_path: Path) -> None:
    """Forty examples are learnt by heart; what is read again are the weights of before."""
    few = DensityData(
        name="few",
        training=digits.training[:40],
        validation=digits.validation,
        test=digits.test,
        levels=2,
    )
    config = config_for("made", few, sizes={"hidden": (100,)})
    run = DensityRun(name="it", runs=tmp_path)
    trainer = train_density(
        run,
        few,
        config,
        source="few",
        steps=120,
        seconds=None,
        batch_size=40,
        learning_rate=1e-2,
        validations=6,
        quiet=True,
    )
    last = DensityTask(few.flat(), config).validate(trainer.average, torch.device("cpu"))["nats"]
    best = likelihood(read_density(run.folder), few.flat().validation).nats
    assert best < last - 0.5
