from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from training.acoustic_task import AcousticTask
from training.dataset import PreparedSet
from training.loop import LoopConfig, Trainer
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
    config = AcousticConfig(channels=16, predictor_channels=16, linguistic=LinguisticConfig(category_sizes=prepared.header.category_sizes))
    torch.manual_seed(0)
    return AcousticTask(prepared, config)


def losses(trainer: Trainer, until: int | None = None) -> list[float]:
    seen: list[float] = []
    trainer.run(lambda step, figures: seen.append(figures["loss"]), until=until)
    return seen


@pytest.mark.parametrize("make", [tiny_vocoder, tiny_acoustic])
def test_a_stopped_run_follows_the_same_curve(prepared: PreparedSet, tmp_path: Path, make: object) -> None:
    loop = LoopConfig(total_steps=8, learning_rate=1e-3, warmup_steps=2, validate_every=100)
    whole = losses(Trainer(make(prepared), loop, tmp_path / "whole"))  # type: ignore[operator]
    first = losses(Trainer(make(prepared), loop, tmp_path / "parts"), until=3)  # type: ignore[operator]
    rest = losses(Trainer(make(prepared), loop, tmp_path / "parts"))  # type: ignore[operator]
    assert len(whole) == 8
    assert first + rest == whole


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
    for task, name, steps in ((tiny_vocoder(prepared), "vocoder", 60), (tiny_acoustic(prepared), "acoustic", 30)):
        loop = LoopConfig(total_steps=steps, learning_rate=5e-3, warmup_steps=5, validate_every=1000)
        curve = losses(Trainer(task, loop, tmp_path / name))
        assert np.mean(curve[-5:]) < 0.9 * np.mean(curve[:5]), name


def test_validation_counts_bits(prepared: PreparedSet) -> None:
    figures = tiny_vocoder(prepared).validate(tiny_vocoder(prepared).model, torch.device("cpu"))
    assert figures["bits_per_sample"] == pytest.approx(8.0, abs=0.3)  # an untrained network of 256 levels knows nothing


def test_withheld_features_are_absent(prepared: PreparedSet) -> None:
    task = VocoderTask(prepared, tiny_vocoder(prepared).config, SegmentConfig(segments=4, frames=4, context_frames=1, linguistic_dropout=1.0))
    batch = task.batch(np.random.default_rng(0))
    assert not batch["categories"].any()
    assert not batch["positions"].any()
    assert tiny_vocoder(prepared).batch(np.random.default_rng(0))["categories"].shape == (2, 5, 4)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    loop = LoopConfig(total_steps=100, learning_rate=1.0, warmup_steps=10, decay_share=0.2)
    rates = [loop.learning_rate_at(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:80] == [1.0] * 70
    assert rates[90] == pytest.approx(0.5)
    assert rates[100] == 0.0


def test_loop_and_models_need_torch_and_numpy_alone() -> None:
    blocked = "scipy soundfile soxr pyworld espeakng_loader num2words pydantic fastapi rich typer tensorboard librosa safetensors torchaudio matplotlib"
    program = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked.split()!r}:
            raise ImportError(name + " is not on this machine")
sys.meta_path.insert(0, Blocked())
import training.loop, training.vocoder_task, training.acoustic_task, vocoder.engine.reference
"""
    subprocess.run([sys.executable, "-c", program], check=True)
