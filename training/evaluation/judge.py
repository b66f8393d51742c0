"""All that judges say of one sound, kept in a file of JSON lines: what was judged once is not
judged again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.evaluation.level import FloatArray, at_judges_rate, levelled
from training.evaluation.listeners import Listener, word_errors
from training.evaluation.naturalness import distill_mos, p808
from training.evaluation.sentences import JudgedSentence
from training.evaluation.spectra import band_variances, modulation_powers
from vocoder.config import AudioConfig
from vocoder.errors import InputError

_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Row:
    """One sound and what was found of it.

    Attributes:
        system: who spoke, or what was done.
        id: of the sentence.
        text: of the sentence.
        heard: what the listener wrote down.
        errors: words that are wrong, missing or too many.
        words: of the reading that is nearest to what was heard.
        seconds: how long it lasts.
        distillmos: Distill-MOS, 1 to 5.
        p808: DNSMOS P.808, 1 to 5.
        band_variances: of log-mel, one for each mel band, nats squared.
        modulation_powers: of log-mel, one for each band of `MODULATION_HZ`, nats squared.
        key: digest of the sound, its readings, and who listened.
    """

    system: str
    id: str
    text: str
    heard: str
    errors: int
    words: int
    seconds: float
    distillmos: float
    p808: float
    band_variances: tuple[float, ...]
    modulation_powers: tuple[float, ...]
    key: str

    @classmethod
    def from_line(cls, line: str) -> Row:
        """Of a line of the file."""
        given = json.loads(line)
        return cls(
            **given | {name: tuple(given[name]) for name in ("band_variances", "modulation_powers")}
        )


def _rows(file: Path, lines: Sequence[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        try:
            yield Row.from_line(line)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{file}: line {number} is no row of this release; name another file, or remove it",
                field=str(file),
            ) from error


class Judge:
    """Judges sounds, each brought to one level first.

    Args:
        listener: writes down the words.
        audio: the frames that spectra are measured on.
        file: JSON lines, a row each, made with its folder if missing; a last line that was cut
            short is dropped. None: nothing is kept.

    Raises:
        InputError: a line is no row; `field` is the file.
    """

    def __init__(self, listener: Listener, audio: AudioConfig, file: Path | None = None) -> None:
        self.listener = listener
        self._audio = audio
        self._file = file
        self._known: dict[str, Row] = {}
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.is_file():
                whole = [
                    line
                    for line in file.read_text("utf-8").splitlines(keepends=True)
                    if line.endswith("\n")
                ]
                file.write_text("".join(whole), "utf-8")
                self._known = {row.key: row for row in _rows(file, whole)}

    def judge(self, system: str, sentence: JudgedSentence, samples: FloatArray) -> Row:
        """What is found of a sound, float32 [T] at the rate of `audio`."""
        level = levelled(samples)
        key = self._key(level, sentence.readings)
        known = self._known.get(key)
        if known is not None:
            return dataclasses.replace(known, system=system, id=sentence.id)
        heard_at = at_judges_rate(level, self._audio.sample_rate)
        heard = self.listener.hear(heard_at)
        errors, words = word_errors(sentence.readings, heard)
        row = Row(
            system=system,
            id=sentence.id,
            text=sentence.text,
            heard=heard,
            errors=errors,
            words=words,
            seconds=round(len(samples) / self._audio.sample_rate, 3),
            distillmos=distill_mos(heard_at),
            p808=p808(heard_at),
            band_variances=tuple(
                round(float(value), _DIGITS) for value in band_variances(level, self._audio)
            ),
            modulation_powers=tuple(
                round(float(value), _DIGITS) for value in modulation_powers(level, self._audio)
            ),
            key=key,
        )
        self._keep(row)
        return row

    def _key(self, level: FloatArray, readings: Sequence[str]) -> str:
        digest = hashlib.sha256(level.tobytes())
        digest.update(repr((self.listener.name, self._audio, tuple(readings))).encode())
        return digest.hexdigest()

    def _keep(self, row: Row) -> None:
        self._known[row.key] = row
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dataclasses.asdict(row), ensure_ascii=False) + "\n")
