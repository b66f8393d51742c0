"""The vocoder's training where torch and numpy are all there is, and what a run remembers of how it
was begun.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
import torch

from tests.training.test_loop import tiny_vocoder
from training import carried
from training.data.dataset import PreparedSet
from training.data.segments import SegmentConfig
from training.recipe import (
    Run,
    VocoderOptions,
    VocoderTraining,
    loop_for,
    read_config,
    write_config,
)
from training.recipe_file import Recipe
from training.stages import read_average, read_model_config
from vocoder.config import WaveNetConfig
from vocoder.errors import InputError
from vocoder.wavenet.network import WaveNet

ROOT = Path(__file__).parents[2]
SMALL = (
    "--device",
    "cpu",
    "--resident",
    "--no-compile",
    "--threads",
    "1",
    "--steps",
    "20",
    "--segments",
    "1",
    "--segment-frames",
    "2",
)


@pytest.fixture
def folder(prepared: PreparedSet, tmp_path: Path) -> Path:
    """A run's folder with its data set."""
    shutil.copytree(prepared.folder, tmp_path / "runs" / "tone" / "data")
    return tmp_path / "runs" / "tone"


def lines(folder: Path) -> list[dict[str, float]]:
    return [
        json.loads(line) for line in (folder / "vocoder" / "figures.jsonl").read_text().splitlines()
    ]


