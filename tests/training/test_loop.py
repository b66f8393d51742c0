from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from training.acoustic.regression import PHONEME_DROPOUT, AcousticTask
from training.data.dataset import DatasetEntry, PreparedSet
from training.loop import Batch, LoopConfig, Trainer
from training.vocoder_task import SegmentConfig, VocoderTask
from vocoder.config import AcousticConfig, LinguisticConfig, WaveNetConfig
from vocoder.errors import InputError

SEGMENTS = SegmentConfig(segments=2, frames=4, context_frames=1)


def tiny_vocoder(prepared: PreparedSet, channels: int = 8) -> VocoderTask:
    config = WaveNetConfig(
        num_layers=4,
        num_cycles=2,
        residual_channels=channels,
        gate_channels=16,
        skip_channels=16,
        head_channels=16,
        cond_channels=8,
        linguistic=LinguisticConfig(category_sizes=prepared.header.category_sizes),
    )
    torch.manual_seed(0)
    return VocoderTask(prepared, config, SEGMENTS)


def tiny_acoustic(prepared: PreparedSet) -> AcousticTask:
    config = AcousticConfig(
        channels=16,
        predictor_channels=16,
        linguistic=LinguisticConfig(category_sizes=prepared.header.category_sizes),
    )
    torch.manual_seed(0)
    return AcousticTask(prepared, config)


def losses(trainer: Trainer, until: int | None = None) -> list[float]:
    seen: list[float] = []
    trainer.run(lambda step, figures: seen.append(figures["loss"]), until=until)
    return seen


@pytest.mark.parametrize("make", [tiny_vocoder, tiny_acoustic])
def test_a_stopped_run_follows_the_same_curve(
    prepared: PreparedSet, tmp_path: Path, make: object
) -> None:
    loop = LoopConfig(total_steps=8, learning_rate=1e-3, warmup_steps=2, validate_every=100)
    in_one = Trainer(make(prepared), loop, tmp_path / "whole")  # type: ignore[operator]
    whole = losses(in_one)
    first = losses(Trainer(make(prepared), loop, tmp_path / "parts"), until=3)  # type: ignore[operator]
    resumed = Trainer(make(prepared), loop, tmp_path / "parts")  # type: ignore[operator]
    rest = losses(resumed)
    assert len(whole) == 8
    assert first + rest == whole
    for name, weights in in_one.average.state_dict().items():
        assert torch.equal(resumed.average.state_dict()[name], weights), name


def test_phonemes_are_masked_in_training_and_nowhere_else(prepared: PreparedSet) -> None:
    task = tiny_acoustic(prepared)
    batches = [task.batch(np.random.Generator(np.random.Philox(key=step))) for step in range(40)]
    known = torch.cat(
        [batch["categories"][batch["phoneme_mask"].squeeze(-1) > 0] for batch in batches]
    )
    masked = (known == 0).all(dim=1)
    assert torch.equal(masked, (known == 0).any(dim=1))
    assert (
        abs(masked.float().mean().item() - PHONEME_DROPOUT)
        < 4 * (PHONEME_DROPOUT * (1 - PHONEME_DROPOUT) / len(masked)) ** 0.5
    )
    again = task.batch(np.random.Generator(np.random.Philox(key=3)))
    assert all(torch.equal(again[name], values) for name, values in batches[3].items())
    assert all((task.collate([entry])["categories"] > 0).all() for entry in prepared.header.entries)


def test_every_step_has_a_batch_of_its_own(prepared: PreparedSet, tmp_path: Path) -> None:
    task = tiny_vocoder(prepared)
    draw, seen = task.batch, []

    def recorded(generator: np.random.Generator) -> Batch:
        seen.append(draw(generator))
        return seen[-1]

    task.batch = recorded  # type: ignore[method-assign]
    losses(Trainer(task, LoopConfig(total_steps=5, learning_rate=1e-3), tmp_path))
    assert len({batch["codes"].numpy().tobytes() for batch in seen}) == 5


def test_a_run_that_breaks_keeps_what_it_had(prepared: PreparedSet, tmp_path: Path) -> None:
    loop = LoopConfig(total_steps=8, learning_rate=1e-3, validate_every=100)

    def stop(step: int, figures: dict[str, float]) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trainer(tiny_vocoder(prepared), loop, tmp_path).run(stop)
    assert Trainer(tiny_vocoder(prepared), loop, tmp_path).step == 3


def test_the_checkpoint_of_another_model_is_refused(prepared: PreparedSet, tmp_path: Path) -> None:
    loop = LoopConfig(total_steps=1, learning_rate=1e-3)
    losses(Trainer(tiny_vocoder(prepared), loop, tmp_path))
    with pytest.raises(InputError, match="another model"):
        Trainer(tiny_vocoder(prepared, channels=12), loop, tmp_path)


def test_both_models_learn(prepared: PreparedSet, tmp_path: Path) -> None:
    for task, name, steps in (
        (tiny_vocoder(prepared), "vocoder", 60),
        (tiny_acoustic(prepared), "acoustic", 30),
    ):
        loop = LoopConfig(
            total_steps=steps, learning_rate=5e-3, warmup_steps=5, validate_every=1000
        )
        curve = losses(Trainer(task, loop, tmp_path / name))
        assert np.mean(curve[-5:]) < 0.9 * np.mean(curve[:5]), name


