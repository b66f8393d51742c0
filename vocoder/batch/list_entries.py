"""One line of a list: what it may say, and what is wrong with what it says.

    {"id": "intro", "text": "Hello.", "speaker": "anna", "seed": 7, "speed": 1.1, "format": "flac"}

In place of `text` there may be `ssml` or `phonemes`. Every other field may be missing, empty (CSV)
or null (JSONL, Parquet): then the run's own setting counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vocoder.audio.formats import check_format
from vocoder.errors import InputError
from vocoder.seeds import MAX_SEED
from vocoder.synthesis.limits import LENGTH_SCALES
from vocoder.text import INPUT_FIELDS, SpeechInput, speech_input_of

FIELDS = (
    "id",
    *INPUT_FIELDS,
    "voice",
    "speaker",
    "seed",
    "length_scale",
    "speed",
    "pitch",
    "volume",
    "temperature",
    "format",
    "chapters",
)
LONGEST_ID = 1_000  # characters


@dataclass(frozen=True, kw_only=True)
class ListEntry:
    """A line that has been understood; `None` where it leaves something to the run.

    Attributes:
        line: its number in the list, from 1; of a Parquet file the row, of a CSV the line where it
            ends.
        id: unlike that of every other line; where the line names none, its number with six digits.
        text: what to say: a text, an SSML document or phonemes.
        voice: a name, never a path.
        speaker: a name or an index.
        seed: 0..2**64-1.
        length_scale, pitch, volume, temperature: as `vocoder.synthesis.settings.Settings`, whose
            ranges are checked there.
        format: one of `vocoder.audio.formats.FILE_FORMATS`.
        chapters: whether those of the text are told in the file.
    """

    line: int
    id: str
    text: SpeechInput
    voice: str | None = None
    speaker: str | int | None = None
    seed: int | None = None
    length_scale: float | None = None
    pitch: float | None = None
    volume: float | None = None
    temperature: float | None = None
    format: str | None = None
    chapters: bool | None = None


@dataclass(frozen=True, kw_only=True)
class BadLine:
    """A line that cannot be done.

    Attributes:
        line: as `ListEntry`.
        id: where that much is known.
        field: which is at fault, or "line".
        reason: one sentence.
    """

    line: int
    id: str | None
    field: str
    reason: str


def entry_of(line: int, values: Mapping[str, object]) -> ListEntry:
    """What a line says.

    Args:
        line: its number.
        values: field to value, as the list's format has them: of CSV all are strings.

    Raises:
        InputError: naming the field that is unknown, missing or of the wrong kind.
    """
    check_fields(values)
    said = {name: value for name, value in values.items() if value is not None and value != ""}
    length_scale, speed = _number(said, "length_scale"), _number(said, "speed")
    if speed is not None:
        if length_scale is not None:
            raise InputError(
                "speed and length_scale are the same thing twice: give one", field="speed"
            )
        fastest, slowest = (1 / scale for scale in LENGTH_SCALES)
        if not slowest <= speed <= fastest:
            raise InputError(
                f"speed must lie in {slowest:g}..{fastest:g}, not {speed:g}", field="speed"
            )
        length_scale = 1 / speed
    format_name = _string(said, "format")
    return ListEntry(
        line=line,
        id=identity_of(line, values),
        text=_given(said),
        voice=_string(said, "voice"),
        speaker=_speaker(said),
        seed=_seed(said),
        length_scale=length_scale,
        pitch=_number(said, "pitch"),
        volume=_number(said, "volume"),
        temperature=_number(said, "temperature"),
        format=None if format_name is None else check_format(format_name.lower()),
        chapters=_truth(said, "chapters"),
    )


def _given(said: Mapping[str, object]) -> SpeechInput:
    """What a line has to say, of whichever kind."""
    found = {
        kind: text
        for kind in INPUT_FIELDS
        if (text := _string(said, kind)) is not None and text.strip()
    }
    if not found:
        raise InputError("the text is empty", field="text")
    if len(found) > 1:
        raise InputError(
            f"{' and '.join(found)} both say what is spoken: give one", field=list(found)[1]
        )
    return speech_input_of(*found.popitem())


def check_fields(names: Mapping[str, object] | list[str]) -> None:
    """Refuses names of fields that mean nothing.

    Raises:
        InputError: naming the first one.
    """
    for name in names:
        if name not in FIELDS:
            raise InputError(
                f"unknown field {quoted(name)} (known: {', '.join(FIELDS)})", field="line"
            )


def identity_of(line: int, values: Mapping[str, object]) -> str:
    """The id of a line, its number with six digits where it has none.

    Raises:
        InputError: it is neither a string nor a whole number, or too long.
    """
    given = values.get("id")
    if given is None or given == "":
        return numbered_id(line)
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    identity = _string(values, "id")
    assert identity is not None
    if len(identity) > LONGEST_ID:
        raise InputError(
            f"the id has {len(identity)} characters, and the limit is {LONGEST_ID}", field="id"
        )
    return identity


def numbered_id(line: int) -> str:
    """The id of a line that has none of its own."""
    return f"{line:06d}"


def _string(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError(f"{name} must be a string, not {quoted(value)}", field=name)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(
            f"{name} holds half of a surrogate pair, which is no character", field=name
        )
    return value


def _number(values: Mapping[str, object], name: str) -> float | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError(f"{name} must be a number, not {quoted(value)}", field=name)
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name} must be a number, not {quoted(value)}", field=name) from error
    if not math.isfinite(number):
        raise InputError(f"{name} must be a finite number, not {number}", field=name)
    return number


def _truth(values: Mapping[str, object], name: str) -> bool | None:
    value = values.get(name)
    if value is None or isinstance(value, bool):
        return value
    # a CSV has strings alone
    if not isinstance(value, str) or value.lower() not in (
        "true",
        "false",
    ):
        raise InputError(f"{name} must be true or false, not {quoted(value)}", field=name)
    return value.lower() == "true"


def _seed(values: Mapping[str, object]) -> int | None:
    value = values.get("seed")
    if value is None:
        return None
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) <= len(str(MAX_SEED))
    ):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise InputError(
            f"seed must be a whole number in 0..2**64-1, not {quoted(value)}", field="seed"
        )
    return value


def _speaker(values: Mapping[str, object]) -> str | int | None:
    value = values.get("speaker")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    name = _string(values, "speaker")
    # A CSV has strings alone, and "1" is a number there.
    return (
        int(name)
        if name is not None and name.isascii() and name.isdigit() and len(name) < 10
        else name
    )


def quoted(value: object) -> str:
    """What errors quote: not a megabyte, and nothing that a terminal would obey."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