def needs(*names: str) -> set[str]:
    """These distributions and what they need, by their canonical names."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub("[-_.]+", "-", waiting.pop()).lower()
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            waiting += [
                re.match("[A-Za-z0-9._-]+", line).group()
                for line in lines
                if "extra ==" not in line
            ]  # type: ignore[union-attr]
    return found


def bare_machine(folder: Path) -> dict[str, str]:
    """The environment of a Python that finds torch, numpy, what they need, and the source; nothing
    that was installed beside, nor what was compiled.
    """
    allowed = needs("torch", "numpy")
    (folder / "site").mkdir()
    site = Path(torch.__file__).parents[1]
    for top, names in packages_distributions().items():
        if any(re.sub("[-_.]+", "-", name).lower() in allowed for name in names):
            for path in (
                site / top,
                site / f"{top}.py",
                *site.glob(f"{top}.*.so"),
                site / f"{top}.libs",
            ):
                if path.exists():
                    (folder / "site" / path.name).symlink_to(path)
    (folder / "source").mkdir()
    for package in ("vocoder", "training"):
        shutil.copytree(
            ROOT / package,
            folder / "source" / package,
            ignore=shutil.ignore_patterns("*.so", "__pycache__"),
        )
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder / 'source'}:{folder / 'site'}"}


def test_it_trains_with_torch_and_numpy_alone(folder: Path, tmp_path: Path) -> None:
    environment = bare_machine(tmp_path)
    python = [sys.executable, "-S"]  # no site-packages
    absent = ("rich", "typer", "soundfile", "pydantic", "scipy", "tensorboard", "vocoder._native")
    found = (
        f"import importlib.util; print([name for name in {absent} if "
        f"importlib.util.find_spec(name)])"
    )
    assert (
        subprocess.run(
            [*python, "-c", found],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        == "[]\n"
    )
    done = subprocess.run(
        [*python, "-m", "training.carried", str(folder), *SMALL],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 segments of 2 frames" in done.stderr
    assert "step 20 of 20" in done.stderr
    weights, step, seconds = read_average(folder / "vocoder")
    assert step == 20
    assert seconds > 0
    assert {name: tuple(weight.shape) for name, weight in weights.items()} == shapes(folder)
    assert [line["step"] for line in lines(folder)] == [20]
    assert lines(folder)[0]["audio_seconds_per_second"] == pytest.approx(
        lines(folder)[0]["steps_per_second"] * 2 * 160 / 16_000
    )


def shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    network = WaveNet(WaveNetConfig.from_dict(read_model_config(folder / "vocoder")))
    return {name: tuple(weight.shape) for name, weight in network.state_dict().items()}


def test_a_stopped_run_goes_on_with_the_same_command_to_the_same_weights(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = folder.parent / "whole"
    shutil.copytree(folder / "data", other / "data")
    monkeypatch.setattr(carried, "stop_on_signals", lambda: None)
    assert carried.main([str(other), *SMALL]) == 0
    tell = carried.LineReporter.__call__

    def stop(self: carried.LineReporter, step: int, figures: dict[str, float]) -> None:
        tell(self, step, figures)
        if step == 7:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(carried.LineReporter, "__call__", stop)
        assert carried.main([str(folder), *SMALL]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert read_average(folder / "vocoder")[1] == 7
    # without the segments: the run remembers them
    assert carried.main([str(folder), *SMALL[:8]]) == 0
    assert "at step 7 of 20" in capsys.readouterr().err
    whole, parts = (
        torch.load(run / "vocoder" / "checkpoint.pt", weights_only=True) for run in (other, folder)
    )
    for kind in ("model", "average"):
        for name, weights in whole[kind].items():
            assert torch.equal(parts[kind][name], weights), name
    assert {name: lines(folder)[-1][name] for name in ("loss", "gradient_norm")} == {
        name: lines(other)[-1][name] for name in ("loss", "gradient_norm")
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--device", "cpu", "--predicted-share", "0.5"], "sonant-train predict"),
        (["--device", "cpu", "--segments", "0"], "a batch has segments"),
        pytest.param(
            [],
            "torch sees no card",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is one"),
        ),
    ],
)
def test_what_is_wrong_is_said(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    said: str,
) -> None:
    monkeypatch.setattr(carried, "stop_on_signals", lambda: None)
    assert carried.main([str(folder), *given]) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "vocoder").exists(), "nothing was begun"


def test_a_folder_without_a_data_set_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(carried, "stop_on_signals", lambda: None)
    assert carried.main([str(tmp_path / "nobody"), "--device", "cpu"]) == 2
    assert "nobody/data/dataset.json" in capsys.readouterr().err


def test_a_run_goes_on_with_the_batches_it_began_with(tmp_path: Path) -> None:
    gpu = dataclasses.replace(Recipe.read().segments, segments=32)
    assert VocoderOptions(device="cpu").segments_for(tmp_path) == Recipe.read().segments
    assert VocoderOptions(device="cuda").segments_for(tmp_path) == gpu
    begun = VocoderOptions(device="cuda", segments=48, frames=20, predicted_share=0.5).segments_for(
        tmp_path
    )
    assert begun == SegmentConfig(segments=48, frames=20, predicted_share=0.5)
    write_config(tmp_path, {"segments": begun.to_dict()})
    assert VocoderOptions(device="cuda").segments_for(tmp_path) == gpu, (
        "nothing was trained: a new run"
    )
    (tmp_path / "checkpoint.pt").touch()
    for device in ("cpu", "cuda"):
        assert VocoderOptions(device=device).segments_for(tmp_path) == begun
    assert VocoderOptions(segments=4, predicted_share=0.0).segments_for(tmp_path) == SegmentConfig(
        segments=4, frames=20
    )
    # as it was written while there was such a thing
    write_config(tmp_path, {"segments": {**begun.to_dict(), "history_noise": 0.0}})
    assert VocoderOptions().segments_for(tmp_path) == begun
    write_config(tmp_path, {"segments": {**begun.to_dict(), "history_noise": 0.1}})
    with pytest.raises(InputError, match="history_noise"):
        VocoderOptions().segments_for(tmp_path)
    assert VocoderOptions(recipe=Recipe.read()).segments_for(tmp_path) == Recipe.read().segments, (
        "a recipe that is given counts"
    )
    # as it was written before segments were recorded
    write_config(tmp_path, {"model": {}, "loop": {}})
    assert VocoderOptions(device="cuda").segments_for(tmp_path) == SegmentConfig()


def test_what_was_resolved_is_written_whole(prepared: PreparedSet, tmp_path: Path) -> None:
    config = tiny_vocoder(prepared).config
    loop = loop_for(Recipe.read().vocoder_loop, "cpu", steps=10)
    training = VocoderTraining.of(
        prepared, config, loop, tmp_path, VocoderOptions(segments=2, frames=3)
    )
    assert training.task.resident is None
    assert training.throughput.audio_seconds == pytest.approx(2 * 3 * 0.01)
    write_config(tmp_path, training.resolved)
    resolved = read_config(tmp_path)
    assert WaveNetConfig.from_dict(resolved["model"]) == config
    assert SegmentConfig.from_dict(resolved["segments"]) == SegmentConfig(segments=2, frames=3)
    assert resolved["loop"]["total_steps"] == 10


def test_on_a_card_blocks_are_compiled_and_the_data_set_lies_there_unless_asked_otherwise(
    prepared: PreparedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []

    class Stopped(Exception):
        pass

    def recorded(*arguments: object, **options: object) -> None:
        asked.append(options)
        raise Stopped

    monkeypatch.setattr("training.recipe.VocoderTask", recorded)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for options in (
        VocoderOptions(device="cuda"),
        VocoderOptions(device="cuda:1", compile_network=False, resident=False),
        VocoderOptions(),
    ):
        with pytest.raises(Stopped):
            VocoderTraining.of(
                prepared,
                Recipe.read().wavenet_for(prepared),
                loop_for(Recipe.read().vocoder_loop, options.device, steps=10),
                tmp_path,
                options,
            )
    assert asked == [
        {"compile_network": True, "device": torch.device("cuda"), "resident": True},
        {"compile_network": False, "device": torch.device("cuda:1"), "resident": False},
        {"compile_network": False, "device": torch.device("cpu"), "resident": False},
    ]


def test_a_data_set_that_is_not_aligned_is_refused(folder: Path) -> None:
    header = json.loads((folder / "data" / "dataset.json").read_text())
    for entry in header["entries"]:
        entry["phoneme_start"] = -1
    (folder / "data" / "dataset.json").write_text(json.dumps(header))
    with pytest.raises(InputError, match="sonant-train align"):
        Run(name=folder.name, root=folder.parent).dataset()
