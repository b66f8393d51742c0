"""The training loop: torch and numpy alone, so that it can be carried to a GPU machine that has
little else.

One optimiser step is a function of the configuration, the step's number and the data: batches are
drawn by a counter-based generator keyed with (seed, step, rank), and a checkpoint holds weights,
average, optimiser and step. So a run that was killed at any moment and started again follows the
same curve, on the processor and on a card, and may change between them. Under torchrun every
process draws its own batches and the gradients are averaged.

A card works through a queue, and whoever reads a figure waits until the queue is empty: there
figures are read every `REPORT_EVERY` steps, all of them at once. No checkpoint is written before
the figures of all its steps were read and found finite.
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

from training.stopping import signals_deferred
from vocoder.audio.whole_file import whole_file
from vocoder.errors import InputError, SonantError

Batch = Mapping[str, Tensor]
ReportStep = Callable[[int, dict[str, float]], None]
REPORT_EVERY = 20  # steps on a card; on the processor figures are read after every step


class Diverged(SonantError, ArithmeticError):
    """A loss or a gradient that is no finite number. What the model has become is not kept."""


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """How a model is trained, whatever it is; a voice's numbers are in its recipe
    (`training/recipes`).
    """

    total_steps: int  # where the learning rate reaches 0
    learning_rate: float  # its highest
    warmup_steps: int = 200  # it rises linearly for so long ...
    decay_share: float = 0.3  # ... stays, and falls linearly to 0 over this last share of the steps
    weight_decay: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)  # of Adam
    gradient_norm: float = 1.0  # longest gradient that is not shortened
    ema_decay: float = (
        0.9995  # of the average of the weights, which is what is validated and exported
    )
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
    return torch.optim.AdamW(
        model.parameters(),
        lr=config.learning_rate,
        betas=config.betas,
        weight_decay=config.weight_decay,
        fused=True,
    )


class Task(Protocol):
    """What is trained: a model, its batches and its losses."""

    model: nn.Module

    def batch(self, generator: np.random.Generator) -> Batch:
        """One training batch, drawn with the generator; on the host, or where the model is."""

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Scalar losses by name; `loss` is the one that is minimised."""

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """Figures on the held-out sentences."""


