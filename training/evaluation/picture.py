"""Sound as a picture."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

from vocoder.audio.mel import log_mel
from vocoder.config import AudioConfig


def spectrogram(samples: npt.NDArray[np.float32], audio: AudioConfig) -> bytes:
    """The log-mel spectrogram of float32 [T] as a PNG, always to the same scale of colours."""
    import matplotlib as mpl  # late: it takes a second
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 7}):
        figure = Figure(figsize=(4, 1.6), layout="constrained")
        axes = figure.subplots()
        seconds = len(samples) / audio.sample_rate
        axes.imshow(
            log_mel(samples, audio).T,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, audio.n_mels),
            vmin=-10,
            vmax=1,
            cmap="magma",
        )
        axes.set_xlabel("seconds")
        axes.set_ylabel("mel band")
        png = io.BytesIO()
        figure.savefig(png, dpi=110)
    return png.getvalue()
