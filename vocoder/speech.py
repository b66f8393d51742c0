"""What will be said, and how long it is, before any sound exists.

`Settings` says how, `Plan` says what: the sentences of a text with the frames of every phoneme. Its `num_samples` is exact, which is why
a stream can begin with the right header. An `Utterance` (`vocoder.utterance`) speaks a plan.

P phonemes, F frames.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocoder.acoustic.pauses import with_pauses
from vocoder.engine.reference import one_torch_thread
from vocoder.errors import InputError, TextError, VoiceError
from vocoder.pack import Pack
from vocoder.text import Lexicon, Sentence, Skipped, analyse

TEXT_LIMIT = 10_000  # characters of one request: about ten minutes of speech
MAX_SEED = 2**64 - 1
LENGTH_SCALES = (0.25, 4.0)
PITCHES = (-12.0, 12.0)
VOLUMES = (0.0, 4.0)
TEMPERATURES = (0.0, 2.0)
# A random seed is one that every JSON reader keeps: JavaScript's numbers are exact up to 2**53.
_RANDOM_SEED_BITS = 53


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to speak.

    Attributes:
        speaker: index of the speaker, in the order of the voice's `speakers`.
        length_scale: 0.25..4, how much longer everything lasts than the voice would make it; 2 is half speed.
        pitch: -12..12, semitones above what the voice would speak at.
        volume: 0..4, times the amplitude of what the voice would say; what is then too loud for 16 bits is clipped.
        temperature: 0..2, how freely samples are drawn: 1 is the learned distribution, 0 always the most probable code.

    Raises:
        InputError: a value is out of range; `field` names it.
    """

    speaker: int = 0
    length_scale: float = 1.0
    pitch: float = 0.0
    volume: float = 1.0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        _check_range("length_scale", self.length_scale, LENGTH_SCALES)
        _check_range("pitch", self.pitch, PITCHES)
        _check_range("volume", self.volume, VOLUMES)
        _check_range("temperature", self.temperature, TEMPERATURES)


def _check_range(field: str, value: float, limits: tuple[float, float]) -> None:
    if not limits[0] <= value <= limits[1]:  # also refuses NaN
        raise InputError(f"{field} must lie in {limits[0]:g}..{limits[1]:g}, not {value:g}", field=field)


def choose_seed(seed: int | None) -> int:
    """The seed of a stream: the one asked for, or a random one.

    Raises:
        InputError: it does not lie in 0..2**64-1.
    """
    if seed is None:
        return secrets.randbits(_RANDOM_SEED_BITS)
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed must lie in 0..2**64-1, not {seed}", field="seed")
    return seed


def check_text(text: str, *, limit: int | None) -> None:
    """Refuses what no text can be.

    Args:
        text: any Unicode.
        limit: characters, or None for no limit.

    Raises:
        TextError: it is empty, or longer than the limit.
    """
    if not text.strip():
        raise TextError("the text is empty")
    if limit is not None and len(text) > limit:
        raise TextError(f"the text has {len(text)} characters, and the limit is {limit}")


@dataclass(frozen=True, kw_only=True)
class PlannedSentence:
    """One sentence with its timing.

    Attributes:
        sentence: words and linguistic features.
        durations: int64 [P], frames of each phoneme, at least 1.
    """

    sentence: Sentence
    durations: npt.NDArray[np.int64]

    @property
    def num_frames(self) -> int:
        """F."""
        return int(self.durations.sum())


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A text, ready to be spoken.

    Attributes:
        sentences: at least one.
        skipped: what in the text could not be spoken, and why.
        settings: how it will be spoken.
        hop_length: samples of a frame.
        sample_rate: Hz.
    """

    sentences: tuple[PlannedSentence, ...]
    skipped: tuple[Skipped, ...]
    settings: Settings
    hop_length: int
    sample_rate: int

    @classmethod
    def of(cls, text: str, settings: Settings, pack: Pack, *, text_limit: int | None = TEXT_LIMIT, lexicon: Lexicon | None = None) -> Plan:
        """Takes a text apart and asks the acoustic model how long each phoneme lasts.

        Args:
            text: any Unicode.
            settings: how to speak it.
            pack: the voice.
            text_limit: characters, or None for no limit.
            lexicon: words that are said as it says.

        Raises:
            TextError: the text is empty, longer than the limit, or has nothing in it that can be spoken.
            InputError: the voice has no speaker of this index.
            VoiceError: the acoustic model gives durations that are not finite numbers.
        """
        check_text(text, limit=text_limit)
        if not 0 <= settings.speaker < len(pack.manifest.speakers):
            raise InputError(f"voice {pack.manifest.name!r} has {len(pack.manifest.speakers)} speakers, no speaker {settings.speaker}", field="speaker")
        analysis = analyse(text, language=pack.manifest.language, lexicon=lexicon)
        if not analysis.sentences:
            why = "".join(f"; {skipped.text!r} {skipped.reason}" for skipped in analysis.skipped[:3])
            raise TextError(f"nothing in the text can be spoken{why}")
        return cls(
            sentences=tuple(
                PlannedSentence(sentence=sentence, durations=_durations(sentence, settings, pack, followed=number < len(analysis.sentences)))
                for number, sentence in enumerate(analysis.sentences, 1)
            ),
            skipped=analysis.skipped,
            settings=settings,
            hop_length=pack.manifest.audio.hop_length,
            sample_rate=pack.manifest.audio.sample_rate,
        )

    @property
    def num_frames(self) -> int:
        """Frames of all sentences."""
        return sum(sentence.num_frames for sentence in self.sentences)

    @property
    def num_samples(self) -> int:
        """Exactly as many samples as the utterance will have."""
        return self.num_frames * self.hop_length

    @property
    def seconds(self) -> float:
        """How long it will be heard."""
        return self.num_samples / self.sample_rate


def _durations(sentence: Sentence, settings: Settings, pack: Pack, *, followed: bool) -> npt.NDArray[np.int64]:
    """Whole frames, at least one for each phoneme. Ends are rounded rather than lengths, so that rounding never adds up to a change of speed."""
    with one_torch_thread():
        predicted = pack.acoustic.durations(sentence.features, settings.speaker)
    audio = pack.manifest.audio
    predicted = with_pauses(predicted, sentence.features, frames_per_second=audio.sample_rate / audio.hop_length, followed=followed)
    ends = np.cumsum(predicted.astype(np.float64) * settings.length_scale)
    if not math.isfinite(ends[-1]):
        raise VoiceError(f"voice {pack.manifest.name!r}: its acoustic model gives durations that are not finite numbers")
    whole = np.diff(np.floor(ends + 0.5).astype(np.int64), prepend=0)
    durations: npt.NDArray[np.int64] = np.maximum(whole, 1)
    durations.setflags(write=False)
    return durations