class Trainer:
    """A run: its model, average, optimiser, step, and the folder where they are kept."""

    def __init__(
        self, task: Task, config: LoopConfig, folder: Path, *, device: str = "cpu"
    ) -> None:
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
        self.report_every = 1 if self.device.type == "cpu" else REPORT_EVERY
        self._unread: list[_UnreadStep] = []
        self._seconds_read = 0.0  # `seconds` at the last reading
        self._whole = True  # False while weights, optimiser and step are not of one moment
        if self.device.type == "cuda":
            torch.backends.cudnn.deterministic = (
                True  # else the sums of a resumed run may be taken in another order
            )
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.is_file():
            self._load()

    @property
    def checkpoint(self) -> Path:
        """Where the run goes on from."""
        return self.folder / "checkpoint.pt"

    def run(
        self, report: ReportStep, *, until: int | None = None, seconds: float | None = None
    ) -> None:
        """Trains to `total_steps`, to step `until` or for `seconds`, whichever comes first; leaves
        a checkpoint.

        Args:
            report: called with each step and its figures, in order: after every step, or on a card
                of `report_every` steps after the last of them.
                `steps_per_second` is of the steps read together; names with a slash are validation
                figures.
            until: stop at this step.
            seconds: stop after so long.

        Raises:
            Diverged: a loss or a gradient is not finite; the last checkpoint stays as it was.
        """
        last = self.config.total_steps if until is None else min(until, self.config.total_steps)
        started = saved = time.monotonic()
        try:
            while self.step < last and (seconds is None or time.monotonic() - started < seconds):
                before = time.monotonic()
                self._advance()
                self.seconds += time.monotonic() - before
                validates = self.step % self.config.validate_every == 0 and self.rank == 0
                saves = time.monotonic() - saved > self.config.checkpoint_seconds
                if len(self._unread) < self.report_every and not validates and not saves:
                    continue
                read = self._read()
                if validates:
                    read[-1][1].update(
                        {
                            f"validation/{name}": value
                            for name, value in self.task.validate(self.average, self.device).items()
                        }
                    )
                _report_all(report, read)
                if saves:
                    self._save()
                    saved = time.monotonic()
            _report_all(report, self._read())
        except Diverged:
            raise
        except BaseException:
            if self._whole:
                self._save()
            raise
        self._save()

    def _advance(self) -> None:
        generator = np.random.Generator(
            np.random.Philox(key=self.config.seed, counter=[0, 0, self.rank, self.step])
        )
        # Dropout and the like draw from torch's own generator: it, too, is a function of the step.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step * 8191 + self.rank)
        batch = {
            name: tensor.to(self.device, non_blocking=True)
            for name, tensor in self.task.batch(generator).items()
        }
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
        with signals_deferred():
            self._whole = False
            self.optimiser.step()
            self.step += 1
            # A short run has no time for a long average: it warms up with the steps (as in
            # TensorFlow's moving averages).
            decay = min(self.config.ema_decay, (1 + self.step) / (10 + self.step))
            with torch.no_grad():
                torch._foreach_lerp_(
                    list(self.average.parameters()), list(self.model.parameters()), 1 - decay
                )
            values = torch.stack(
                [*(value.detach().float() for value in losses.values()), norm.float()]
            )
            self._unread.append(
                _UnreadStep(
                    number=self.step,
                    names=(*losses, "gradient_norm"),
                    values=values,
                    learning_rate=rate,
                )
            )
            self._whole = True

    def _read(self) -> list[tuple[int, dict[str, float]]]:
        """The steps since the last reading and their figures, in order; waits for the device.
        Raises Diverged.
        """
        if not self._unread:
            return []
        before = time.monotonic()
        rows = torch.stack([step.values for step in self._unread]).tolist()
        self.seconds += time.monotonic() - before
        read = [step.figures(row) for step, row in zip(self._unread, rows, strict=True)]
        speed = len(read) / max(self.seconds - self._seconds_read, 1e-9)
        # Last, and together: whoever is stopped before this reads them again, and whoever diverged
        # finds that out again.
        self._unread, self._seconds_read = [], self.seconds
        return [(number, figures | {"steps_per_second": speed}) for number, figures in read]

    def _share_gradients(self) -> None:
        if self.world_size == 1:
            return
        gradients = [
            parameter.grad for parameter in self.model.parameters() if parameter.grad is not None
        ]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.distributed.all_reduce(flat)
        flat /= self.world_size
        for gradient, mean in zip(
            gradients, torch.split(flat, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))

    def _save(self) -> None:
        self._read()
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
        with whole_file(self.checkpoint) as file:
            torch.save(state, file)

    def _load(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        try:
            self.model.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (RuntimeError, ValueError, KeyError) as error:
            raise InputError(
                f"{self.checkpoint}: of another model: {error}", field=str(self.checkpoint)
            ) from error
        self.step = state["step"]
        self.seconds = self._seconds_read = state["seconds"]


@dataclass(frozen=True, kw_only=True)
class _UnreadStep:
    """A step whose figures may still be on their way.

    Attributes:
        number: of the step, from 1.
        names: what the values are.
        values: float32 [len(names)], where the model is.
        learning_rate: that it was made with.
    """

    number: int
    names: tuple[str, ...]
    values: Tensor
    learning_rate: float

    def figures(self, values: list[float]) -> tuple[int, dict[str, float]]:
        """Its number and its figures, once the values are here. Raises Diverged."""
        figures = dict(zip(self.names, values, strict=True))
        for name, what in (("loss", "loss"), ("gradient_norm", "gradient")):
            if not np.isfinite(figures[name]):
                raise Diverged(
                    f"the {what} became {figures[name]} at step {self.number}: lower the "
                    f"learning rate"
                )
        return self.number, figures | {"learning_rate": self.learning_rate}


def _report_all(report: ReportStep, read: list[tuple[int, dict[str, float]]]) -> None:
    for step, figures in read:
        report(step, figures)
