"""Measures of sound, most of them beside the recording. All take float32 [T] in -1..1 at
`audio.sample_rate`, which must be 16 kHz for PESQ-WB.

PESQ-WB     ITU-T P.862.2, by the pesq package: quality beside the recording, 1 to 4.6
STOI        Taal et al. 2011, by pystoi: intelligibility beside the recording, 0 to 1
MCD         mel-cepstral distortion in dB (Kubichek 1993) between WORLD's envelopes, 24 coefficients
            without the level
F0          median absolute difference in cents where both are voiced; share of frames whose voicing
            differs
pauses      by how much the loudest sample in the recording's pauses is louder in what was made: a
            click stands out there
warped mel  mean absolute difference of log-mel in nats along the cheapest path of dynamic time
            warping
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.evaluation.level import RATE
from vocoder.audio.mel import log_mel
from vocoder.audio.pitch import import_pyworld, pitch
from vocoder.config import AudioConfig
from vocoder.errors import AudioError

FloatArray = npt.NDArray[np.float32]
CENTS_PER_NAT = 1200 / np.log(2)
_PAUSE_SECONDS, _PAUSE_DB = 0.05, 6.0
MEL_CEPSTRUM = 24  # coefficients beside the level


def quality(truth: FloatArray, made: FloatArray) -> float:
    """PESQ-WB."""
    from pesq import pesq

    return float(pesq(RATE, truth, made, "wb"))


def intelligibility(truth: FloatArray, made: FloatArray) -> float:
    """STOI."""
    from pystoi import stoi

    return float(stoi(truth, made, RATE))


def cepstral_distortion(truth: FloatArray, made: FloatArray, audio: AudioConfig) -> float:
    """MCD in dB, frame by frame; frames more than 40 dB below the loudest are left out, as they are
    nearly silent.
    """
    true, found = (_mel_cepstrum(samples, audio) for samples in (truth, made))
    loud = true[:, 0] > true[:, 0].max() - 40 * np.log(10) / 20
    difference = (true - found)[loud, 1:]
    return float(10 / np.log(10) * np.sqrt(2 * (difference**2).sum(axis=1)).mean())


def _mel_cepstrum(samples: FloatArray, audio: AudioConfig) -> npt.NDArray[np.float64]:
    pyworld, wide = import_pyworld(), samples.astype(np.float64)
    f0, times = pyworld.dio(
        wide,
        audio.sample_rate,
        audio.f0_min,
        audio.f0_max,
        frame_period=1000 * audio.hop_length / audio.sample_rate,
    )
    envelope = pyworld.cheaptrick(wide, f0, times, audio.sample_rate)
    coded: npt.NDArray[np.float64] = pyworld.code_spectral_envelope(
        envelope, audio.sample_rate, MEL_CEPSTRUM + 1
    )
    return coded


def pitch_errors(truth: FloatArray, made: FloatArray, audio: AudioConfig) -> tuple[float, float]:
    """F0 error in cents (not a number where no frame is voiced in both) and voicing error as a
    share of frames.
    """
    true_f0, true_voicing = pitch(truth, audio)
    f0, voicing = pitch(made, audio)
    both = (true_voicing > 0) & (voicing > 0)
    cents = (
        float(np.median(np.abs(f0[both] - true_f0[both])) * CENTS_PER_NAT)
        if both.any()
        else float("nan")
    )
    return cents, float(np.mean((true_voicing > 0) != (voicing > 0)))


def pitch_statistics(samples: FloatArray, audio: AudioConfig) -> npt.NDArray[np.float64]:
    """Log-F0 of the voiced frames, in cents above 100 Hz."""
    f0, voicing = pitch(samples, audio)
    cents: npt.NDArray[np.float64] = (
        f0[voicing > 0].astype(np.float64) - np.log(100.0)
    ) * CENTS_PER_NAT
    return cents


def warped_mel_distance(truth: FloatArray, made: FloatArray, audio: AudioConfig) -> float:
    """Of two sounds of different timing, in nats."""
    import librosa  # late: it takes seconds

    true, found = log_mel(truth, audio), log_mel(made, audio)
    cost = np.abs(true[:, np.newaxis] - found[np.newaxis]).mean(axis=2)
    _, path = librosa.sequence.dtw(C=cost)
    return float(cost[path[:, 0], path[:, 1]].mean())


def quiet_level(samples: FloatArray, audio: AudioConfig) -> float:
    """Level of the quietest twentieth of the frames, dB below full scale: what is heard in the
    pauses.
    """
    frames = samples[: len(samples) // audio.hop_length * audio.hop_length].reshape(
        -1, audio.hop_length
    )
    return float(
        np.percentile(10 * np.log10((frames.astype(np.float64) ** 2).mean(axis=1) + 1e-10), 5)
    )


def click_level(truth: FloatArray, made: FloatArray, audio: AudioConfig) -> float:
    """Peak in the recording's pauses, in dB above the recording's own; not a number where it has no
    pause.

    A pause is at least 50 ms whose frames are no more than 6 dB louder than the quietest twentieth.
    The last frame before speech is left out: a recording may begin to speak within it.
    """
    whole = min(len(truth), len(made)) // audio.hop_length
    true, found = (
        samples[: whole * audio.hop_length].reshape(whole, audio.hop_length).astype(np.float64)
        for samples in (truth, made)
    )
    quiet = 10 * np.log10((true**2).mean(axis=1) + 1e-10) < quiet_level(truth, audio) + _PAUSE_DB
    shortest = round(_PAUSE_SECONDS * audio.sample_rate / audio.hop_length)
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(int))).reshape(
        -1, 2
    )
    pauses = [
        np.arange(start, end if end == whole else end - 1)
        for start, end in bounds
        if end - start >= shortest
    ]
    if not pauses:
        return float("nan")
    inside = np.concatenate(pauses)
    # -100 dB: digital silence has no level
    loudest = [np.abs(frames[inside]).max() + 1e-5 for frames in (true, found)]
    return float(20 * np.log10(loudest[1] / loudest[0]))


def check_rate(audio: AudioConfig) -> None:
    """Raises AudioError where PESQ-WB does not take the data set's rate."""
    if audio.sample_rate != RATE:
        raise AudioError(
            f"PESQ-WB takes {RATE} Hz, and the data set has {audio.sample_rate}",
            field="sample_rate",
        )
