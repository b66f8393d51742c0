"""A report as one HTML file that needs nothing else: sounds to play and spectrograms to look at, side by side."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from training.evaluation.report import Report
from training.html import figure, table, write_html
from vocoder.audio.mel import log_mel
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One sentence and what was made of it, by name: float32 [T] each."""

    text: str
    sounds: Mapping[str, FloatArray]


def write_page(path: Path, report: Report, heard: Sequence[Heard], audio: AudioConfig) -> None:
    """Writes the page, whole or not at all."""
    parts = [f"<p>{html.escape(report.on_what)}</p>", table(report.copy_rows()), table(report.speech_rows())]
    for one in heard:
        figures = "".join(
            figure(name, _picture(samples, audio), samples, audio.sample_rate, what="log-mel spectrogram") for name, samples in one.sounds.items()
        )
        parts.append(f"<section><p>{html.escape(one.text)}</p><div class=sounds>{figures}</div></section>")
    write_html(path, f"{report.voice}, release {report.release}", parts)


def _picture(samples: FloatArray, audio: AudioConfig) -> bytes:
    with mpl.rc_context({"font.size": 7}):
        drawing = Figure(figsize=(4, 1.6), layout="constrained")
        axes = drawing.subplots()
        seconds = len(samples) / audio.sample_rate
        axes.imshow(log_mel(samples, audio).T, origin="lower", aspect="auto", extent=(0, seconds, 0, audio.n_mels), vmin=-10, vmax=1, cmap="magma")
        axes.set_xlabel("seconds")
        axes.set_ylabel("mel band")
        png = io.BytesIO()
        drawing.savefig(png, dpi=110)
    return png.getvalue()
