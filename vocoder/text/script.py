"""A text with directions: what an SSML document comes to, or a line of phonemes. Plain data;
positions are indices of characters of `Script.text`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from vocoder.text.phonemes import Phones

SEMITONE = 2.0 ** (1.0 / 12.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pitch:
    """Where the mean pitch of a stretch is moved to: times `scale`, and `offset_hz` up. So an
    absolute pitch has the scale 0.

    Attributes:
        scale: 0.5..2, or 0.
        offset_hz: Hz; 50..500 where the scale is 0, else -200..200.
    """

    scale: float = 1.0
    offset_hz: float = 0.0

    def times(self, factor: float) -> Pitch:
        """The same, higher by a factor."""
        return Pitch(scale=self.scale * factor, offset_hz=self.offset_hz * factor)

    @property
    def is_plain(self) -> bool:
        """Whether it moves nothing."""
        return self.scale == 1.0 and self.offset_hz == 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Emphasis:
    """How a stretch stands out: what its style is multiplied by."""

    rate: float = 1.0
    semitones: float = 0.0
    gain_db: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How a stretch is spoken, beside what the request says of the whole.

    Attributes:
        rate: times as fast.
        pitch: of its mean.
        spread: times which pitch departs from that mean.
        gain: times the amplitude.
        emphasis: on top of it.
        speaker: index; None: the request's.
    """

    rate: float = 1.0
    pitch: Pitch = field(default_factory=Pitch)
    spread: float = 1.0
    gain: float = 1.0
    emphasis: Emphasis = field(default_factory=Emphasis)
    speaker: int | None = None

    def as_heard(self) -> Style:
        """The same with the emphasis in the other figures."""
        emphasis = self.emphasis
        return replace(
            self,
            rate=self.rate * emphasis.rate,
            pitch=self.pitch.times(SEMITONE**emphasis.semitones),
            gain=self.gain * math.pow(10.0, emphasis.gain_db / 20.0),
            emphasis=Emphasis(),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class SaidWord:
    """A word that is said as its author says.

    Attributes:
        text: in the form of the normaliser's words.
        mark: behind it; "" for none.
        phones: of it; None where it is said as it is written.
    """

    text: str
    mark: str = ""
    phones: Phones | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Replaced:
    """A stretch in whose place other words are said; its characters are what is shown.

    Attributes:
        start, end: of the stretch; it is not empty.
        words: in order; none where nothing of it can be spoken.
        size: characters of what is said, by which sentences are kept short.
    """

    start: int
    end: int
    words: tuple[SaidWord, ...]
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """A pause of an exact length, in place of any that would be there. Several in one place add up.

    Attributes:
        position: before which character.
        seconds: 0 takes the pause away.
    """

    position: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A place that has a name.

    Attributes:
        position: before which character.
        name: any string.
        origin: index in what was given.
    """

    position: int
    name: str
    origin: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IgnoredMarkup:
    """Markup that is not done here, and was passed over.

    Attributes:
        text: what it is: an element, an attribute or a value.
        start: index in what was given of the element's first character.
        reason: why, as the end of a sentence that begins with "it".
    """

    text: str
    start: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A text with directions.

    Attributes:
        text: what is read and shown, as it was written.
        origins: of each character the index in what was given; never decreasing.
        styles: from which character on which style counts; the first from 0 on. Never empty.
        replaced: in order, without overlap.
        cues: breaks and marks, in the order in which they stand.
        bounds: where a sentence must end, in order.
        whole: stretches that are a sentence each, however they are punctuated.
        paragraphs: where a paragraph ends.
        ignored: markup that was passed over, in order.
    """

    text: str
    origins: tuple[int, ...]
    styles: tuple[tuple[int, Style], ...] = ((0, Style()),)
    replaced: tuple[Replaced, ...] = ()
    cues: tuple[Break | Mark, ...] = ()
    bounds: tuple[int, ...] = ()
    whole: tuple[tuple[int, int], ...] = ()
    paragraphs: tuple[int, ...] = ()
    ignored: tuple[IgnoredMarkup, ...] = ()
