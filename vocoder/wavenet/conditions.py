"""What a WaveNet is conditioned on: one row per frame, plus who speaks.

F frames, M mels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vocoder.config import CATEGORIES, FRAME_POSITIONS

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Frames of one utterance.

    Attributes:
        log_mel: float32 [F, M], natural logarithm of mel magnitudes.
        log_f0: float32 [F], natural logarithm of the fundamental frequency in Hz, interpolated
            where unvoiced.
        voicing: float32 [F], 0 unvoiced to 1 voiced.
        categories: int64 [F, len(CATEGORIES)], or None when only the audio is known.
        positions: float32 [F, len(FRAME_POSITIONS)], each 0..1, or None together with `categories`.
        speaker: index of the speaker.
    """

    log_mel: FloatArray
    log_f0: FloatArray
    voicing: FloatArray
    categories: IntArray | None = None
    positions: FloatArray | None = None
    speaker: int = 0

    def __post_init__(self) -> None:
        frames = len(self.log_mel)
        assert self.log_mel.ndim == 2
        assert self.log_f0.shape == self.voicing.shape == (frames,)
        assert (self.categories is None) == (self.positions is None)
        if self.categories is not None and self.positions is not None:
            assert self.categories.shape == (frames, len(CATEGORIES)), self.categories.shape
            assert self.positions.shape == (frames, len(FRAME_POSITIONS)), self.positions.shape

    def until(self, frame: int) -> Conditions:
        """The frames before one; all where there are no more. They share memory with these."""
        return replace(
            self,
            log_mel=self.log_mel[:frame],
            log_f0=self.log_f0[:frame],
            voicing=self.voicing[:frame],
            categories=None if self.categories is None else self.categories[:frame],
            positions=None if self.positions is None else self.positions[:frame],
        )

    @property
    def num_frames(self) -> int:
        """F."""
        return len(self.log_mel)
