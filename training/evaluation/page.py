"""A report as one HTML file that needs nothing else: sounds to play and spectrograms to look at, side by side."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from training.evaluation.picture import spectrogram
from training.evaluation.report import Report
from vocoder.audio.whole_file import whole_file
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } th, td { border-bottom: 1px solid #ccc; padding: .3rem .8rem; text-align: left }
section { border-top: 1px solid #ccc; padding-top: .5rem } .sounds { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; width: 22rem } img, audio { width: 100% }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } }
"""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One sentence and what was made of it, by name: float32 [T] each."""

    text: str
    sounds: Mapping[str, FloatArray]


def write_page(path: Path, report: Report, heard: Sequence[Heard], audio: AudioConfig) -> None:
    """Writes the page, whole or not at all."""
    title = html.escape(f"{report.voice}, release {report.release}")
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>"]
    parts += [f"<p>{html.escape(report.on_what)}</p>", _table(report.copy_rows()), _table(report.speech_rows())]
    for one in heard:
        figures = "".join(_figure(name, samples, audio) for name, samples in one.sounds.items())
        parts.append(f"<section><p>{html.escape(one.text)}</p><div class=sounds>{figures}</div></section>")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write("".join([*parts, "</html>"]).encode())


def _table(rows: Sequence[Sequence[str]]) -> str:
    cells = [[html.escape(cell) for cell in row] for row in rows]
    head = "".join(f"<th>{cell}</th>" for cell in cells[0])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells[1:])
    return f"<table><tr>{head}</tr>{body}</table>"


def _figure(name: str, samples: FloatArray, audio: AudioConfig) -> str:
    sound = io.BytesIO()
    soundfile.write(sound, np.clip(samples, -1, 1), audio.sample_rate, format="FLAC", subtype="PCM_16")
    label = html.escape(name)
    return (
        f"<figure><figcaption>{label}</figcaption><img alt='log-mel spectrogram of {label}' src='{_data('image/png', spectrogram(samples, audio))}'>"
        f"<audio controls preload=none src='{_data('audio/flac', sound.getvalue())}'></audio></figure>"
    )


def _data(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
