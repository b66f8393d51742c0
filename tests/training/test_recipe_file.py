"""Recipes: what the shipped one says, what is refused, and what a run remembers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from training import stages
from training.data.dataset import PreparedSet
from training.recipe import Run, VocoderOptions, read_config
from training.recipe_file import SAVED, SHIPPED, Recipe
from vocoder.errors import InputError
from vocoder.synthesis.voice import voice_folder
from vocoder.voices.pack import read_manifest

TEXT = SHIPPED.read_text(encoding="utf-8")
# A voice that trains in a second.
SMALL = {
    "channels = 160": "channels = 8", "decoder_channels = 192": "decoder_channels = 8",
    "decoder_layers = 6": "decoder_layers = 1",
    "harmonic_steps = 256": "harmonic_steps = 2",
    "predictor_channels = 128": "predictor_channels = 8",
    "num_layers = 16": "num_layers = 4", "residual_channels = 64": "residual_channels = 24",
    "gate_channels = 128": "gate_channels = 16",
}  # fmt: skip


def changed(folder: Path, changes: dict[str, str]) -> Path:
    text = TEXT
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "own.toml").write_text(text, encoding="utf-8")
    return folder / "own.toml"


def test_the_default_voice_has_the_networks_of_the_shipped_recipe() -> None:
    manifest, recipe = read_manifest(voice_folder("kathleen")), Recipe.read()
    sizes = manifest.wavenet.linguistic.category_sizes
    assert (
        recipe.wavenet_of(manifest.audio, num_speakers=len(manifest.speakers), sizes=sizes)
        == manifest.wavenet
    )
    assert {
        **recipe.acoustic.to_dict(),
        "linguistic": {"category_sizes": sizes},
    } == manifest.acoustic.to_dict()


def test_a_line_of_the_file_changes_the_network(tmp_path: Path) -> None:
    recipe = Recipe.read(changed(tmp_path, {"residual_channels = 64": "residual_channels = 96"}))
    assert recipe.vocoder.residual_channels == 96
    assert recipe.vocoder_loop == Recipe.read().vocoder_loop


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"residual_channels = 64": "residual_chanels = 64"},
            r"unknown key vocoder\.network\.residual_chanels",
        ),
        ({"residual_channels = 64\n": ""}, r"vocoder\.network\.residual_channels is missing"),
        (
            {"residual_channels = 64": 'residual_channels = "64"'},
            r"vocoder\.network\.residual_channels cannot be '64'",
        ),
        (
            {"residual_channels = 64": "residual_channels = 64.0"},
            r"vocoder\.network\.residual_channels cannot be 64\.0",
        ),
        (
            {"residual_channels = 64": "residual_channels = 0"},
            r"\[vocoder\.network\]: residual_channels must lie in 1..8192",
        ),
        (
            {"residual_channels = 64": "residual_channels = 64\nnum_speakers = 2"},
            r"unknown key vocoder\.network\.num_speakers",
        ),
        (
            {"gpu_segments = 32": "gpu_segments = true"},
            r"vocoder\.segments\.gpu_segments cannot be True",
        ),
        (
            {"betas = [0.7, 0.99]": "betas = [0.7]"},
            r"adversarial\.training\.betas cannot be \[0\.7\]",
        ),
        (
            {'output = "softmax"': 'output = "normal"'},
            r"vocoder\.network\.output cannot be 'normal'",
        ),
        ({"windows = 14": "windows = 0"}, r"\[adversarial\.objective\]: a batch has windows"),
        ({"[vocoder.segments]": "[vocoder.pieces]"}, r"\[vocoder\.segments\] is missing"),
        (
            {"[acoustic.network]": "[acoustic.more]\n[acoustic.network]"},
            r"unknown key acoustic\.more",
        ),
        ({"[acoustic.network]": "[more]\n[acoustic.network]"}, r"unknown key more"),
        ({"[acoustic.network]": "speed = 1\n[acoustic.network]"}, r"unknown key speed"),
        ({"[acoustic.network]": "[acoustic.network"}, r"no TOML"),
    ],
)
def test_what_a_recipe_cannot_say_is_refused_by_file_and_key(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=rf"own\.toml: {said}") as caught:
        Recipe.read(changed(tmp_path, changes))
    assert caught.value.field == str(tmp_path / "own.toml")


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: no such recipe"):
        Recipe.read(tmp_path / "none.toml")


def test_a_recipe_lies_beside_the_weights_and_goes_on(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    run = Run(name="tone", root=tmp_path / "runs")
    shutil.copytree(prepared.folder, run.data)
    own = Recipe.read(changed(tmp_path, SMALL))
    stages.train_acoustic(run, seconds=None, device="cpu", recipe=own, steps=1)
    stages.train_vocoder(
        run, VocoderOptions(recipe=own, segments=1, frames=2), seconds=None, steps=1
    )
    for stage, channels in (("acoustic", "channels"), ("vocoder", "residual_channels")):
        assert (run.stage(stage) / SAVED).read_text(encoding="utf-8") == own.text
        assert (
            read_config(run.stage(stage))["model"][channels]
            == {"channels": 8, "residual_channels": 24}[channels]
        )
    trainer = stages.train_vocoder(run, VocoderOptions(), seconds=None, steps=2)
    assert trainer.step == 2
    assert json.loads((run.stage("vocoder") / "config.json").read_text())["segments"]["frames"] == 2
    with pytest.raises(InputError, match="of another model"):
        stages.train_vocoder(run, VocoderOptions(recipe=Recipe.read()), seconds=None, steps=2)
    assert Recipe.of_stage(run.stage("vocoder")) == own
