"""Recordings at another pitch, so that the decoder meets F0s that the speaker does not use.

A listener may ask for speech some semitones lower or higher. The recordings say little about how a
spectrum looks there. WORLD (Morise et al. 2016) speaks each recording twice, at its own pitch and
at a shifted one. The difference of the two log-mels, added to the recording's, is its log-mel at
the shifted pitch: what WORLD does to a sound in both cancels.

F frames, M mels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from training.data.dataset import SHIFTED_LOG_F0, SHIFTED_LOG_MEL, DatasetEntry, PreparedSet
from vocoder.audio.mel import FLOOR, log_mel
from vocoder.audio.pitch import import_pyworld
from vocoder.audio.whole_file import whole_file
from vocoder.config import AudioConfig
from vocoder.torch_threads import one_torch_thread

FloatArray = npt.NDArray[np.float32]
SMALLEST_SEMITONES, LARGEST_SEMITONES = 1.0, 8.0
SEED = 0


def write_shifted(data: PreparedSet) -> None:
    """Writes `shifted_log_mel.npy` and `shifted_log_f0.npy` into the data set, each utterance
    shifted by its own number of semitones; does nothing where they are.
    """
    if data.has_shifted:
        return
    mels, log_f0s = np.array(data.log_mel), np.array(data.log_f0)
    generator = np.random.Generator(np.random.Philox(key=SEED))
    for entry in track(data.header.entries, "shifted pitch", console=Console(stderr=True)):
        size = generator.uniform(SMALLEST_SEMITONES, LARGEST_SEMITONES)
        semitones = size if generator.random() < 0.5 else -size
        part = slice(entry.frame_start, entry.frame_start + entry.num_frames)
        mels[part], log_f0s[part] = shifted(data, entry, semitones)
    for name, array in ((SHIFTED_LOG_MEL, mels), (SHIFTED_LOG_F0, log_f0s)):
        with whole_file(data.folder / name) as file:
            np.save(file, array)


def shifted(
    data: PreparedSet, entry: DatasetEntry, semitones: float
) -> tuple[FloatArray, FloatArray]:
    """One utterance at another pitch.

    Returns:
        log_mel: float32 [F, M]; unvoiced frames are as recorded.
        log_f0: float32 [F], where voiced kept within what the analysis looks for.
    """
    conditions, audio = data.conditions(entry), data.audio
    lowest, highest = np.log(audio.f0_min), np.log(audio.f0_max)
    moved = np.clip(conditions.log_f0 + semitones * np.log(2) / 12, lowest, highest)
    moved = moved.astype(np.float32)
    wave = data.wave(entry)
    own, other = (
        _spoken(wave, conditions.log_f0, log_f0, conditions.voicing, audio)
        for log_f0 in (conditions.log_f0, moved)
    )
    with one_torch_thread():
        difference = log_mel(other, audio) - log_mel(own, audio)
    frames = slice(0, entry.num_frames)
    made = conditions.log_mel + difference[frames] * conditions.voicing[:, None]
    return np.maximum(made, np.log(FLOOR)).astype(np.float32), moved


def _spoken(
    wave: FloatArray,
    log_f0: FloatArray,
    spoken_log_f0: FloatArray,
    voicing: FloatArray,
    audio: AudioConfig,
) -> FloatArray:
    """WORLD's envelope and aperiodicity of a recording, spoken at an F0: float32 [T]."""
    pyworld, rate = import_pyworld(), audio.sample_rate
    wide = wave.astype(np.float64)
    hop_seconds = audio.hop_length / rate
    times = (np.arange(len(log_f0)) + 0.5) * hop_seconds
    f0 = np.where(voicing > 0, np.exp(log_f0), 0.0).astype(np.float64)
    envelope = pyworld.cheaptrick(wide, f0, times, rate, f0_floor=audio.f0_min)
    fft_size = 2 * (envelope.shape[1] - 1)
    aperiodicity = pyworld.d4c(wide, f0, times, rate, fft_size=fft_size)
    spoken = np.where(voicing > 0, np.exp(spoken_log_f0), 0.0).astype(np.float64)
    made = pyworld.synthesize(spoken, envelope, aperiodicity, rate, 1000 * hop_seconds)
    # WORLD's frames begin at time 0, ours have their middle half a hop later.
    late = np.pad(made, (audio.hop_length // 2, len(wave)))[: len(wave)]
    return late.astype(np.float32)
