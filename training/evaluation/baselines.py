"""What older vocoders make of the same recording: the figures that a voice is to be held against.

Griffin-Lim (1984) is given the recording's true log-mel spectrum and finds a phase; WORLD (Morise
et al. 2016) is given its own true F0, aperiodicity and an envelope of 60 coefficients. Neither is
trained, so both get the best features there can be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.audio.mel import log_mel
from vocoder.audio.pitch import import_pyworld
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]
ITERATIONS = 60
ENVELOPE_COEFFICIENTS = 60


def griffin_lim(samples: FloatArray, audio: AudioConfig) -> FloatArray:
    """A recording again from its mel spectrum: float32 [T] to float32 [T]."""
    import librosa  # late: it takes seconds

    mel = np.exp(log_mel(samples, audio).T)
    spectrum = librosa.feature.inverse.mel_to_stft(
        mel, sr=audio.sample_rate, n_fft=audio.n_fft, power=1.0, fmin=audio.f_min, fmax=audio.f_max
    )
    made = librosa.griffinlim(
        spectrum,
        n_iter=ITERATIONS,
        hop_length=audio.hop_length,
        win_length=audio.win_length,
        n_fft=audio.n_fft,
        random_state=0,
    )
    # Frames here are centred on the middle of their samples, librosa's on the first.
    shifted: FloatArray = np.pad(made, (audio.hop_length // 2, audio.hop_length))[
        : len(samples)
    ].astype(np.float32)
    return shifted


def world(samples: FloatArray, audio: AudioConfig) -> FloatArray:
    """A recording again from WORLD's parameters: float32 [T] to float32 [T]."""
    pyworld, wide, rate = import_pyworld(), samples.astype(np.float64), audio.sample_rate
    period_ms = 1000 * audio.hop_length / rate
    rough, times = pyworld.dio(wide, rate, audio.f0_min, audio.f0_max, frame_period=period_ms)
    f0 = pyworld.stonemask(wide, rough, times, rate)
    envelope = pyworld.cheaptrick(wide, f0, times, rate)
    points = pyworld.get_cheaptrick_fft_size(rate)
    envelope = pyworld.decode_spectral_envelope(
        pyworld.code_spectral_envelope(envelope, rate, ENVELOPE_COEFFICIENTS), rate, points
    )
    made = pyworld.synthesize(f0, envelope, pyworld.d4c(wide, f0, times, rate), rate, period_ms)
    fitted: FloatArray = np.pad(made, (0, max(len(samples) - len(made), 0)))[: len(samples)].astype(
        np.float32
    )
    return np.clip(fitted, -1.0, 1.0)
