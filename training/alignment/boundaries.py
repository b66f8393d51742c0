"""How two alignments of the same recordings differ.

P phonemes of all utterances, pauses left out: a pause between words is there or not as the aligner
finds it, all else is as the text has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.dataset import PreparedSet
from vocoder.text.inventory import PAUSE, PHONEMES

_PAUSE = PHONEMES.index(PAUSE)
LIMITS_MS = (0, 10, 20, 50)


@dataclass(frozen=True, kw_only=True)
class Beginnings:
    """When the phonemes of a data set begin.

    Attributes:
        phonemes: int64 [P], indices of the inventory.
        seconds: float64 [P], from the first utterance's first sample.
    """

    phonemes: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]

    @classmethod
    def of(cls, data: PreparedSet) -> Beginnings:
        """By the alignment that the data set has; all of it is read here, so it may be aligned anew
        afterwards.
        """
        phonemes, frames = [], []
        for entry in data.header.entries:
            categories, _, durations = data.phonemes(entry)
            spoken = categories[:, 0] != _PAUSE
            phonemes.append(categories[spoken, 0])
            frames.append((entry.frame_start + np.cumsum(durations) - durations)[spoken])
        return cls(
            phonemes=np.concatenate(phonemes),
            seconds=np.concatenate(frames) * (data.audio.hop_length / data.audio.sample_rate),
        )

    def moved_since(self, before: Beginnings) -> str:
        """How far from an earlier alignment, in a sentence."""
        if not np.array_equal(self.phonemes, before.phonemes):
            return "the earlier alignment was of other phonemes; it is not compared"
        far = np.abs(self.seconds - before.seconds)
        shares = ", ".join(
            f"{np.mean(far <= limit / 1000 + 1e-9):.1%} by at most {limit} ms"
            for limit in LIMITS_MS
        )
        return (
            f"{len(far)} phonemes begin {far.mean() * 1000:.1f} ms elsewhere than before on "
            f"average: {shares}"
        )
