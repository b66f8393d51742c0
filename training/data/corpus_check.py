"""What is wrong with a corpus, told before hours are spent on it, each by its file's name.

Some findings rule a recording out (it is missing, empty, unreadable, silent, or has a text with
nothing to speak); others are told and left to whoever
trains: clipping, noise, silence at the ends, a low sample rate, a length that does not fit the
text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from training.data.corpus import Recording
from training.parallel import in_order
from vocoder.audio.file_reading import read_audio
from vocoder.config import AudioConfig
from vocoder.errors import SonantError
from vocoder.text import analyse

FULL_SCALE = 0.999  # samples at or above it are taken for clipped ...
CLIPPED_SAMPLES = 10  # ... where there are more of them than this
SILENT_DB = -60.0  # a recording whose speech is below this level, dB below full scale, has none
NOISE_DB = 20.0  # least distance between the level of speech and that of pauses
LONGEST_SILENCE_SECONDS = 1.5  # before and after speech
FRAME_SECONDS = 0.01
# median absolute deviations of the logarithm of seconds per phoneme, beyond which a text does not
# fit
ODD_RATE = 4.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something about one recording.

    Attributes:
        file: the recording's path.
        problem: a sentence about it, without the name.
        fatal: whether nothing can be trained on it.
    """

    file: Path
    problem: str
    fatal: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"


@dataclass(frozen=True, kw_only=True)
class CorpusReport:
    """What one recording looks like by itself."""

    findings: tuple[Finding, ...]
    seconds: float = 0.0
    phonemes: int = 0


def check(recordings: Sequence[Recording], audio: AudioConfig, *, workers: int) -> list[Finding]:
    """Examines every recording: findings in the order of the recordings, then those that only show
    beside the others.
    """
    examined = list(
        in_order(
            examine,
            [(recording, audio) for recording in recordings],
            workers=workers,
            title="check",
        )
    )
    findings = [finding for one in examined for finding in one.findings]
    whole = [index for index, one in enumerate(examined) if one.phonemes > 0]
    rates = np.log([examined[index].seconds / examined[index].phonemes for index in whole])
    if len(rates) > 0:
        middle = np.median(rates)
        spread = max(float(np.median(np.abs(rates - middle))), 0.05)
        for index, rate in zip(whole, rates, strict=True):
            if abs(rate - middle) > ODD_RATE * spread:
                one = examined[index]
                kind = "short" if rate < middle else "long"
                problem = (
                    f"{one.seconds:.1f} seconds are {kind} for a text of {one.phonemes} "
                    f"phonemes: does the text fit?"
                )
                findings.append(Finding(file=recordings[index].path, problem=problem))
    return findings


def examine(job: tuple[Recording, AudioConfig]) -> CorpusReport:
    """One recording by itself."""
    recording, audio = job
    path = recording.path

    def ruled_out(problem: str) -> CorpusReport:
        return CorpusReport(findings=(Finding(file=path, problem=problem, fatal=True),))

    try:
        samples = read_audio(path, audio.sample_rate)
        own_rate = soundfile.info(str(path)).samplerate
        phonemes = sum(
            sentence.features.num_phonemes for sentence in analyse(recording.text).sentences
        )
    except (SonantError, soundfile.LibsndfileError) as error:
        return ruled_out(str(error).removeprefix(f"{path}: "))
    if phonemes == 0:
        return ruled_out(f"nothing can be spoken in its text {recording.text!r}")
    size = round(FRAME_SECONDS * audio.sample_rate)
    if len(samples) < 10 * size:
        return ruled_out(f"lasts only {len(samples) / audio.sample_rate:.2f} seconds")
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    levels = 10.0 * np.log10((frames.astype(np.float64) ** 2).mean(axis=1) + 1e-12)
    speech, pauses = np.percentile(levels, [95, 5])
    if speech < SILENT_DB:
        return ruled_out(f"is silent: its loudest parts are at {speech:.0f} dB")
    problems = []
    if own_rate < audio.sample_rate:
        problems.append(
            f"has a sample rate of {own_rate} Hz, below the voice's {audio.sample_rate}: its "
            f"upper band is empty"
        )
    clipped = int((np.abs(samples) >= FULL_SCALE).sum())
    if clipped > CLIPPED_SAMPLES:
        problems.append(f"is clipped: {clipped} samples are at full scale")
    if speech - pauses < NOISE_DB:
        problems.append(
            f"is noisy, or has no pause: only {speech - pauses:.0f} dB lie between its loud and "
            f"its quiet parts"
        )
    loud = np.flatnonzero(levels > speech - 30.0)
    silence = max(int(loud[0]), len(levels) - 1 - int(loud[-1])) * FRAME_SECONDS
    if silence > LONGEST_SILENCE_SECONDS:
        problems.append(f"has {silence:.1f} seconds of silence at an end, which will be cut")
    return CorpusReport(
        findings=tuple(Finding(file=path, problem=problem) for problem in problems),
        seconds=(int(loud[-1]) + 1 - int(loud[0])) * FRAME_SECONDS,
        phonemes=phonemes,
    )
