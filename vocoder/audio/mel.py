"""Log-mel spectra: the natural logarithm of mel-weighted magnitudes.

Frame f describes samples f * hop_length to (f+1) * hop_length, and its window is centred on their
middle, so the frame that a sample's conditioning is indexed with is the frame that lies around it.
The mel scale and its area normalisation are Slaney's, as in librosa.

F frames, M mels, T samples.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from vocoder.audio.torchaudio_import import import_torchaudio
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]
FLOOR = (
    1e-5  # smallest magnitude: -100 dB below a full-scale sine's, under any recording's own noise
)


@lru_cache(maxsize=8)
def _filters(config: AudioConfig) -> Tensor:
    bank: Tensor = import_torchaudio().functional.melscale_fbanks(
        n_freqs=config.n_fft // 2 + 1,
        f_min=config.f_min,
        f_max=config.f_max,
        n_mels=config.n_mels,
        sample_rate=config.sample_rate,
        norm="slaney",
        mel_scale="slaney",
    )
    return bank


def mel_filters(config: AudioConfig) -> FloatArray:
    """How much each bin of a spectrum counts in each mel band: float32 [n_fft // 2 + 1, M]."""
    bank: FloatArray = _filters(config).numpy()
    return bank


def pad_to_frames(samples: FloatArray, config: AudioConfig) -> FloatArray:
    """float32 [T] with zeros added at its end until whole frames are full."""
    return np.pad(samples, (0, -len(samples) % config.hop_length))


def log_mel(samples: FloatArray, config: AudioConfig) -> FloatArray:
    """Log-mel spectrum of a whole signal.

    Args:
        samples: float32 [T], -1..1, at `config.sample_rate`.
        config: names every number used.

    Returns:
        float32 [ceil(T / hop_length), M], natural logarithm of magnitudes, at least log(1e-5).
    """
    padded = torch.from_numpy(pad_to_frames(samples.astype(np.float32), config))
    frames = len(padded) // config.hop_length
    if frames == 0:
        return np.zeros((0, config.n_mels), np.float32)
    before = (config.n_fft - config.hop_length) // 2
    after = config.n_fft - config.hop_length - before
    # Zeros, not a reflection: outside a recording there is silence, and short signals have nothing
    # to reflect.
    padded = functional.pad(padded, (before, after))
    window = torch.hann_window(config.win_length)
    spectrum = torch.stft(
        padded,
        config.n_fft,
        config.hop_length,
        config.win_length,
        window,
        center=False,
        return_complex=True,
    ).abs()
    mel: FloatArray = (spectrum.T @ _filters(config)).clamp(min=FLOOR).log().numpy()
    return mel
