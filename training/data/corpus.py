"""Recordings and their texts, from a folder in LJSpeech's layout or from torchaudio's classes for
public corpora.

LJSpeech's layout: `metadata.csv` with lines `id|text|normalised text`, and `wavs/ID.wav` (or .flac,
.ogg, .mp3). Three optional files beside them: `speakers.csv`, `id,speaker`, where there are
several; `valid.txt`, ids held out for validation; and `takes.csv`, `id,prompt,...`, which says what
recordings are of the same prompt: two takes of one sentence are not independent, so a split goes by
prompt.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from vocoder.audio.torchaudio_import import import_torchaudio
from vocoder.errors import InputError

# Public corpora by the name of torchaudio's class: the columns of the text to be spoken and, where
# there are several, of the speaker.
PUBLIC_CORPORA: dict[str, tuple[int, int | None]] = {
    "LJSPEECH": (3, None),
    "VCTK_092": (2, 3),
    "LIBRITTS": (3, 4),
    "CMUARCTIC": (2, None),
}
SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording of a corpus."""

    id: str
    path: Path
    text: str
    speaker: str
    validation: bool  # held out: never trained on


def read_ljspeech(
    folder: Path, *, speaker: str, validation_share: float = 0.04, missing_too: bool = False
) -> list[Recording]:
    """All recordings of a folder in LJSpeech's layout, in the order of metadata.csv.

    Args:
        folder: holds metadata.csv and wavs/.
        speaker: the name of the one who speaks, where there is no speakers.csv.
        validation_share: where there is no valid.txt, this share of the prompts is held out, chosen
            by a hash of the prompt.
        missing_too: list recordings whose files are missing, instead of raising an error for the
            first.

    Raises:
        InputError: a file is missing, or a line is not understood; `field` is the file.
    """
    metadata = folder / "metadata.csv"
    if not metadata.is_file():
        raise InputError(
            f"{metadata}: no such file; a corpus has metadata.csv and wavs/", field=str(metadata)
        )
    held_out = _read_validation(folder / "valid.txt")
    prompts = _read_column(folder / "takes.csv", "prompt")
    speakers = _read_column(folder / "speakers.csv", "speaker")
    recordings = []
    for number, line in enumerate(metadata.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.split("|")
        if len(fields) not in (2, 3):
            raise InputError(
                (
                    f"{metadata}:{number}: expected id|text|normalised text, found {len(fields)} "
                    f"fields"
                ),
                field=str(metadata),
            )
        identity, text = fields[0].strip(), fields[-1].strip()
        prompt = prompts.get(identity, text)
        validation = (
            identity in held_out
            if held_out is not None
            else _hashes_below(prompt, validation_share)
        )
        path = _find_audio(folder / "wavs", identity, missing_too=missing_too)
        if speakers and identity not in speakers:
            raise InputError(
                f"{folder / 'speakers.csv'}: does not say who speaks {identity}",
                field=str(folder / "speakers.csv"),
            )
        recordings.append(
            Recording(
                id=identity,
                path=path,
                text=text,
                speaker=speakers.get(identity, speaker),
                validation=validation,
            )
        )
    if not recordings:
        raise InputError(f"{metadata}: names no recordings", field=str(metadata))
    _refuse_shared_prompts(recordings, prompts)
    return recordings


def read_torchaudio(
    name: str, root: Path, *, speaker: str, validation_share: float = 0.04
) -> list[Recording]:
    """All recordings of a public corpus that torchaudio has a class for.

    Args:
        name: LJSPEECH, VCTK_092, LIBRITTS or CMUARCTIC.
        root: the folder that the class expects; nothing is downloaded.
        speaker: the name of the one who speaks, where the corpus has one speaker.
        validation_share: share of the prompts held out, chosen by a hash of the prompt.

    Raises:
        InputError: the corpus is unknown, or is not in `root`.
    """
    torchaudio = import_torchaudio()
    if name not in PUBLIC_CORPORA:
        raise InputError(
            f"unknown public corpus {name!r}: one of {sorted(PUBLIC_CORPORA)}", field="corpus"
        )
    try:
        corpus = getattr(torchaudio.datasets, name)(str(root))
    except (RuntimeError, OSError, ValueError) as error:
        raise InputError(f"{root}: no {name} there: {error}", field="corpus") from error
    text_column, speaker_column = PUBLIC_CORPORA[name]
    recordings = []
    own_load = torchaudio.load
    # torchaudio's classes load what they list; here they are asked for texts and paths only, so the
    # path stands in for the samples.
    torchaudio.load = lambda path, *args, **kwargs: (Path(path), 0)
    try:
        for item in (corpus[index] for index in range(len(corpus))):
            path, text = item[0], str(item[text_column]).strip()
            who = speaker if speaker_column is None else str(item[speaker_column])
            validation = _hashes_below(text, validation_share)
            recordings.append(
                Recording(id=path.stem, path=path, text=text, speaker=who, validation=validation)
            )
    finally:
        torchaudio.load = own_load
    return recordings


def read_corpus(description: str, *, speaker: str, missing_too: bool = False) -> list[Recording]:
    """A folder in LJSpeech's layout, or `NAME:FOLDER` for one of `PUBLIC_CORPORA`. `missing_too` as
    `read_ljspeech`.
    """
    name, colon, root = description.partition(":")
    if colon and name in PUBLIC_CORPORA:
        return read_torchaudio(name, Path(root), speaker=speaker)
    return read_ljspeech(Path(description), speaker=speaker, missing_too=missing_too)


def _read_validation(path: Path) -> set[str] | None:
    return set(path.read_text(encoding="utf-8").split()) if path.is_file() else None


def _read_column(path: Path, column: str) -> dict[str, str]:
    """One column of a CSV file by `id`; empty where there is no such file."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"id", column} <= set(rows.fieldnames or ()):
            raise InputError(
                f"{path}: its first line must name the columns id and {column}", field=str(path)
            )
        return {row["id"]: row[column] for row in rows}


def _hashes_below(text: str, share: float) -> bool:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) < share * 2**32


def _find_audio(folder: Path, identity: str, *, missing_too: bool) -> Path:
    for suffix in SUFFIXES:
        path = folder / f"{identity}{suffix}"
        if path.is_file():
            return path
    if missing_too:
        return folder / f"{identity}{SUFFIXES[0]}"
    raise InputError(
        f"{folder / identity}: no recording with any of {', '.join(SUFFIXES)}",
        field=str(folder / identity),
    )


def _refuse_shared_prompts(recordings: list[Recording], prompts: dict[str, str]) -> None:
    held_out = {
        prompts.get(recording.id, recording.text)
        for recording in recordings
        if recording.validation
    }
    for recording in recordings:
        if not recording.validation and prompts.get(recording.id, recording.text) in held_out:
            raise InputError(
                f"{recording.id} is trained on, but another take of its prompt is held out",
                field="valid.txt",
            )
