"""Pages that need nothing else: one HTML file with its style, pictures and sounds inside."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from vocoder.audio.whole_file import whole_file

FloatArray = npt.NDArray[np.float32]
_STYLE = """
body {
  font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff
}
table { border-collapse: collapse; margin: 1rem 0 }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .8rem; text-align: left }
section { border-top: 1px solid #ccc; padding-top: .5rem }
.sounds { display: flex; flex-wrap: wrap; gap: 1rem }
figure { margin: 0; width: 22rem } figure.wide { width: 100% } img, audio { width: 100% }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 } }
"""


def write_html(path: Path, title: str, parts: Sequence[str]) -> None:
    """Writes a page, whole or not at all: its title as a heading, then parts that are HTML
    already.
    """
    shown = html.escape(title)
    head = (
        f"<!doctype html><html lang=en><meta "
        f"charset=utf-8><title>{shown}</title><style>{_STYLE}</style><h1>{shown}</h1>"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write("".join([head, *parts, "</html>"]).encode())


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table of plain texts, its heading first."""
    cells = [[html.escape(cell) for cell in row] for row in rows]
    head = "".join(f"<th>{cell}</th>" for cell in cells[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in cells[1:]
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def figure(
    label: str, png: bytes, samples: FloatArray, sample_rate: int, *, what: str, wide: bool = False
) -> str:
    """A picture over the sound that it shows.

    Args:
        label: a plain text, shown above.
        png: the picture.
        samples: float32 [T]; what lies outside -1..1 is clipped.
        sample_rate: Hz.
        what: the kind of picture, for those who cannot see it.
        wide: as wide as the page.
    """
    sound = io.BytesIO()
    soundfile.write(sound, np.clip(samples, -1, 1), sample_rate, format="FLAC", subtype="PCM_16")
    shown = html.escape(label)
    return (
        f"<figure{' class=wide' if wide else ''}><figcaption>{shown}</figcaption><img "
        f"alt='{html.escape(what)} of {shown}' src='{_data('image/png', png)}'>"
        f"<audio controls preload=none "
        f"src='{_data('audio/flac', sound.getvalue())}'></audio></figure>"
    )


def _data(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