def test_validation_counts_bits(prepared: PreparedSet) -> None:
    figures = tiny_vocoder(prepared).validate(tiny_vocoder(prepared).model, torch.device("cpu"))
    # an untrained network of 256 levels knows nothing
    assert figures["bits_per_sample"] == pytest.approx(8.0, abs=0.3)


def test_frames_that_fill_the_receptive_field_do_not_count(
    prepared: PreparedSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tiny_vocoder(prepared)
    batch = task.batch(np.random.default_rng(0))
    log_prob = torch.full(batch["codes"].shape, -2.0)
    log_prob[:, : SEGMENTS.context_frames * task.config.hop_length] = -1000.0
    monkeypatch.setattr(task, "_log_prob", lambda *_: log_prob)
    assert float(task.losses(task.model, batch)["loss"]) == 2.0


def test_what_is_held_out_is_validated_and_never_trained_on(
    prepared: PreparedSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = tiny_vocoder(prepared)
    cut, used = task._segment, []

    def recorded(entry: DatasetEntry, *arguments: int, **options: bool) -> dict[str, torch.Tensor]:
        used.append(entry.validation)
        return cut(entry, *arguments, **options)

    monkeypatch.setattr(task, "_segment", recorded)
    for seed in range(20):
        task.batch(np.random.default_rng(seed))
    assert used == [False] * 20 * SEGMENTS.segments
    used.clear()
    task.validate(task.model, torch.device("cpu"))
    assert used
    assert all(used)


def test_a_segment_is_a_piece_of_its_utterance(prepared: PreparedSet) -> None:
    """Its first code as well, which pre-emphasis computes from the sample before it."""
    task = tiny_vocoder(prepared)
    entry = prepared.entries(validation=False)[0]
    whole = task._segment(entry, 0, entry.num_frames, withhold=False)
    hop = task.config.hop_length
    for start in (0, 40, 80):
        part = task._segment(entry, start, 5, withhold=False)
        assert torch.equal(part["codes"], whole["codes"][start * hop : (start + 5) * hop])
        for name in (
            "log_mel",
            "log_f0",
            "voicing",
            "categories",
            "positions",
            "coefficients",
            "lags",
        ):
            assert torch.equal(part[name], whole[name][start : start + 5]), name


def test_withheld_features_are_absent(prepared: PreparedSet) -> None:
    task = VocoderTask(
        prepared,
        tiny_vocoder(prepared).config,
        SegmentConfig(segments=4, frames=4, context_frames=1, linguistic_dropout=1.0),
    )
    batch = task.batch(np.random.default_rng(0))
    assert not batch["categories"].any()
    assert not batch["positions"].any()
    assert tiny_vocoder(prepared).batch(np.random.default_rng(0))["categories"].shape == (2, 5, 4)


class OneWeight:
    """A task whose gradient is always the same."""

    def __init__(self) -> None:
        self.model = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.constant_(self.model.weight, 4.0)

    def batch(self, generator: np.random.Generator) -> Batch:
        return {"x": torch.ones(1, 1)}

    def losses(self, model: torch.nn.Module, batch: Batch) -> dict[str, torch.Tensor]:
        return {"loss": model(batch["x"]).sum()}

    def validate(self, model: torch.nn.Module, device: torch.device) -> dict[str, float]:
        return {}


def test_the_average_of_the_weights_warms_up_and_follows_them(tmp_path: Path) -> None:
    """The decay is (1 + step) / (10 + step), at most `ema_decay`: after step n the average is decay
    * average + (1 - decay) * weights.
    """
    loop = LoopConfig(
        total_steps=30,
        learning_rate=0.1,
        warmup_steps=1,
        validate_every=100,
        ema_decay=0.6,
        bf16=False,
    )
    trainer = Trainer(OneWeight(), loop, tmp_path)
    expected, weights = [4.0], []

    def follow(step: int, figures: dict[str, float]) -> None:
        decay = min(0.6, (1 + step) / (10 + step))
        weights.append(trainer.model.weight.item())
        expected.append(decay * expected[-1] + (1 - decay) * weights[-1])
        assert trainer.average.weight.item() == pytest.approx(expected[-1], rel=1e-6), step

    trainer.run(follow)
    assert len(weights) == 30
    assert abs(expected[1] - weights[0]) < 0.3 * abs(4.0 - weights[0]), (
        "the first step must move the average far"
    )
    assert abs(expected[-1] - weights[-1]) > 0.01, "an average that is no average would pass"


def test_the_learning_rate_rises_stays_and_falls() -> None:
    loop = LoopConfig(total_steps=100, learning_rate=1.0, warmup_steps=10, decay_share=0.2)
    rates = [loop.learning_rate_at(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:80] == [1.0] * 70
    assert rates[90] == pytest.approx(0.5)
    assert rates[100] == 0.0


def test_loop_and_models_need_torch_and_numpy_alone() -> None:
    blocked = (
        "scipy soundfile soxr pyworld espeakng_loader num2words pydantic fastapi rich "
        "typer tensorboard librosa safetensors torchaudio matplotlib"
    )
    program = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked.split()!r}:
            raise ImportError(name + " is not on this machine")
sys.meta_path.insert(0, Blocked())
import training.loop, training.vocoder_task, training.acoustic.regression, training.carried
import vocoder.engine.reference
"""
    subprocess.run([sys.executable, "-c", program], check=True)
