"""Recordings to a prepared data set: high-pass, level, trim, features.

Rumble below speech is filtered away, every recording is brought to the same level of speech (so
that one take is not louder than another), and the silence around it is cut to a fraction of a
second. F frames, T samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, sosfiltfilt

from training.data.corpus import Recording
from training.data.dataset import PREDICTED, SHIFTED_LOG_F0, SHIFTED_LOG_MEL, DatasetEntry, Header
from training.parallel import in_order
from vocoder.audio.file_reading import read_audio
from vocoder.audio.mel import log_mel, pad_to_frames
from vocoder.audio.pitch import pitch
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]
HIGH_PASS_HZ = 50.0
# where the 95th percentile of the frames' levels is brought, dB below full scale
SPEECH_LEVEL_DB = -18.0
PEAK = 0.95  # no sample is lifted above this
TRIM_BELOW_SPEECH_DB = 30.0  # frames this much below the level of speech count as silence
MARGIN_SECONDS = 0.2  # of silence kept before and after speech


@dataclass(frozen=True, kw_only=True)
class PreparedRecording:
    """One recording, ready to be stored."""

    samples: npt.NDArray[np.int16]
    log_mel: npt.NDArray[np.float16]
    log_f0: FloatArray
    voicing: FloatArray


def clean(samples: FloatArray, audio: AudioConfig) -> FloatArray:
    """High-passed, levelled and trimmed: float32 [T] to float32 [T'], a whole number of frames."""
    sections = butter(4, HIGH_PASS_HZ, "highpass", fs=audio.sample_rate, output="sos")
    filtered = sosfiltfilt(sections, samples.astype(np.float64))
    framed = pad_to_frames(filtered.astype(np.float32), audio).reshape(-1, audio.hop_length)
    levels = 10.0 * np.log10(np.mean(framed**2, axis=1) + 1e-12)
    speech = float(np.percentile(levels, 95))
    gain = min(
        10 ** ((SPEECH_LEVEL_DB - speech) / 20), PEAK / max(float(np.abs(filtered).max()), 1e-9)
    )
    loud = np.flatnonzero(levels > speech - TRIM_BELOW_SPEECH_DB)
    margin = round(MARGIN_SECONDS * audio.sample_rate / audio.hop_length)
    first, last = max(int(loud[0]) - margin, 0), int(loud[-1]) + margin + 1
    trimmed: FloatArray = (framed[first:last] * gain).reshape(-1).astype(np.float32)
    return trimmed


def prepare_recording(job: tuple[Recording, AudioConfig]) -> PreparedRecording:
    """Reads one recording and computes all that training needs of it."""
    recording, audio = job
    samples = clean(read_audio(recording.path, audio.sample_rate), audio)
    integers = np.round(samples * 32767.0).astype(np.int16)
    samples = integers.astype(np.float32) / 32768.0
    log_f0, voicing = pitch(samples, audio)
    return PreparedRecording(
        samples=integers,
        log_mel=log_mel(samples, audio).astype(np.float16),
        log_f0=log_f0,
        voicing=voicing,
    )


def prepare(
    recordings: Sequence[Recording], folder: Path, audio: AudioConfig, *, workers: int
) -> Header:
    """Prepares a corpus into `folder`; the header is written last, so a folder that has one is
    whole.

    Args:
        recordings: what to prepare, in the order kept.
        folder: made if missing.
        audio: the settings of the voice to be.
        workers: processes at once.

    Returns:
        what was written as dataset.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    speakers = tuple(sorted({recording.speaker for recording in recordings}))
    parts: list[PreparedRecording] = []
    entries: list[DatasetEntry] = []
    frame = 0
    jobs = [(recording, audio) for recording in recordings]
    for recording, part in zip(
        recordings, in_order(prepare_recording, jobs, workers=workers, title="prepare"), strict=True
    ):
        frames = len(part.log_f0)
        entries.append(
            DatasetEntry(
                id=recording.id,
                text=recording.text,
                speaker=speakers.index(recording.speaker),
                validation=recording.validation,
                frame_start=frame,
                num_frames=frames,
            )
        )
        parts.append(part)
        frame += frames
    arrays: dict[str, npt.NDArray[Any]] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("samples", "log_mel", "log_f0", "voicing")
    }
    for stale in (PREDICTED, SHIFTED_LOG_MEL, SHIFTED_LOG_F0):  # of what was prepared before
        (folder / stale).unlink(missing_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    header = Header(audio=audio, speakers=speakers, entries=tuple(entries))
    header.write(folder)
    return header
