"""Adversarial training of the decoder: who learns from what, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from training.acoustic.adversarial import AdversarialTask, Adversaries
from training.data.dataset import PreparedSet
from training.data.pitch_shift import write_shifted
from training.loop import LoopConfig, Trainer
from training.recipe_file import Recipe
from vocoder.acoustic.model import AcousticModel
from vocoder.config import AcousticConfig, LinguisticConfig
from vocoder.errors import ConfigError

SMALL = replace(Recipe.read().adversarial, windows=3, shifted_windows=0, frames=24)


@pytest.fixture
def task(prepared: PreparedSet) -> AdversarialTask:
    """With an untrained regression: two layers, which see 4 frames to each side."""
    torch.manual_seed(0)
    config = AcousticConfig(
        channels=16, encoder_layers=1, decoder_channels=16, decoder_layers=2, predictor_channels=16,
        harmonic_steps=4,
        linguistic=LinguisticConfig(category_sizes=prepared.header.category_sizes),
    )  # fmt: skip
    return AdversarialTask(prepared, AcousticModel(config), SMALL)


def drawn(task: AdversarialTask, step: int = 0) -> dict[str, Tensor]:
    return dict(task.batch(np.random.Generator(np.random.Philox(key=step))))


def gradients(task: AdversarialTask, *, of: str) -> dict[str, Tensor]:
    """Of one part of the loss alone."""
    torch.manual_seed(1)
    losses = task.losses(task.model, drawn(task))
    task.model.zero_grad()
    losses[of].backward()
    return {
        name: parameter.grad.clone()
        for name, parameter in task.model.named_parameters()
        if parameter.grad is not None
    }


def test_neither_side_is_moved_by_the_other_sides_part_of_the_loss(task: AdversarialTask) -> None:
    for part in ("adversarial", "features", "distance"):
        moved = gradients(task, of=part)
        assert moved, part
        assert all(name.startswith("acoustic.decoder.") for name in moved), part
        assert any(gradient.abs().max() > 0 for gradient in moved.values()), part
    moved = gradients(task, of="discrimination")
    assert moved
    assert all(name.startswith("discriminators.") for name in moved)


def test_training_changes_the_decoder_and_nothing_else_that_speaks(
    task: AdversarialTask, tmp_path: Path
) -> None:
    before = {name: tensor.clone() for name, tensor in task.model.state_dict().items()}
    trainer = Trainer(task, LoopConfig(total_steps=3, learning_rate=1e-2, warmup_steps=1), tmp_path)
    trainer.run(lambda step, figures: None)
    changed = {
        name
        for name, tensor in trainer.average.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert {name for name in changed if name.startswith("acoustic.")} == {
        name for name, _ in task.model.named_parameters() if name.startswith("acoustic.decoder.")
    }
    assert any(name.startswith("discriminators.") for name in changed)


def test_a_stopped_run_follows_the_same_curve(
    prepared: PreparedSet, task: AdversarialTask, tmp_path: Path
) -> None:
    loop = LoopConfig(total_steps=4, learning_rate=1e-3, warmup_steps=2)
    curves: dict[str, list[float]] = {"whole": [], "parts": []}
    for folder, untils in (("whole", (4,)), ("parts", (2, 4))):
        for until in untils:
            torch.manual_seed(2)
            own = AdversarialTask(prepared, task.regression, SMALL)
            Trainer(own, loop, tmp_path / folder).run(
                lambda step, figures, name=folder: curves[name].append(figures["loss"]), until=until
            )  # type: ignore[misc]
    assert len(curves["whole"]) == 4
    assert curves["parts"] == curves["whole"]


def test_windows_hold_the_frames_of_their_utterances_and_zeros_outside(
    task: AdversarialTask,
) -> None:
    row = torch.arange(1, 51, dtype=torch.float32)
    context, length = SMALL.context_frames, SMALL.frames + 2 * SMALL.context_frames
    for start in (0, 5, 20, 26):
        window = task._window(row, start)
        wanted = [
            value if 0 <= value < 50 else -1
            for value in range(start - context, start - context + length)
        ]
        assert window.tolist() == [value + 1.0 for value in wanted], start


def test_the_frames_that_count_are_those_of_the_whole_utterance(task: AdversarialTask) -> None:
    """The context is as long as the decoder's reach, so a window is no other input than the
    sentence.
    """
    assert isinstance(task.model, Adversaries)
    task.model.eval()
    entry = task.utterances.training[0]
    whole = task.utterances.collate([entry])
    start = entry.num_frames // 2 - SMALL.frames // 2
    batch = {name: whole[name] for name in ("categories", "positions", "phoneme_mask", "speaker")}
    for name in ("rows", "inside", "log_mel", "log_f0", "voicing", "frame_mask"):
        batch[name] = task._window(whole[name][0], start).unsqueeze(0)
    made, mean, true = task._log_mels(task.model.acoustic, batch)
    in_one, recorded = task._pair(task.model.acoustic, entry, torch.device("cpu"))
    part = slice(start, start + SMALL.frames)
    scaled = (in_one[part] + 6.0) / 2.5
    torch.testing.assert_close(made[0], scaled, rtol=0, atol=1e-5)
    # the decoder begins as the regression's
    torch.testing.assert_close(mean[0], scaled, rtol=0, atol=1e-5)
    torch.testing.assert_close(true[0], (recorded[part] + 6.0) / 2.5, rtol=0, atol=1e-5)


def test_the_recipes_context_is_as_long_as_its_decoder_reaches(prepared: PreparedSet) -> None:
    recipe = Recipe.read()
    config = recipe.acoustic_for(prepared)
    assert config.decoder_layers * (config.kernel_size // 2) <= recipe.adversarial.context_frames


def test_discriminators_learn_to_tell_recordings_from_predictions(
    prepared: PreparedSet, task: AdversarialTask, tmp_path: Path
) -> None:
    """From chance, where each pays 0.5, while the decoder stands still."""
    still = replace(SMALL, adversarial_weight=0.0, feature_weight=0.0, distance_weight=0.0)
    own = AdversarialTask(prepared, task.regression, still)
    seen: list[float] = []
    loop = LoopConfig(total_steps=40, learning_rate=2e-3, warmup_steps=5, weight_decay=0.0)
    Trainer(own, loop, tmp_path).run(lambda step, figures: seen.append(figures["discrimination"]))
    assert seen[0] > 4 * 0.4
    assert seen[-1] < 4 * 0.25


def test_the_decoder_follows_the_discriminators(task: AdversarialTask) -> None:
    """A small step against the gradient of its part raises the scores that predictions get."""
    assert isinstance(task.model, Adversaries)
    torch.manual_seed(1)
    batch = drawn(task)
    task.model.train()
    before = task.losses(task.model, batch)["adversarial"]
    before.backward()
    with torch.no_grad():
        for parameter in task.model.acoustic.decoder.parameters():
            assert parameter.grad is not None
            parameter.sub_(0.1 * parameter.grad)
    assert task.losses(task.model, batch)["adversarial"] < before


def test_shifted_windows_move_the_decoder_by_their_distance_alone(
    prepared: PreparedSet, task: AdversarialTask
) -> None:
    write_shifted(prepared)
    half = replace(SMALL, windows=4, shifted_windows=2)
    own = AdversarialTask(prepared, task.regression, half)
    batch = drawn(own)
    assert isinstance(own.model, Adversaries)
    own.model.eval()  # else each call moves the estimates of the spectral norms
    losses = own.losses(own.model, batch)
    own.model.zero_grad()
    losses["shifted_distance"].backward()
    moved = {name for name, parameter in own.model.named_parameters() if parameter.grad is not None}
    assert moved
    assert all(name.startswith("acoustic.decoder.") for name in moved)
    # Other sounds in the shifted windows change no other part of the loss.
    louder = {**batch, "log_mel": batch["log_mel"].clone()}
    louder["log_mel"][2:] += 1.0
    again = own.losses(own.model, louder)
    for name in ("adversarial", "features", "distance", "discrimination"):
        torch.testing.assert_close(again[name], losses[name])
    assert again["shifted_distance"] != losses["shifted_distance"]


def test_shifted_windows_hold_what_was_shifted(
    prepared: PreparedSet, task: AdversarialTask
) -> None:
    """Each of their frames is one of a shifted utterance, with its F0."""
    write_shifted(prepared)
    own = AdversarialTask(
        prepared, task.regression, replace(SMALL, windows=2, shifted_windows=1, context_frames=0)
    )
    batch = drawn(own)
    mels, log_f0s = (
        np.concatenate(column)
        for column in zip(*map(prepared.shifted, own.utterances.training), strict=True)
    )
    for row, wanted in ((1, True), (0, False)):
        frame = batch["log_mel"][row, 12].numpy()
        at = int(np.abs(mels - frame).sum(axis=1).argmin())
        same = np.array_equal(mels[at], frame) and log_f0s[at] == batch["log_f0"][row, 12].numpy()
        assert same == wanted, row


def test_more_shifted_windows_than_windows_are_refused() -> None:
    with pytest.raises(ConfigError, match="shifted_windows"):
        replace(SMALL, shifted_windows=3)
