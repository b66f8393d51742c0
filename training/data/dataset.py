"""A prepared data set: everything a training loop reads, as a few flat arrays that are mapped, not
loaded.

numpy alone, so that it can be carried to a machine that has little else. The folder holds

    dataset.json        audio settings, speakers, category sizes, and one entry per utterance
    samples.npy         int16 [T], all utterances one after the other, each a whole number of frames
    log_mel.npy         float16 [F, M]
    log_f0.npy          float32 [F]
    voicing.npy         float32 [F]
    categories.npy      int64 [P, 4]    once aligned: rows per phoneme, as in
                        `vocoder.text.features`
    positions.npy       float32 [P, 4]
    durations.npy       int64 [P]       frames of each phoneme
    predicted_log_mel.npy  float16 [F, M]   once predicted: what the acoustic model makes of the
                           true durations and pitch
    shifted_log_mel.npy    float16 [F, M]   once shifted: each utterance at another pitch
    shifted_log_f0.npy     float32 [F]      that pitch

F frames, T samples, P phonemes, M mels.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vocoder.acoustic.frames import expand
from vocoder.config import AudioConfig
from vocoder.errors import InputError
from vocoder.wavenet.conditions import Conditions

VERSION = 1
PREDICTED = "predicted_log_mel.npy"
SHIFTED_LOG_MEL, SHIFTED_LOG_F0 = "shifted_log_mel.npy", "shifted_log_f0.npy"


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """Where one utterance lies in the arrays."""

    id: str
    text: str
    speaker: int
    validation: bool
    frame_start: int
    num_frames: int
    phoneme_start: int = -1  # -1: not aligned
    num_phonemes: int = 0
    score: float = 0.0  # mean log-likelihood per frame of the alignment, in nats
    set_aside: str = ""  # why nothing is trained on it (`training.data.outliers`); "" where it is


@dataclass(frozen=True, kw_only=True)
class Header:
    """dataset.json."""

    audio: AudioConfig
    speakers: tuple[str, ...]
    entries: tuple[DatasetEntry, ...]
    category_sizes: tuple[int, ...] = ()  # once aligned: of the linguistic features
    feature_hash: str = ""  # once aligned: of what their columns mean
    aligned_by: str = (
        ""  # once aligned: "mixtures" or "recogniser", which sets the scale of the scores
    )
    version: int = VERSION

    def write(self, folder: Path) -> None:
        """Whole or not at all."""
        temporary = folder / "dataset.json.tmp"
        temporary.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")
        temporary.replace(folder / "dataset.json")

    @classmethod
    def read(cls, folder: Path) -> Header:
        """Raises InputError where the folder is no prepared data set of this version."""
        path = folder / "dataset.json"
        if not path.is_file():
            raise InputError(
                f"{path}: no such file; make it with `sonant-train prepare`", field=str(path)
            )
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if data.get("version") != VERSION:
            raise InputError(
                f"{path}: version {data.get('version')}, but this release reads {VERSION}",
                field=str(path),
            )
        return cls(
            audio=AudioConfig.from_dict(data["audio"]),
            speakers=tuple(data["speakers"]),
            category_sizes=tuple(data["category_sizes"]),
            feature_hash=data["feature_hash"],
            # there was one aligner before this was written
            aligned_by=data.get("aligned_by", "mixtures" if data["feature_hash"] else ""),
            entries=tuple(DatasetEntry(**entry) for entry in data["entries"]),
        )


class PreparedSet:
    """The arrays of a prepared data set, one utterance at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.header = Header.read(folder)
        self.audio = self.header.audio
        self.samples = np.load(folder / "samples.npy", mmap_mode="r")
        self.log_mel = np.load(folder / "log_mel.npy", mmap_mode="r")
        self.log_f0 = np.load(folder / "log_f0.npy", mmap_mode="r")
        self.voicing = np.load(folder / "voicing.npy", mmap_mode="r")

    @cached_property
    def aligned(self) -> bool:
        """Whether `sonant-train align` has run."""
        return any(entry.phoneme_start >= 0 for entry in self.header.entries)

    @cached_property
    def predicted_log_mel(self) -> npt.NDArray[np.float16]:
        """What the acoustic model makes of every frame; InputError where `sonant-train predict` has
        not run.
        """
        path = self.folder / PREDICTED
        if not path.is_file():
            raise InputError(
                f"{path}: no such file; make it with `sonant-train predict`", field=str(path)
            )
        predicted: npt.NDArray[np.float16] = np.load(path, mmap_mode="r")
        if predicted.shape != self.log_mel.shape:
            raise InputError(
                f"{path}: of another data set: {predicted.shape} instead of {self.log_mel.shape}",
                field=str(path),
            )
        return predicted

    @property
    def has_shifted(self) -> bool:
        """Whether the utterances are there at another pitch (`training.data.pitch_shift`)."""
        return (self.folder / SHIFTED_LOG_F0).is_file()

    @cached_property
    def _shifted(self) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.float32]]:
        arrays = [
            np.load(self.folder / name, mmap_mode="r") for name in (SHIFTED_LOG_MEL, SHIFTED_LOG_F0)
        ]
        for name, array in zip((SHIFTED_LOG_MEL, SHIFTED_LOG_F0), arrays, strict=True):
            if len(array) != len(self.log_mel):
                path = self.folder / name
                raise InputError(
                    f"{path}: of another data set: {len(array)} frames instead of "
                    f"{len(self.log_mel)}",
                    field=str(path),
                )
        return arrays[0], arrays[1]

    def shifted(
        self, entry: DatasetEntry
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """An utterance at another pitch: log-mel float32 [F, M] and log-F0 float32 [F]."""
        mels, log_f0s = self._shifted
        part = slice(entry.frame_start, entry.frame_start + entry.num_frames)
        return mels[part].astype(np.float32), np.array(log_f0s[part])

    @cached_property
    def _phonemes(
        self,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        return (
            np.load(self.folder / "categories.npy"),
            np.load(self.folder / "positions.npy"),
            np.load(self.folder / "durations.npy"),
        )

    def entries(self, *, validation: bool) -> list[DatasetEntry]:
        """The utterances of one side of the split, without those set aside."""
        return [
            entry
            for entry in self.header.entries
            if entry.validation == validation and not entry.set_aside
        ]

    def alignment_fingerprint(self) -> str:
        """SHA-256 of the rows and durations of all phonemes: what was computed with one alignment
        is not true of another.
        """
        digest = hashlib.sha256()
        for array in self._phonemes:
            digest.update(array.tobytes())
        return digest.hexdigest()

    def wave(
        self, entry: DatasetEntry, start: int = 0, frames: int | None = None
    ) -> npt.NDArray[np.float32]:
        """Samples, float32 -1..1, of `frames` frames from frame `start` of an utterance."""
        hop = self.audio.hop_length
        first = (entry.frame_start + start) * hop
        count = (entry.num_frames - start if frames is None else frames) * hop
        samples: npt.NDArray[np.float32] = (
            self.samples[first : first + count].astype(np.float32) / 32768.0
        )
        return samples

    def phonemes(
        self, entry: DatasetEntry
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Rows of an aligned utterance: categories int64 [P, 4], positions float32 [P, 4],
        durations int64 [P].
        """
        categories, positions, durations = self._phonemes
        part = slice(entry.phoneme_start, entry.phoneme_start + entry.num_phonemes)
        return categories[part], positions[part], durations[part]

    def conditions(self, entry: DatasetEntry, *, predicted: bool = False) -> Conditions:
        """The true conditions of every frame of an utterance; linguistic ones where it is aligned.
        With `predicted`, the spectrum is `predicted_log_mel`'s.
        """
        part = slice(entry.frame_start, entry.frame_start + entry.num_frames)
        categories = positions = None
        if entry.phoneme_start >= 0:
            categories, positions = expand(*self.phonemes(entry))
        return Conditions(
            log_mel=(self.predicted_log_mel if predicted else self.log_mel)[part].astype(
                np.float32
            ),
            log_f0=np.array(self.log_f0[part]),
            voicing=np.array(self.voicing[part]),
            categories=categories,
            positions=positions,
            speaker=entry.speaker,
        )
