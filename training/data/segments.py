"""Segments of recordings: how they are drawn, and their codes. numpy alone.

Many small updates win (docs/experiments/vocoder-recipe.md), so a segment is some tenths of a
second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.audio.emphasis import pre_emphasise
from vocoder.audio.quantise import Quantiser
from vocoder.config import Config
from vocoder.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class SegmentConfig(Config):
    """How segments are drawn; a voice's are in its recipe (`training/recipes`)."""

    segments: int = 4  # per batch
    frames: int = 15  # counted frames of each
    context_frames: int = 4  # before them, to fill the receptive field
    # share of segments whose linguistic features are withheld, so that audio alone is enough
    linguistic_dropout: float = 0.3
    # of segments whose spectrum is the acoustic model's, not the recording's
    # (`training.data.predict`)
    predicted_share: float = 0.0
    validation_seconds: float = 40.0  # of held-out speech, the same at every validation

    def __post_init__(self) -> None:
        if self.segments < 1 or self.frames < 1 or self.context_frames < 0:
            raise ConfigError(
                f"a batch has segments, and a segment has frames that count: not {self.segments} "
                f"of {self.context_frames} + {self.frames}"
            )

    @property
    def all_frames(self) -> int:
        """Frames of a segment, with those that are not counted."""
        return self.context_frames + self.frames

    def audio_seconds(self, hop_length: int, sample_rate: int) -> float:
        """Seconds of sound that count in one batch."""
        return self.segments * self.frames * hop_length / sample_rate


class Draw(NamedTuple):
    """One segment of a batch: where it lies, and what is told of it."""

    entry: DatasetEntry
    start: int  # its first frame in the utterance
    withhold: bool  # the linguistic features
    predicted: bool  # the spectrum is the acoustic model's


def segment_codes(
    data: PreparedSet, quantiser: Quantiser, entry: DatasetEntry, start: int, frames: int
) -> npt.NDArray[np.int64]:
    """The codes of `frames` frames from frame `start` of an utterance, pre-emphasised as if the
    utterance were coded whole: int64 [T].
    """
    first = (entry.frame_start + start) * data.audio.hop_length
    previous = float(data.samples[first - 1]) / 32768.0 if start > 0 else 0.0
    return quantiser.encode(
        pre_emphasise(data.wave(entry, start, frames), data.audio.pre_emphasis, previous)
    )
