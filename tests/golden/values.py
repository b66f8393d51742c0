"""What is stored of the shipped voice: how it is computed, written and read.

`values.json` holds, for each sentence:

    durations       frames of each phoneme, exactly
    mel.sha256      of the log-mel [F, M] (natural logarithm) rounded down to steps of 4, int8
    mel.offset      what is subtracted before rounding
    mel.margin      how far every value lies from where rounding would change
    mel.bands       means over all frames of groups of 5 mel bands: they say how far off a changed
                    mel is
    voiced_frames   how many frames are voiced
    pitch_hz        geometric mean of F0 over them

and for each recording its bits per sample. `codes.npz` holds the first 4,000 codes of each sentence
by the reference engine.

The digest is the same on every CPU, although float32 sums are not. The offset puts the boundaries
of rounding into the widest gap between the values, modulo 4, so that none lies within `mel.margin`
of a boundary. With avx512, avx2, sse4 and torch alone mels differ by at most 4.5e-5, bits per
sample by 1e-6, and codes not at all. A change of all values by more than twice the margin, about
1e-3, always changes the digest.

F frames, M mels, T samples.
"""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from vocoder.synthesis.voice import Voice, load_voice
from vocoder.voices.library import DEFAULT_VOICE

FOLDER = Path(__file__).parent
VALUES = FOLDER / "values.json"
CODES = FOLDER / "codes.npz"
# Two sounds of one second, 16 kHz: spoken by this voice's release 10.
RECORDINGS = ("train.flac", "swallows.flac")
NUM_CODES = 4_000  # of each sentence: a quarter of a second, pause and first phonemes
MEL_STEP = 4.0
BAND_GROUP = 5
SEED = 19
SENTENCES = {
    "yes": "Yes.",
    "statement": "The train will leave the station at half past nine.",
    "question": "Did you hear the rain against the window last night?",
    "question_word": "Where have all the swallows gone?",
    "commas": "Bread, butter, two apples, and a jar of honey.",
    "numbers": "The number you have called is 555, 0 1 4 9.",
    "money": "It costs $12.50; the other one is free.",
    "abbreviation": "Dr. Smith lives at 221 Baker St., doesn't he?",
    "exclamation": "Stop! You can't be serious.",
    "long": (
        "When the last of the guests had gone home, and the lamps along the terrace were put out "
        "one after the other, "
        "she sat down by the window, opened the letter that had come on the 3rd of May, and read "
        "it again from the beginning, "
        "slowly, as if there were something in it that she had not seen before."
    ),
}
QUICK = ("yes", "numbers")  # what of the slow part `make test` computes


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the acoustic model gives for a text: durations int64 [P], log-mel float32 [F, M], log-F0
    and voicing float32 [F].
    """

    durations: npt.NDArray[np.int64]
    log_mel: npt.NDArray[np.float32]
    log_f0: npt.NDArray[np.float32]
    voicing: npt.NDArray[np.float32]


def reference_voice() -> Voice:
    """The shipped voice on the reference engine."""
    return load_voice(DEFAULT_VOICE, engine="reference")


def prediction(voice: Voice, text: str) -> Prediction:
    """All sentences of the text, one behind the other."""
    plan = voice.plan(text)
    durations, conditions = [], []
    for planned in plan.sentences:
        passage = voice.utterance(replace(plan, sentences=(planned,)), seed=SEED).passage
        assert passage is not None
        durations.append(planned.durations)
        conditions.append(passage.conditions())
    return Prediction(
        durations=np.concatenate(durations),
        log_mel=np.concatenate([one.log_mel for one in conditions]),
        log_f0=np.concatenate([one.log_f0 for one in conditions]),
        voicing=np.concatenate([one.voicing for one in conditions]),
    )


def codes(voice: Voice, text: str) -> npt.NDArray[np.uint16]:
    """The first `NUM_CODES` codes of the text, uint16."""
    utterance = voice.utterance(voice.plan(text), seed=SEED)
    made: list[npt.NDArray[np.int64]] = []
    while sum(map(len, made)) < NUM_CODES:
        made.append(voice.engine.advance([utterance.job(NUM_CODES - sum(map(len, made)))])[0])
        utterance.accept(made[-1])
    found = np.concatenate(made)
    return found.astype(np.uint16)


def bits_per_sample(voice: Voice, recording: str) -> float:
    """Of a recording of this folder."""
    samples, sample_rate = soundfile.read(FOLDER / recording, dtype="float32")
    assert sample_rate == voice.sample_rate
    return voice.score(samples).bits_per_sample


def digest(log_mel: npt.NDArray[np.float32], offset: float) -> str:
    """SHA-256 of the log-mel, rounded as the top of this file says."""
    return hashlib.sha256(
        np.floor((log_mel.astype(np.float64) - offset) / MEL_STEP).astype(np.int8).tobytes()
    ).hexdigest()


def bands(log_mel: npt.NDArray[np.float32]) -> list[float]:
    """Means of groups of `BAND_GROUP` mel bands."""
    means = log_mel.astype(np.float64).mean(axis=0).reshape(-1, BAND_GROUP).mean(axis=1)
    return [round(float(mean), 4) for mean in means]


def pitch_hz(found: Prediction) -> float:
    """Geometric mean of F0 over voiced frames."""
    return round(float(np.exp(found.log_f0[found.voicing > 0].astype(np.float64).mean())), 2)


def _widest_gap(log_mel: npt.NDArray[np.float32]) -> tuple[float, float]:
    """The offset that lies farthest from every value, modulo `MEL_STEP`, and how far that is."""
    remainders = np.unique(log_mel.astype(np.float64) % MEL_STEP)
    gaps = np.diff(remainders, append=remainders[0] + MEL_STEP)
    widest = int(gaps.argmax())
    return float((remainders[widest] + gaps[widest] / 2) % MEL_STEP), float(gaps[widest] / 2)


def compute() -> tuple[dict[str, Any], dict[str, npt.NDArray[np.uint16]]]:
    """What `values.json` and `codes.npz` should hold for the voice as it is."""
    voice = reference_voice()
    values: dict[str, Any] = {
        "voice": voice.manifest.name,
        "release": voice.manifest.release,
        "sentences": {},
        "bits_per_sample": {},
    }
    for name, text in SENTENCES.items():
        found = prediction(voice, text)
        offset, margin = _widest_gap(found.log_mel)
        offset = round(offset, 6)
        values["sentences"][name] = {
            "durations": found.durations.tolist(),
            "mel": {
                "sha256": digest(found.log_mel, offset),
                "offset": offset,
                "margin": round(margin, 6),
                "bands": bands(found.log_mel),
            },
            "voiced_frames": int((found.voicing > 0).sum()),
            "pitch_hz": pitch_hz(found),
        }
    for recording in RECORDINGS:
        values["bits_per_sample"][recording] = round(bits_per_sample(voice, recording), 5)
    return values, {name: codes(voice, text) for name, text in SENTENCES.items()}


def write(values: dict[str, Any], all_codes: dict[str, npt.NDArray[np.uint16]]) -> None:
    """Stores them, lists of numbers in lines of 100 columns."""
    text = re.sub(
        r"\[[-\d.,\s]+\]", lambda found: _wrapped(found.group()), json.dumps(values, indent=1)
    )
    VALUES.write_text(text + "\n", "utf-8")
    np.savez_compressed(CODES, **all_codes)


def _wrapped(numbers: str) -> str:
    return textwrap.fill(" ".join(numbers.split()), 100, subsequent_indent="     ")


def read_values() -> dict[str, Any]:
    """What `values.json` holds."""
    values: dict[str, Any] = json.loads(VALUES.read_text("utf-8"))
    return values


def read_codes() -> dict[str, npt.NDArray[np.uint16]]:
    """What `codes.npz` holds."""
    with np.load(CODES) as file:
        return {name: file[name] for name in file.files}
