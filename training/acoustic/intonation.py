"""How much flatter an acoustic model's melody is than the speaker's: measured on held-out
utterances, and made up for by the voice pack.

A model that is trained on the error of each frame learns the mean of all melodies that a sentence
may have, which moves less than any of them. Its spread around the sentence's mean is brought to the
recordings': the global variance of Toda and Tokuda (2007), for pitch alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.acoustic.regression import AcousticTask, FloatArray
from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.acoustic.model import AcousticModel
from vocoder.voices.pack import MOST_INTONATION

FEWEST = 5  # utterances that a spread can be measured on


def intonation(
    acoustic: AcousticModel, data: PreparedSet, entries: Sequence[DatasetEntry]
) -> float:
    """Spread of the recordings' log-F0 around each utterance's mean, as a multiple of the model's,
    under the recordings' durations.

    Args:
        acoustic: in evaluation mode.
        data: holds the recordings.
        entries: not trained on, for what was trained on the model knows by heart; those that are
            not aligned are left out.

    Returns:
        1..3, rounded to hundredths; 1 where fewer than `FEWEST` entries are aligned and voiced, or
        the model's melody does not move at all.
    """
    task = AcousticTask(data, acoustic.config)
    spoken, predicted = [], []
    for entry in entries:
        if entry.phoneme_start < 0:
            continue
        true, made = data.conditions(entry), task.predict(acoustic, entry)
        both = (true.voicing > 0) & (made.voicing > 0)
        if both.any():
            spoken.append(_departures(true.log_f0[both]))
            predicted.append(_departures(made.log_f0[both]))
    if len(spoken) < FEWEST:
        return 1.0
    spread = float(np.concatenate(predicted).std())
    return (
        round(float(np.clip(np.concatenate(spoken).std() / spread, 1.0, MOST_INTONATION)), 2)
        if spread > 0
        else 1.0
    )


def _departures(log_f0: FloatArray) -> FloatArray:
    departures: FloatArray = log_f0 - log_f0.mean()
    return departures
