"""What a person sees of a run: a progress bar with the time left, a line now and then, and
TensorBoard's curves, pictures and sounds.

Beside `training.loop`, which imports none of this: on a machine without rich or TensorBoard the
loop takes any other reporter.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from torch.utils.tensorboard import SummaryWriter

from training.bandwidth import speed_line

SMOOTHING = 0.98  # of the loss shown
SHOWN_EVERY = 20  # steps between two of a curve, or of the speed


class TrainingMonitor:
    """A reporter for `Trainer.run`, and a context that closes what it opened."""

    def __init__(self, folder: Path, *, title: str, total_steps: int, first_step: int) -> None:
        self.console = Console(stderr=True)
        self.writer = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step)
        self.title = title
        self.total_steps = total_steps
        self.first_step = first_step
        self._loss: float | None = None
        self._speed = ""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[loss]}"),
            console=self.console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        self._task = self._progress.add_task(
            self.title, total=self.total_steps, completed=self.first_step, loss=""
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
        self.writer.close()

    def __call__(self, step: int, figures: dict[str, float]) -> None:
        """Takes the figures of one step."""
        loss = figures["loss"]
        self._loss = loss if self._loss is None else SMOOTHING * self._loss + (1 - SMOOTHING) * loss
        if step % SHOWN_EVERY == 0:
            self._speed = speed_line(figures)
        self._progress.update(
            self._task, completed=step, loss=f"loss {self._loss:.4f}{self._speed}"
        )
        validated = {name: value for name, value in figures.items() if "/" in name}
        if step % SHOWN_EVERY == 0 or validated:
            for name, value in figures.items():
                self.writer.add_scalar(name if "/" in name else f"training/{name}", value, step)
        if validated:
            shown = ", ".join(
                f"{name.split('/')[1]} {value:.4f}" for name, value in validated.items()
            )
            self.console.print(f"{self.title} step {step}: {shown}")

    def sound(
        self, name: str, samples: npt.NDArray[np.float32], sample_rate: int, step: int
    ) -> None:
        """A sound, float32 [T] in -1..1."""
        self.writer.add_audio(name, samples[None], step, sample_rate=sample_rate)

    def pictures(self, name: str, pictures: npt.NDArray[np.float32], step: int) -> None:
        """Several pictures [N, C, H, W] side by side, of one or three channels; their least value
        is black, their largest white.
        """
        low, high = float(pictures.min()), float(pictures.max())
        scaled = (pictures - low) / max(high - low, 1e-6)
        self.writer.add_images(name, scaled, step)

    def spectrogram(self, name: str, log_mel: npt.NDArray[np.float32], step: int) -> None:
        """A log-mel spectrum [F, M] as a picture, low bands below."""
        low, high = float(log_mel.min()), float(log_mel.max())
        picture = (log_mel.T[::-1] - low) / max(high - low, 1e-6)
        self.writer.add_image(name, picture[None], step)
