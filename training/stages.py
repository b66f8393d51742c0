"""The stages from recordings to a voice, each resumable, each leaving its result in the run's
folder.

runs/NAME/data        prepare, align          a prepared data set (`training.data.dataset`)
runs/NAME/recogniser  recogniser              config.json, checkpoint.pt, tensorboard/,
phoneme_errors.json runs/NAME/acoustic    acoustic                recipe.toml, config.json,
checkpoint.pt, tensorboard/ runs/NAME/adversarial adversarial             the same: the acoustic
model with a decoder that was trained further runs/NAME/vocoder     vocoder                 the same
as of the acoustic model runs/NAME/evaluation.jsonl   evaluate          what judges said of each
sound voices/NAME           export                  the voice pack
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from training.acoustic.adversarial import AdversarialTask
from training.acoustic.regression import AcousticTask
from training.bandwidth import Throughput
from training.copy_synthesis import CopySynthesisListener
from training.data.dataset import PreparedSet
from training.data.pitch_shift import write_shifted
from training.loop import LoopConfig, Task, Trainer
from training.monitor import TrainingMonitor
from training.recipe import (
    Run,
    VocoderOptions,
    VocoderTraining,
    bf16_pays,
    loop_for,
    own_device,
    read_config,
    write_config,
)
from training.recipe_file import Recipe
from training.recogniser.measure import Measured, measure
from training.recogniser.network import Recogniser, RecogniserConfig
from training.recogniser.task import RecogniserSegments, RecogniserTask
from vocoder.acoustic.model import AcousticModel
from vocoder.audio.whole_file import whole_file
from vocoder.config import AcousticConfig, LinguisticConfig, WaveNetConfig
from vocoder.errors import InputError
from vocoder.machine import processor_name
from vocoder.voices.pack import read_pack
from vocoder.wavenet.network import WaveNet

ADVERSARIAL = "adversarial"


def train_acoustic(
    run: Run,
    *,
    seconds: float | None,
    device: str,
    recipe: Recipe | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    begin_with: Path | None = None,
) -> Trainer:
    """Trains the acoustic model to `steps`, or for `seconds`, from where it was. Arguments and
    errors as `train_vocoder`.
    """
    data, folder = run.dataset(), run.stage("acoustic")
    recipe = recipe or Recipe.of_stage(folder)
    config = recipe.acoustic_for(data)
    loop = loop_for(recipe.acoustic_loop, device, steps=steps, learning_rate=learning_rate)
    torch.manual_seed(loop.seed)  # the weights that training begins with
    task = AcousticTask(data, config)
    if begin_with is not None:
        _begin_with(task, read_pack(begin_with).acoustic_model, begin_with)
    return train_stage(
        folder, task, _resolved(config, loop), loop, seconds=seconds, device=device, recipe=recipe
    )


def train_adversarial(
    run: Run,
    *,
    seconds: float | None,
    device: str,
    recipe: Recipe | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
) -> Trainer:
    """Trains the decoder of the run's acoustic model further, against discriminators; to `steps`,
    or for `seconds`, from where it was.

    Raises:
        InputError: the acoustic model has not been trained.
        Diverged: a loss or a gradient is not finite.
    """
    regression = trained_regression(run)
    folder = run.stage(ADVERSARIAL)
    recipe = recipe or Recipe.of_stage(folder)
    loop = loop_for(recipe.adversarial_loop, device, steps=steps, learning_rate=learning_rate)
    torch.manual_seed(loop.seed)  # the weights that the discriminators begin with
    data = run.dataset()
    if recipe.adversarial.shifted_windows > 0:
        write_shifted(data)
    task = AdversarialTask(data, regression, recipe.adversarial, device=device)
    resolved = {
        "model": regression.config.to_dict(),
        "loop": dataclasses.asdict(loop),
        "adversarial": dataclasses.asdict(recipe.adversarial),
    }
    return train_stage(folder, task, resolved, loop, seconds=seconds, device=device, recipe=recipe)


def train_vocoder(
    run: Run,
    options: VocoderOptions,
    *,
    seconds: float | None,
    steps: int | None = None,
    learning_rate: float | None = None,
    begin_with: Path | None = None,
) -> Trainer:
    """Trains the vocoder.

    Args:
        run: with an aligned data set.
        options: where, by which recipe, and of what batches.
        seconds: stop after so long; None for all steps.
        steps: where the learning rate reaches 0; None for the recipe's.
        learning_rate: its highest; None for the recipe's.
        begin_with: a voice pack whose weights a new run begins with, so that a voice can be trained
            further where its checkpoint is lost; a run that has a checkpoint goes on from that.

    Raises:
        InputError: there is no data set, nothing was predicted though a share is asked for, the
            pack's network is another, nothing is there that torch.compile could compile with, or
            the device has no room for the data set.
        VoiceError: the pack is missing or damaged.
        Diverged: a loss or a gradient is not finite.
    """
    data = run.dataset()
    folder = run.stage("vocoder")
    recipe = options.recipe_for(folder)
    loop = loop_for(recipe.vocoder_loop, options.device, steps=steps, learning_rate=learning_rate)
    training = VocoderTraining.of(
        data,
        recipe.wavenet_for(data),
        loop,
        folder,
        options,
        processes=int(os.environ.get("WORLD_SIZE", "1")),
    )
    if begin_with is not None:
        _begin_with(training.task, read_pack(begin_with).network, begin_with)
    listen = CopySynthesisListener(data).listen
    return train_stage(
        folder,
        training.task,
        training.resolved,
        loop,
        seconds=seconds,
        device=options.device,
        listen=listen,
        throughput=training.throughput,
        recipe=recipe,
    )


def _begin_with(task: Task, trained: AcousticModel | WaveNet, pack: Path) -> None:
    assert isinstance(task.model, type(trained))
    alike = [_but_predictions(model.config) for model in (trained, task.model)]
    if alike[0] != alike[1]:
        raise InputError(
            f"{pack}: its model is {trained.config}, and this run trains {task.model.config}",
            field="begin_with",
        )
    task.model.load_state_dict(trained.state_dict())


def _but_predictions(config: AcousticConfig | WaveNetConfig) -> AcousticConfig | WaveNetConfig:
    """What weights depend on: the network gets used to other linear predictions in some hundred
    steps.
    """
    if isinstance(config, AcousticConfig):
        return config
    return dataclasses.replace(
        config, prediction_order=min(config.prediction_order, 1), prediction_smoothing_hz=0.0
    )


def recogniser_config(data: PreparedSet) -> RecogniserConfig:
    """The recogniser's recipe: one cycle of dilations, which sees 64 ms at 16 kHz, and most of the
    weights where frames cost little.
    """
    return RecogniserConfig(
        wavenet=WaveNetConfig(
            num_layers=10, num_cycles=1, residual_channels=32, gate_channels=64, skip_channels=128,
            head_channels=96,
            prediction_order=0, max_lag=0, n_mels=data.audio.n_mels,
            hop_length=data.audio.hop_length,
            linguistic=LinguisticConfig(category_sizes=data.header.category_sizes),
        )
    )  # fmt: skip


def train_recogniser(run: Run, *, steps: int, seconds: float | None, device: str) -> Trainer:
    """Trains the recogniser on the alignment that the data set has, to `steps`, or for `seconds`,
    from where it was.
    """
    data = run.dataset()
    config = recogniser_config(data)
    loop = LoopConfig(
        total_steps=steps,
        learning_rate=2e-3,
        decay_share=0.5,
        ema_decay=0.998,
        validate_every=500,
        bf16=bf16_pays(device),
    )
    torch.manual_seed(loop.seed)  # the weights that training begins with
    task = RecogniserTask(data, config, RecogniserSegments())
    return train_stage(
        run.stage("recogniser"), task, _resolved(config, loop), loop, seconds=seconds, device=device
    )


def measure_recogniser(run: Run) -> Measured:
    """Measures the recogniser as trained so far, on the CPU, and writes the figures into its
    folder.
    """
    folder = run.stage("recogniser")
    measured = measure(read_recogniser(run), run.dataset(), torch.device("cpu"))
    circumstances = {
        "steps": steps_done(folder), "machine": processor_name(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    }  # fmt: skip
    with whole_file(folder / "phoneme_errors.json") as file:
        file.write(json.dumps(circumstances | measured.to_dict(), indent=1).encode())
    return measured


def read_recogniser(run: Run) -> Recogniser:
    """The recogniser as trained so far, its averaged weights; InputError where the stage has not
    run.
    """
    network = Recogniser(RecogniserConfig.from_dict(read_model_config(run.stage("recogniser"))))
    network.load_state_dict(read_average(run.stage("recogniser"))[0])
    return network.eval().requires_grad_(False)


def train_stage(
    folder: Path,
    task: Task,
    resolved: dict[str, Any],
    loop: LoopConfig,
    *,
    seconds: float | None,
    device: str,
    listen: Callable[[torch.nn.Module, TrainingMonitor, int], None] | None = None,
    throughput: Throughput | None = None,
    recipe: Recipe | None = None,
) -> Trainer:
    """Trains a task in a stage's folder, with TensorBoard and a progress bar; under torchrun with
    others, the first of which tells.

    Args:
        folder: of config.json, the checkpoint and TensorBoard's files.
        task: what is trained.
        resolved: what config.json says.
        loop: how.
        seconds: stop after so long; None for all steps.
        device: where.
        listen: called with the averaged model, the board and the step after each validation.
        throughput: adds its own figures to each step's.
        recipe: saved beside the weights, where there is one.
    """
    distributed = int(os.environ.get("WORLD_SIZE", "1")) > 1
    if distributed:
        torch.distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    trainer = Trainer(task, loop, folder, device=own_device(device))
    if trainer.rank != 0:
        trainer.run(lambda step, figures: None, seconds=seconds)
    else:
        write_config(folder, resolved)
        if recipe is not None:
            recipe.save(folder)
        with TrainingMonitor(
            folder, title=folder.name, total_steps=loop.total_steps, first_step=trainer.step
        ) as board:

            def report(step: int, figures: dict[str, float]) -> None:
                board(
                    step,
                    figures
                    if throughput is None
                    else figures | throughput.figures(figures["steps_per_second"]),
                )
                if listen is not None and any("/" in name for name in figures):
                    listen(trainer.average, board, step)

            trainer.run(report, seconds=seconds)
    if distributed:
        torch.distributed.destroy_process_group()
    return trainer


def _resolved(config: AcousticConfig | RecogniserConfig, loop: LoopConfig) -> dict[str, Any]:
    return {"model": config.to_dict(), "loop": dataclasses.asdict(loop)}


def read_model_config(folder: Path) -> dict[str, Any]:
    """The configuration that a stage's weights were trained with; InputError where the stage has
    not run.
    """
    model: dict[str, Any] = read_config(folder)["model"]
    return model


def steps_done(folder: Path) -> int:
    """How far a stage has come; 0 where it has not begun."""
    path = folder / "checkpoint.pt"
    return (
        int(torch.load(path, map_location="cpu", weights_only=True)["step"])
        if path.is_file()
        else 0
    )


def read_average(folder: Path) -> tuple[dict[str, torch.Tensor], int, float]:
    """The averaged weights of a stage, its steps and its seconds of training."""
    path = folder / "checkpoint.pt"
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; run `sonant-train {folder.name}` first", field=str(path)
        )
    state = torch.load(path, map_location="cpu", weights_only=True)
    return state["average"], int(state["step"]), float(state["seconds"])


def trained_regression(run: Run) -> AcousticModel:
    """The averaged acoustic model of a run before adversarial training, in evaluation mode;
    InputError where the stage has not run.
    """
    folder = run.stage("acoustic")
    return _acoustic(folder, read_average(folder)[0])


def trained_acoustic(run: Run) -> AcousticModel:
    """The averaged acoustic model that a run speaks with: after adversarial training where that has
    begun. Raises as `trained_regression`.
    """
    folder = run.stage(ADVERSARIAL)
    if steps_done(folder) == 0:
        return trained_regression(run)
    prefix = "acoustic."
    weights = {
        name.removeprefix(prefix): tensor
        for name, tensor in read_average(folder)[0].items()
        if name.startswith(prefix)
    }
    return _acoustic(folder, weights)


def _acoustic(folder: Path, weights: dict[str, torch.Tensor]) -> AcousticModel:
    acoustic = AcousticModel(AcousticConfig.from_dict(read_model_config(folder)))
    acoustic.load_state_dict(weights)
    return acoustic.eval().requires_grad_(False)
