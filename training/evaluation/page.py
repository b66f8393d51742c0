"""A report as one HTML file that needs nothing else: sounds to play and spectrograms to look at,
side by side.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.evaluation.picture import spectrogram
from training.evaluation.report import Report
from training.html import figure, table, write_html
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One sentence and what was made of it, by name: float32 [T] each."""

    text: str
    sounds: Mapping[str, FloatArray]


def write_page(path: Path, report: Report, heard: Sequence[Heard], audio: AudioConfig) -> None:
    """Writes the page, whole or not at all."""
    parts = [f"<p>{html.escape(report.on_what)}</p>", *map(table, report.tables())]
    for one in heard:
        figures = "".join(
            figure(
                name,
                spectrogram(samples, audio),
                samples,
                audio.sample_rate,
                what="log-mel spectrogram",
            )
            for name, samples in one.sounds.items()
        )
        parts.append(
            f"<section><p>{html.escape(one.text)}</p><div class=sounds>{figures}</div></section>"
        )
    write_html(path, f"{report.voice}, release {report.release}", parts)
