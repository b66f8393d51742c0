"""How the author of a sentence wants it spoken: a style for each phoneme, pauses of an exact
length, marks. P phonemes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from vocoder.text.script import Pitch, Style


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedMark:
    """A mark in a sentence.

    Attributes:
        name: any string.
        phoneme: 0..P, the mark is where this one begins; P is the sentence's end.
        origin: index in what was given.
    """

    name: str
    phoneme: int
    origin: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Phonemes in a row whose pitch is moved together.

    Attributes:
        first, behind: of the phonemes.
        pitch: where its mean is moved.
        spread: times which it departs from that mean.
    """

    first: int
    behind: int
    pitch: Pitch
    spread: float


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Delivery:
    """How a sentence is spoken.

    Attributes:
        styles: of each phoneme, P of them, with the emphasis in their other figures.
        pauses: float64 [P], seconds that a pause lasts; not a number where the voice decides.
        speaker: index; None: the request's.
        marks: in the order in which they are heard.
    """

    styles: tuple[Style, ...]
    pauses: npt.NDArray[np.float64]
    speaker: int | None
    marks: tuple[PlacedMark, ...]

    @property
    def rates(self) -> npt.NDArray[np.float64]:
        """Times as fast, float64 [P]."""
        return np.array([style.rate for style in self.styles], np.float64)

    @property
    def gains(self) -> npt.NDArray[np.float32]:
        """Times the amplitude, float32 [P]."""
        return np.array([style.gain for style in self.styles], np.float32)

    def stretches(self) -> Iterator[Stretch]:
        """Those whose pitch is changed, in order."""
        at = 0
        for (pitch, spread), run in groupby((style.pitch, style.spread) for style in self.styles):
            first, at = at, at + len(list(run))
            if not pitch.is_plain or spread != 1.0:
                yield Stretch(first=first, behind=at, pitch=pitch, spread=spread)
