"""Recipes: every number that shapes a voice's models and their training, as a TOML file
(`training/recipes`). torch and numpy alone.
"""

from __future__ import annotations

import dataclasses
import tomllib
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from training.acoustic.adversarial import AdversarialConfig
from training.data.dataset import PreparedSet
from training.data.segments import SegmentConfig
from training.loop import LoopConfig
from vocoder.audio.whole_file import whole_file
from vocoder.config import CATEGORIES, AcousticConfig, AudioConfig, LinguisticConfig, WaveNetConfig
from vocoder.errors import ConfigError, InputError

SHIPPED = Path(__file__).parent / "recipes" / "kathleen.toml"
SAVED = "recipe.toml"  # beside the weights of a stage
# Fields that no recipe has: they follow from the recordings, the machine, or from what somebody
# waits for. Their values here are replaced before use.
_FROM_DATA = {
    "num_speakers": 1,
    "linguistic": LinguisticConfig(category_sizes=(2,) * len(CATEGORIES)),
    "n_mels": AudioConfig.n_mels,
}
_FROM_MACHINE = {"bf16": False, "checkpoint_seconds": LoopConfig.checkpoint_seconds}

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a recipe file says.

    Attributes:
        acoustic, vocoder: the networks, for no data set in particular: `acoustic_for` and
            `wavenet_for` give those of one.
        acoustic_loop, adversarial_loop, vocoder_loop: how each is trained; `bf16` is left to
            `training.recipe.loop_for`.
        adversarial: windows and weights of the adversarial training.
        segments: of a vocoder's batch on a CPU; gpu_segments: how many there are on a GPU.
        text: the file as it stands.
    """

    acoustic: AcousticConfig
    acoustic_loop: LoopConfig
    adversarial: AdversarialConfig
    adversarial_loop: LoopConfig
    vocoder: WaveNetConfig
    vocoder_loop: LoopConfig
    segments: SegmentConfig
    gpu_segments: int
    text: str

    @classmethod
    def read(cls, path: Path = SHIPPED) -> Recipe:
        """Reads a file.

        Raises:
            InputError: it is missing, no TOML, lacks a key or has an unknown one, or a value is
                impossible; the message names file and key.
        """
        try:
            text = path.read_text(encoding="utf-8")
            file = _Tables(path, tomllib.loads(text))
        except FileNotFoundError as error:
            raise InputError(f"{path}: no such recipe", field=str(path)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: no TOML: {error}", field=str(path)) from error
        recipe = cls(
            acoustic=file.take("acoustic.network", AcousticConfig, **_FROM_DATA),
            acoustic_loop=file.take("acoustic.training", LoopConfig, **_FROM_MACHINE),
            adversarial=file.take("adversarial.objective", AdversarialConfig),
            adversarial_loop=file.take("adversarial.training", LoopConfig, **_FROM_MACHINE),
            vocoder=file.take(
                "vocoder.network", WaveNetConfig, **_FROM_DATA, hop_length=AudioConfig.hop_length
            ),
            vocoder_loop=file.take("vocoder.training", LoopConfig, **_FROM_MACHINE),
            gpu_segments=file.take_number("vocoder.segments", "gpu_segments"),
            segments=file.take("vocoder.segments", SegmentConfig),
            text=text,
        )
        file.check_empty()
        return recipe

    @classmethod
    def of_stage(cls, folder: Path) -> Recipe:
        """What the weights in a stage's folder were begun with; the shipped one for a new stage, or
        one of before recipes were saved.
        """
        begun = (folder / "checkpoint.pt").is_file() and (folder / SAVED).is_file()
        return cls.read(folder / SAVED if begun else SHIPPED)

    def save(self, folder: Path) -> None:
        """Writes the file as it stands beside a stage's weights."""
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / SAVED) as file:
            file.write(self.text.encode())

    def acoustic_for(self, data: PreparedSet) -> AcousticConfig:
        """The acoustic model for a data set."""
        return dataclasses.replace(
            self.acoustic,
            num_speakers=len(data.header.speakers),
            n_mels=data.audio.n_mels,
            linguistic=LinguisticConfig(category_sizes=data.header.category_sizes),
        )

    def wavenet_for(self, data: PreparedSet) -> WaveNetConfig:
        """The vocoder's network for a data set."""
        return self.wavenet_of(
            data.audio, num_speakers=len(data.header.speakers), sizes=data.header.category_sizes
        )

    def wavenet_of(
        self, audio: AudioConfig, *, num_speakers: int, sizes: tuple[int, ...]
    ) -> WaveNetConfig:
        """The vocoder's network for such recordings; `sizes` as
        `LinguisticConfig.category_sizes`.
        """
        return dataclasses.replace(
            self.vocoder,
            num_speakers=num_speakers,
            n_mels=audio.n_mels,
            hop_length=audio.hop_length,
            linguistic=LinguisticConfig(category_sizes=sizes),
        )


class _Tables:
    """The tables of a recipe file, taken one by one."""

    def __init__(self, path: Path, tables: dict[str, Any]) -> None:
        self._path = path
        self._tables = tables

    def _fail(self, what: str) -> InputError:
        return InputError(f"{self._path}: {what}", field=str(self._path))

    def _table(self, place: str) -> dict[str, Any]:
        part, name = place.split(".")
        table = self._tables.get(part)
        table = table.get(name) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise self._fail(f"[{place}] is missing")
        return table

    def take_number(self, place: str, key: str) -> int:
        """Takes one whole number out of a table."""
        table = self._table(place)
        if key not in table:
            raise self._fail(f"{place}.{key} is missing")
        value = table.pop(key)
        if not _fits(value, int) or value < 1:
            raise self._fail(f"{place}.{key} cannot be {value!r}")
        number: int = value
        return number

    def take(self, place: str, kind: type[Made], **given: Any) -> Made:
        """Takes a table, which has every field of `kind` that is not given."""
        table = self._table(place)
        hints = {
            name: hint for name, hint in typing.get_type_hints(kind).items() if name not in given
        }
        for key in table:
            if key not in hints:
                raise self._fail(f"unknown key {place}.{key}")
        values = dict(given)
        for key, hint in hints.items():
            if key not in table:
                raise self._fail(f"{place}.{key} is missing")
            if not _fits(table[key], hint):
                raise self._fail(f"{place}.{key} cannot be {table[key]!r}")
            values[key] = _converted(table[key], hint)
        part, name = place.split(".")
        del self._tables[part][name]
        if not self._tables[part]:
            del self._tables[part]
        try:
            return kind(**values)
        except ConfigError as error:
            raise self._fail(f"[{place}]: {error}") from error

    def check_empty(self) -> None:
        """Raises InputError where something was not taken."""
        for part, rest in self._tables.items():
            raise self._fail(
                f"unknown key {part}"
                + (f".{next(iter(rest))}" if isinstance(rest, dict) and rest else "")
            )


def _fits(value: object, hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal:
        return value in typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        parts = typing.get_args(hint)
        return (
            isinstance(value, list) and len(value) == len(parts) and all(map(_fits, value, parts))
        )
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is hint


def _converted(value: Any, hint: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        return tuple(map(_converted, value, typing.get_args(hint)))
    return float(value) if hint is float else value
