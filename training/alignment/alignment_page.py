"""How a corpus is aligned, as one HTML page: all utterances, the worst first, and pictures of some
with their phonemes.

F frames, M mels.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from training.data.dataset import DatasetEntry, PreparedSet
from training.data.outliers import RatedUtterance
from training.html import figure, table, write_html
from vocoder.text.inventory import PHONEMES

# utterances from the middle of the list that are shown, so that the worst have something to be held
# against
TYPICAL = 4


def write_alignment_page(
    path: Path, data: PreparedSet, rated: Sequence[RatedUtterance], *, worst: int
) -> None:
    """Writes the page, whole or not at all.

    Args:
        path: of the page.
        data: aligned; holds the recordings.
        rated: its utterances, the worst first.
        worst: how many of the worst are shown as pictures.
    """
    middle = max((len(rated) - TYPICAL) // 2, 0)
    aside = sum(bool(one.entry.set_aside) for one in rated)
    legend = (
        f"{len(rated)} utterances, aligned by {data.header.aligned_by}; {aside} set aside. Bits "
        f"per sample: what the voice's vocoder pays for the "
        "recording. Score: the aligner's, in nats per frame. Deviations: robust standard "
        "deviations from the median, of the worse of the two."
    )
    parts = [
        f"<p>{legend}</p>",
        "<h2>The worst</h2>",
        *(_picture(one, data) for one in rated[:worst]),
        "<h2>Typical</h2>",
        *(_picture(one, data) for one in rated[middle : middle + TYPICAL]),
        "<h2>All</h2>",
        table(
            [
                ["utterance", "deviations", "bits per sample", "score", "used", "text"],
                *(_row(one) for one in rated),
            ]
        ),
    ]
    write_html(path, f"Alignment of {', '.join(data.header.speakers)}", parts)


def _row(one: RatedUtterance) -> list[str]:
    used = (
        "held out"
        if one.entry.validation
        else f"no: {one.entry.set_aside}"
        if one.entry.set_aside
        else "yes"
    )
    bits = "" if one.bits is None else f"{one.bits:.3f}"
    return [
        one.entry.id,
        f"{one.deviations:.1f}",
        bits,
        f"{one.entry.score:.2f}",
        used,
        one.entry.text,
    ]


def _picture(one: RatedUtterance, data: PreparedSet) -> str:
    samples = data.wave(one.entry)
    return figure(
        str(one),
        draw_alignment(one.entry, data),
        samples,
        data.audio.sample_rate,
        what="log-mel spectrogram with phonemes",
        wide=True,
    )


def draw_alignment(entry: DatasetEntry, data: PreparedSet) -> bytes:
    """An utterance's log-mel spectrogram with a line where each phoneme begins and its symbol
    above: a PNG.
    """
    categories, _, durations = data.phonemes(entry)
    log_mel = data.log_mel[entry.frame_start : entry.frame_start + entry.num_frames].astype(
        np.float32
    )
    seconds = data.audio.hop_length / data.audio.sample_rate
    ends = np.cumsum(durations) * seconds
    with mpl.rc_context({"font.size": 7}):
        drawing = Figure(figsize=(14, 2.4), layout="constrained")
        axes = drawing.subplots()
        axes.imshow(
            log_mel.T,
            origin="lower",
            aspect="auto",
            extent=(0, entry.num_frames * seconds, 0, data.audio.n_mels),
            vmin=-10,
            vmax=1,
            cmap="magma",
        )
        axes.vlines(ends[:-1], 0, data.audio.n_mels, colors="white", linewidth=0.6)
        for phoneme, end, duration in zip(categories[:, 0], ends, durations, strict=True):
            if duration > 0:  # a pause that the text has and the recording has not
                axes.text(
                    end - duration * seconds / 2,
                    data.audio.n_mels + 1,
                    PHONEMES[phoneme],
                    ha="center",
                    va="bottom",
                )
        axes.set_xlabel("seconds")
        axes.set_ylabel("mel band")
        png = io.BytesIO()
        drawing.savefig(png, dpi=100)
    return png.getvalue()
