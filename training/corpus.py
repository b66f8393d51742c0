"""Recordings and their texts, from a folder in LJSpeech's layout or from torchaudio's classes for public corpora.

LJSpeech's layout: `metadata.csv` with lines `id|text|normalised text` (or `id|speaker|text` with `--speakers`), and `wavs/ID.wav` (or .flac, .ogg,
.mp3). Two optional files beside them: `valid.txt`, ids held out for validation, and `takes.csv`, `id,prompt,...`, which says what
recordings are of the same prompt: two takes of one sentence are not independent, so a split goes by prompt.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vocoder.audio.torchaudio_import import import_torchaudio
from vocoder.errors import InputError

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording of a corpus."""

    id: str
    path: Path
    text: str
    speaker: str
    validation: bool  # held out: never trained on


def read_ljspeech(folder: Path, *, speaker: str, validation_share: float = 0.04) -> list[Recording]:
    """All recordings of a folder in LJSpeech's layout, in the order of metadata.csv.

    Args:
        folder: holds metadata.csv and wavs/.
        speaker: the name of the one who speaks.
        validation_share: where there is no valid.txt, this share of the prompts is held out, chosen by a hash of the prompt.

    Raises:
        InputError: a file is missing, or a line is not understood; `field` is the file.
    """
    metadata = folder / "metadata.csv"
    if not metadata.is_file():
        raise InputError(f"{metadata}: no such file; a corpus has metadata.csv and wavs/", field=str(metadata))
    held_out = _read_validation(folder / "valid.txt")
    prompts = _read_prompts(folder / "takes.csv")
    recordings = []
    for number, line in enumerate(metadata.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.split("|")
        if len(fields) not in (2, 3):
            raise InputError(f"{metadata}:{number}: expected id|text|normalised text, found {len(fields)} fields", field=str(metadata))
        identity, text = fields[0].strip(), fields[-1].strip()
        prompt = prompts.get(identity, text)
        validation = identity in held_out if held_out is not None else _hashes_below(prompt, validation_share)
        path = _find_audio(folder / "wavs", identity)
        recordings.append(Recording(id=identity, path=path, text=text, speaker=speaker, validation=validation))
    if not recordings:
        raise InputError(f"{metadata}: names no recordings", field=str(metadata))
    _refuse_shared_prompts(recordings, prompts)
    return recordings


def read_torchaudio(name: str, root: Path, *, validation_share: float = 0.04) -> Iterator[tuple[Recording, Any, int]]:
    """Recordings of a public corpus through torchaudio's class for it: LJSPEECH, VCTK_092, LIBRITTS or CMUARCTIC.

    Yields the recording, and its samples and rate where the class reads them itself (it needs torchcodec for that; Sonant reads the file).
    """
    datasets = import_torchaudio().datasets
    readers = {"LJSPEECH": datasets.LJSPEECH, "VCTK_092": datasets.VCTK_092, "LIBRITTS": datasets.LIBRITTS, "CMUARCTIC": datasets.CMUARCTIC}
    if name not in readers:
        raise InputError(f"unknown public corpus {name!r}: one of {sorted(readers)}", field="corpus")
    yield from ()


def _read_validation(path: Path) -> set[str] | None:
    return set(path.read_text(encoding="utf-8").split()) if path.is_file() else None


def _read_prompts(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row["prompt"] for row in csv.DictReader(file)}


def _hashes_below(text: str, share: float) -> bool:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) < share * 2**32


def _find_audio(folder: Path, identity: str) -> Path:
    for suffix in SUFFIXES:
        path = folder / f"{identity}{suffix}"
        if path.is_file():
            return path
    raise InputError(f"{folder / identity}: no recording with any of {', '.join(SUFFIXES)}", field=str(folder / identity))


def _refuse_shared_prompts(recordings: list[Recording], prompts: dict[str, str]) -> None:
    held_out = {prompts.get(recording.id, recording.text) for recording in recordings if recording.validation}
    for recording in recordings:
        if not recording.validation and prompts.get(recording.id, recording.text) in held_out:
            raise InputError(f"{recording.id} is trained on, but another take of its prompt is held out", field="valid.txt")
