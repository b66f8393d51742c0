"""What has become of one line of a list: a record of the manifest."""

from __future__ import annotations

import dataclasses
import functools
import json
import typing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from vocoder.errors import ConfigError

# Types of the table's columns: by what the fields of a record are, and of those that say less than
# they mean.
_KINDS = {int: "int64", float: "float64"}
_KINDS_OF = {"seed": "uint64", "begun": "timestamp", "finished": "timestamp"}

# Fields that manifests of older releases do not have yet.
_ADDED: dict[str, Any] = {"lexicon_sha256": None, "subtitles": None, "subtitles_sha256": None}


@dataclass(frozen=True, kw_only=True)
class Record:
    """What became of one line. Of a line that failed, what was not known yet is None.

    Attributes:
        line: its number in the list at that time.
        id: None where the line has none that can be told from others'.
        status: "done" or "failed".
        field, reason: what was wrong with it.
        work: SHA-256 of all that the bytes depend on (`vocoder.batch.render_orders`): lines of the
            same work have the same bytes.
        same_as: the id whose file this one is a copy of, where the line asks for the same as
            another.
        path: name of the file in the folder.
        num_bytes, sha256: of the file.
        seconds, num_samples, sample_rate: of the sound.
        loudness, gain: LUFS that were measured and what the samples were multiplied by; None where
            nobody asked for a loudness, or of silence.
        skipped: what of the text could not be spoken, and why.
        text_sha256: of the text in UTF-8.
        lexicon_sha256: of the lexicon's entries that the text asks for (`Lexicon.digest`); None
            where there are none.
        subtitles, subtitles_sha256: name of the file beside it, and what is in it; None where
            nobody asked for subtitles.
        begun, finished: ISO 8601, UTC.
    """

    line: int
    id: str | None
    status: Literal["done", "failed"]
    field: str | None = None
    reason: str | None = None
    work: str | None = None
    same_as: str | None = None
    path: str | None = None
    format: str | None = None
    num_bytes: int | None = None
    sha256: str | None = None
    seconds: float | None = None
    num_samples: int | None = None
    sample_rate: int | None = None
    loudness: float | None = None
    gain: float | None = None
    seed: int | None = None
    voice: str | None = None
    release: str | None = None
    speaker: str | None = None
    length_scale: float | None = None
    pitch: float | None = None
    volume: float | None = None
    temperature: float | None = None
    engine: str | None = None
    precision: str | None = None
    isa: str | None = None
    version: str | None = None
    skipped: tuple[str, ...] = ()
    text_sha256: str | None = None
    lexicon_sha256: str | None = None
    subtitles: str | None = None
    subtitles_sha256: str | None = None
    begun: str | None = None
    finished: str | None = None

    @classmethod
    def of_line(cls, data: bytes) -> Self:
        """A line of the manifest.

        Raises:
            ConfigError: it is no record.
        """
        try:
            values = json.loads(data)
        except ValueError as error:
            raise ConfigError(f"it is not JSON: {error}") from error
        kinds = _field_kinds()
        if isinstance(values, dict):
            values = _ADDED | values
        if not isinstance(values, dict) or set(values) != set(kinds):
            raise ConfigError("it has other fields")
        for name, value in values.items():
            if not isinstance(value, kinds[name]):
                raise ConfigError(f"its {name} is of another kind")
        return cls(**values | {"skipped": tuple(values["skipped"])})

    def to_line(self) -> bytes:
        """The inverse of `of_line`, with its end."""
        return (json.dumps(dataclasses.asdict(self), ensure_ascii=False) + "\n").encode()

    def to_row(self) -> dict[str, object]:
        """For the table: times are times, and `skipped` is one string."""
        times = {
            name: None if text is None else datetime.fromisoformat(text)
            for name, text in (("begun", self.begun), ("finished", self.finished))
        }
        return dataclasses.asdict(self) | {"skipped": "; ".join(self.skipped)} | times


def columns() -> dict[str, str]:
    """Of the table: names to pyarrow's names of their types, or "timestamp"."""
    return {
        name: _KINDS_OF.get(name) or _KINDS.get(kinds[0], "string")
        for name, kinds in _field_kinds().items()
    }


@functools.cache
def _field_kinds() -> dict[str, tuple[type, ...]]:
    """The types that JSON has for each field."""

    def kinds(hint: Any) -> tuple[type, ...]:
        if typing.get_origin(hint) is Literal:
            return (str,)
        if typing.get_origin(hint) is tuple:
            return (list,)
        return typing.get_args(hint) or (hint,)

    return {name: kinds(hint) for name, hint in typing.get_type_hints(Record).items()}
