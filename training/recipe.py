"""Where a run lives, and how a recipe (`training.recipe_file`) and what somebody asks for become
the vocoder's training. torch and numpy alone.

runs/NAME/data        a prepared data set (`training.data.dataset`)
runs/NAME/vocoder     recipe.toml: the recipe; config.json: what was resolved; checkpoint.pt: where
it goes on from
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training.bandwidth import Throughput
from training.data.dataset import PreparedSet
from training.data.segments import SegmentConfig
from training.loop import LoopConfig
from training.recipe_file import Recipe
from training.vocoder_task import VocoderTask
from vocoder.audio.whole_file import whole_file
from vocoder.config import WaveNetConfig
from vocoder.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where one voice in the making lives."""

    name: str
    root: Path = Path("runs")

    @property
    def data(self) -> Path:
        """The prepared data set."""
        return self.root / self.name / "data"

    def stage(self, name: str) -> Path:
        """The folder of one trained part."""
        return self.root / self.name / name

    @property
    def judged(self) -> Path:
        """What judges said of each sound, as JSON lines."""
        return self.root / self.name / "evaluation.jsonl"

    def dataset(self) -> PreparedSet:
        """The prepared data set; InputError where it is not there or not aligned."""
        data = PreparedSet(self.data)
        if not data.aligned:
            raise InputError(
                f"{self.data} is not aligned; run `sonant-train align` first", field=str(self.data)
            )
        return data


def loop_for(
    loop: LoopConfig, device: str, *, steps: int | None, learning_rate: float | None = None
) -> LoopConfig:
    """A recipe's loop on a device, with other steps or another highest learning rate where they are
    given.
    """
    return dataclasses.replace(
        loop,
        total_steps=loop.total_steps if steps is None else steps,
        learning_rate=loop.learning_rate if learning_rate is None else learning_rate,
        bf16=bf16_pays(device),
    )


def bf16_pays(device: str) -> bool:
    """Whether products in bf16 are the faster ones: on a CPU without instructions for them they
    take three times as long as those in fp32.
    """
    return (
        not device.startswith("cpu")
        or torch.cpu._is_avx512_bf16_supported()
        or torch.cpu._is_amx_tile_supported()
    )


def own_device(device: str) -> str:
    """The device of this process: of several that torchrun starts on a machine, each has a card of
    its own.
    """
    return (
        f"cuda:{os.environ['LOCAL_RANK']}"
        if device == "cuda" and "LOCAL_RANK" in os.environ
        else device
    )


@dataclass(frozen=True, kw_only=True)
class VocoderOptions:
    """Where a vocoder is trained and what its batches are; None leaves a thing to the run and to
    the machine.

    Attributes:
        device: where.
        recipe: None for the one that the run was begun with, else the shipped one.
        segments: per batch; None for what the run had, or for the recipe's where a recipe is given
            or the run is new.
        frames: that count in each segment; None likewise.
        predicted_share: of segments whose spectrum is what the acoustic model predicts; None
            likewise.
        compile_network: as `VocoderTask`; None for a card only.
        resident: likewise.
    """

    device: str = "cpu"
    recipe: Recipe | None = None
    segments: int | None = None
    frames: int | None = None
    predicted_share: float | None = None
    compile_network: bool | None = None
    resident: bool | None = None

    @property
    def on_gpu(self) -> bool:
        """Whether the device is none of the processor's."""
        return not self.device.startswith("cpu")

    def recipe_for(self, folder: Path) -> Recipe:
        """The recipe for the run in this folder."""
        return Recipe.of_stage(folder) if self.recipe is None else self.recipe

    def segments_for(self, folder: Path) -> SegmentConfig:
        """How segments are drawn: as asked for, and where nothing is asked for as in the run in
        this folder, or as the recipe says.
        """
        begun = recorded_segments(folder) if self.recipe is None else None
        if begun is None:
            recipe = self.recipe_for(folder)
            begun = (
                dataclasses.replace(recipe.segments, segments=recipe.gpu_segments)
                if self.on_gpu
                else recipe.segments
            )
        return dataclasses.replace(
            begun,
            segments=begun.segments if self.segments is None else self.segments,
            frames=begun.frames if self.frames is None else self.frames,
            predicted_share=begun.predicted_share
            if self.predicted_share is None
            else self.predicted_share,
        )


@dataclass(frozen=True, kw_only=True)
class VocoderTraining:
    """All that a vocoder's run needs beside the loop itself."""

    task: VocoderTask
    loop: LoopConfig
    throughput: Throughput

    @classmethod
    def of(
        cls,
        data: PreparedSet,
        config: WaveNetConfig,
        loop: LoopConfig,
        folder: Path,
        options: VocoderOptions,
        *,
        processes: int = 1,
    ) -> VocoderTraining:
        """For the run in `folder`, begun or new.

        Args:
            data: what to train on.
            config: of the network.
            loop: how it is trained.
            folder: where config.json and the checkpoint are or will be.
            options: where, and of what batches.
            processes: that train together.

        Raises:
            InputError: as `VocoderTask`; or there is no card, or nothing was predicted though a
                share is asked for.
        """
        segments = options.segments_for(folder)
        device = torch.device(own_device(options.device))
        if device.type == "cuda" and not torch.cuda.is_available():
            raise InputError(
                "torch sees no card here; --device cpu trains on the processor", field="device"
            )
        if segments.predicted_share > 0:
            _ = data.predicted_log_mel  # missing: said now, not at the first segment
        torch.manual_seed(loop.seed)  # the weights that training begins with
        task = VocoderTask(
            data,
            config,
            segments,
            compile_network=options.on_gpu
            if options.compile_network is None
            else options.compile_network,
            device=device,
            resident=options.on_gpu if options.resident is None else options.resident,
        )
        throughput = Throughput.of(
            config,
            segments,
            num_weights=sum(parameter.numel() for parameter in task.model.parameters()),
            bf16=loop.bf16,
            device=device,
            sample_rate=data.audio.sample_rate,
            processes=processes,
        )
        return cls(task=task, loop=loop, throughput=throughput)

    @property
    def resolved(self) -> dict[str, Any]:
        """What config.json says."""
        return {
            "model": self.task.config.to_dict(),
            "loop": dataclasses.asdict(self.loop),
            "segments": self.task.segments.to_dict(),
        }


def write_config(folder: Path, resolved: dict[str, Any]) -> None:
    """Writes config.json, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / "config.json") as file:
        file.write(json.dumps(resolved, indent=1).encode())


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of a stage; InputError where the stage has not run."""
    path = folder / "config.json"
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; run `sonant-train {folder.name}` first", field=str(path)
        )
    resolved: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return resolved


def recorded_segments(folder: Path) -> SegmentConfig | None:
    """How the run in this folder draws segments; None where no run has left a checkpoint there."""
    if not (folder / "checkpoint.pt").is_file():
        return None
    recorded = read_config(folder).get("segments")
    if recorded is None:  # of before this was recorded, when there was no choice
        return Recipe.read().segments
    if recorded.pop("history_noise", 0.0):  # runs of before it was removed have it, as 0
        raise InputError(
            f"{folder / 'config.json'}: begun with history_noise, which is no longer there",
            field=str(folder),
        )
    return SegmentConfig.from_dict(recorded)
