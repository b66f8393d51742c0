"""What is done to the pitch that the acoustic model predicts: spread, raised, moved where an author
says so, and bent up at the end of a question.

F frames, P phonemes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # the model trains with torch and numpy alone; the text package needs more
    from vocoder.text.features import LinguisticFeatures

FloatArray = npt.NDArray[np.float32]
NATS_PER_SEMITONE = math.log(2.0) / 12.0
LOWEST_HZ = 40.0  # that a mean is moved to
# over the end of a question: three to undo the fall that a statement would have, and five up
RISE_SEMITONES = 8.0


@dataclass(frozen=True, kw_only=True)
class Bend:
    """Phonemes in a row whose pitch is moved together: the mean of what is voiced in them goes to
    `scale` times itself and `offset_hz` up.

    Attributes:
        first, behind: of the phonemes.
        scale: at least 0; 0 for a mean of `offset_hz` whatever it was.
        offset_hz: Hz.
        spread: times which the pitch departs from that mean.
    """

    first: int
    behind: int
    scale: float = 1.0
    offset_hz: float = 0.0
    spread: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Melody:
    """How the predicted pitch is changed.

    Attributes:
        pitch: semitones above what the model predicts.
        intonation: times which the pitch departs from its mean in the sentence; a mean is what such
            a model learns where a speaker may choose, so its own melody is flatter than anybody's.
        bends: stretches that are moved beside, in order. Their means are those with `pitch` and
            `intonation`, and without the rise.
        rises: whether the sentence ends going up. Recordings of read statements teach a model no
            questions, so this is a rule.
    """

    pitch: float = 0.0
    intonation: float = 1.0
    rises: bool = False
    bends: tuple[Bend, ...] = ()

    def apply(
        self,
        log_f0: FloatArray,
        voicing: FloatArray,
        features: LinguisticFeatures,
        durations: npt.NDArray[np.int64],
    ) -> FloatArray:
        """The pitch to speak with.

        Args:
            log_f0: float32 [F], log of Hz.
            voicing: float32 [F], 0 or 1.
            features: of the sentence, P phonemes.
            durations: int64 [P], frames of each.

        Returns:
            float32 [F].
        """
        mean = log_f0[voicing > 0].mean(dtype=np.float64) if (voicing > 0).any() else 0.0
        spread = mean + self.intonation * (log_f0 - mean)
        rise = RISE_SEMITONES * final_rise(features, durations) if self.rises else 0.0
        if self.bends:
            changed = (
                self._bent(spread + self.pitch * NATS_PER_SEMITONE, voicing, durations)
                + rise * NATS_PER_SEMITONE
            )
        else:
            changed = spread + (self.pitch + rise) * NATS_PER_SEMITONE
        final: FloatArray = np.asarray(changed, np.float32)
        return final

    def _bent(
        self,
        log_f0: npt.NDArray[np.floating],
        voicing: FloatArray,
        durations: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.float64]:
        bent = log_f0.astype(np.float64)
        starts = np.concatenate([[0], np.cumsum(durations)])
        for bend in self.bends:
            frames = slice(starts[bend.first], starts[bend.behind])
            voiced = bent[frames][voicing[frames] > 0]
            if len(voiced) == 0:
                continue  # nothing of it has a pitch
            mean = float(voiced.mean())
            moved = math.log(max(bend.scale * math.exp(mean) + bend.offset_hz, LOWEST_HZ))
            bent[frames] = moved + bend.spread * (bent[frames] - mean)
        return bent


def final_rise(features: LinguisticFeatures, durations: npt.NDArray[np.int64]) -> FloatArray:
    """From 0 where the last stressed sound of a sentence begins to 1 where its last sound ends, in
    a straight line: float32 [F].
    """
    ends = np.cumsum(durations)
    sounds = np.flatnonzero(~features.pauses)
    stress = features.categories[:, 1]
    strongest = sounds[stress[sounds] == stress[sounds].max()]
    first, last = ends[strongest[-1]] - durations[strongest[-1]], ends[sounds[-1]]
    rise: FloatArray = np.clip((np.arange(ends[-1]) - first + 1) / (last - first), 0.0, 1.0).astype(
        np.float32
    )
    return rise
