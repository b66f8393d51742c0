"""The training loop: torch and numpy alone, so that it can be carried to a GPU machine that has little else.

One optimiser step is a function of the configuration, the step's number and the data: batches are drawn by a counter-based generator keyed
with (seed, step, rank), and a checkpoint holds weights, average, optimiser and step. So a run that was killed at any moment and started
again follows the same curve. Under torchrun every process draws its own batches and the gradients are averaged.
"""

from __future__ import annotations

import copy
import dataclasses
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from vocoder.errors import InputError

Batch = Mapping[str, Tensor]
Report = Callable[[int, dict[str, float]], None]


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """How a model is trained, whatever it is."""

    total_steps: int  # where the learning rate reaches 0
    learning_rate: float  # its highest
    warmup_steps: int = 200  # it rises linearly for so long ...
    decay_share: float = 0.3  # ... stays, and falls linearly to 0 over this last share of the steps
    weight_decay: float = 1e-4
    gradient_norm: float = 1.0  # longest gradient that is not shortened
    ema_decay: float = 0.9995  # of the average of the weights, which is what is validated and exported
    seed: int = 0
    bf16: bool = True  # matrix products in bfloat16, weights and optimiser in float32
    validate_every: int = 1000  # steps
    checkpoint_seconds: float = 120.0

    def learning_rate_at(self, step: int) -> float:
        """The rate of step `step` (from 0)."""
        decay_steps = max(round(self.total_steps * self.decay_share), 1)
        rise = min((step + 1) / self.warmup_steps, 1.0)
        fall = min(max(self.total_steps - step, 0) / decay_steps, 1.0)
        return self.learning_rate * rise * fall


def optimiser_for(model: nn.Module, config: LoopConfig) -> torch.optim.Optimizer:
    """AdamW over all weights."""
    return torch.optim.AdamW(model.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), weight_decay=config.weight_decay, fused=True)


class Task(Protocol):
    """What is trained: a model, its batches and its losses."""

    model: nn.Module

    def batch(self, generator: np.random.Generator) -> Batch:
        """One training batch, drawn with the generator; CPU tensors."""

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Scalar losses by name; `loss` is the one that is minimised."""

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """Figures on the held-out sentences."""


class Trainer:
    """A run: its model, average, optimiser, step, and the folder where they are kept."""

    def __init__(self, task: Task, config: LoopConfig, folder: Path, *, device: str = "cpu") -> None:
        self.task = task
        self.config = config
        self.folder = folder
        self.device = torch.device(device)
        self.rank = int(os.environ.get("RANK", "0"))
        self.world_size = int(os.environ.get("WORLD_SIZE", "1"))
        torch.manual_seed(config.seed)
        self.model = task.model.to(self.device)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.optimiser = optimiser_for(self.model, config)
        self.step = 0
        self.seconds = 0.0  # of training, over all resumptions
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.is_file():
            self._load()

    @property
    def checkpoint(self) -> Path:
        """Where the run goes on from."""
        return self.folder / "checkpoint.pt"

    def run(self, report: Report, *, until: int | None = None, seconds: float | None = None) -> None:
        """Trains to `total_steps`, to step `until` or for `seconds`, whichever comes first; leaves a checkpoint.

        Args:
            report: called with the step and its figures after every step; names with a slash are validation figures.
            until: stop at this step.
            seconds: stop after so long.
        """
        last = self.config.total_steps if until is None else min(until, self.config.total_steps)
        started = saved = time.monotonic()
        try:
            while self.step < last and (seconds is None or time.monotonic() - started < seconds):
                before = time.monotonic()
                figures = self._advance()
                self.seconds += time.monotonic() - before
                if self.step % self.config.validate_every == 0 and self.rank == 0:
                    validated = self.task.validate(self.average, self.device)
                    figures |= {f"validation/{name}": value for name, value in validated.items()}
                report(self.step, figures)
                if time.monotonic() - saved > self.config.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
        finally:
            self._save()

    def _advance(self) -> dict[str, float]:
        generator = np.random.Generator(np.random.Philox(key=self.config.seed, counter=[0, 0, self.rank, self.step]))
        # Dropout and the like draw from torch's own generator: it, too, is a function of the step.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step * 8191 + self.rank)
        batch = {name: tensor.to(self.device, non_blocking=True) for name, tensor in self.task.batch(generator).items()}
        rate = self.config.learning_rate_at(self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.bf16):
            losses = self.task.losses(self.model, batch)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(losses["loss"])
        self._share_gradients()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_norm)
        self.optimiser.step()
        self.step += 1
        # A short run has no time for a long average: it warms up with the steps (as in TensorFlow's moving averages).
        decay = min(self.config.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)
        figures = {name: float(value.detach()) for name, value in losses.items()}
        if not np.isfinite(figures["loss"]):
            raise ArithmeticError(f"the loss became {figures['loss']} at step {self.step}: lower the learning rate")
        return figures | {"learning_rate": rate, "gradient_norm": float(norm)}

    def _share_gradients(self) -> None:
        if self.world_size == 1:
            return
        gradients = [parameter.grad for parameter in self.model.parameters() if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        flat /= self.world_size
        for gradient, mean in zip(gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def _save(self) -> None:
        if self.rank != 0:
            return
        state: dict[str, Any] = {
            "config": dataclasses.asdict(self.config),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        temporary = self.checkpoint.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(self.checkpoint)

    def _load(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        try:
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise InputError(f"{self.checkpoint}: of another model: {error}", field=str(self.checkpoint)) from error
        self.step = state["step"]
        self.seconds = state["seconds"]
