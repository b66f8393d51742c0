"""What the acoustic model makes of the recordings' own durations and pitch, so that the vocoder
hears in training what it will hear in service.

Predicted spectra are smoother than true ones, and a vocoder that has only met true ones takes
smoothness for a sound. With the true durations, pitch and voicing they still belong to the recorded
samples (Shen et al. 2018, arXiv 1712.05884, section 3.3, for the same reason).
"""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.progress import track

from training.acoustic.regression import AcousticTask
from training.data.dataset import PREDICTED, PreparedSet
from vocoder.acoustic.model import AcousticModel
from vocoder.audio.whole_file import whole_file
from vocoder.torch_threads import one_torch_thread


def predict(data: PreparedSet, acoustic: AcousticModel) -> float:
    """Writes `predicted_log_mel.npy` into the data set: float16 [F, M]; utterances that are not
    aligned keep their true spectrum.

    Args:
        data: aligned.
        acoustic: in evaluation mode.

    Returns:
        mean absolute difference from the true spectra on held-out utterances, in nats.
    """
    task = AcousticTask(data, acoustic.config)
    predicted = np.array(data.log_mel)
    differences = []
    for entry in track(data.header.entries, "predicted spectra", console=Console(stderr=True)):
        if entry.phoneme_start < 0:
            continue
        with one_torch_thread():
            made = task.predict(acoustic, entry).log_mel
        if entry.validation:
            differences.append(np.abs(made - data.conditions(entry).log_mel).mean(axis=1))
        predicted[entry.frame_start : entry.frame_start + entry.num_frames] = made.astype(
            np.float16
        )
    with whole_file(data.folder / PREDICTED) as file:
        np.save(file, predicted)
    return float(np.concatenate(differences).mean()) if differences else float("nan")
