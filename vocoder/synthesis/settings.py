"""How a text is spoken, and what every request is checked for: its ranges, its length."""

from __future__ import annotations

from dataclasses import dataclass

from vocoder.errors import InputError, TextError
from vocoder.synthesis.limits import LENGTH_SCALES, PITCHES, TEMPERATURES, VOLUMES
from vocoder.text.speech_input import SpeechInput, field_name_of, source_text


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to speak.

    Attributes:
        speaker: index of the speaker, in the order of the voice's `speakers`.
        length_scale: 0.25..4, how much longer everything lasts than the voice would make it; 2 is
            half speed.
        pitch: -12..12, semitones above what the voice would speak at.
        volume: 0..4, times the amplitude of what the voice would say; what is then too loud for 16
            bits is clipped.
        temperature: 0..2, how freely samples are drawn: 1 is the learned distribution, 0 always the
            most probable code.

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
        raise InputError(
            f"{field} must lie in {limits[0]:g}..{limits[1]:g}, not {value:g}", field=field
        )


def check_text(text: SpeechInput, *, limit: int | None) -> None:
    """Refuses what no text can be.

    Args:
        text: any Unicode; or a document or phonemes, markup and all.
        limit: characters, or None for no limit.

    Raises:
        TextError: it is empty, or longer than the limit; `field` is that of its kind.
    """
    field, given = field_name_of(text), source_text(text)
    what = {
        "text": "the text is",
        "ssml": "ssml: the document is",
        "phonemes": "phonemes: the text is",
    }[field]
    if not given.strip():
        raise TextError(f"{what} empty", field=field)
    if limit is not None and len(given) > limit:
        raise TextError(
            f"{what.removesuffix(' is')} has {len(given)} characters, and the limit is {limit}",
            field=field,
        )
