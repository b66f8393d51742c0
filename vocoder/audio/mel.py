"""Log-mel spectra: the natural logarithm of mel-weighted magnitudes.

Frame f describes samples f * hop_length to (f+1) * hop_length, and its window is centred on their
middle, so the frame that a sample's conditioning is indexed with is the frame that lies around it.
The mel scale and its area normalisation are Slaney's, as in librosa.

F frames, M mels, T samples.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vocoder.config import AudioConfig
from vocoder.errors import SonantError

FloatArray = npt.NDArray[np.float32]
FLOOR = (
    1e-5  # smallest magnitude: -100 dB below a full-scale sine's, under any recording's own noise
)


# Slaney's scale: linear up to the corner, logarithmic above.
_LINEAR_HZ, _CORNER_HZ, _LOG_STEP = 200.0 / 3.0, 1000.0, math.log(6.4) / 27.0
_CORNER_MEL = _CORNER_HZ / _LINEAR_HZ


@lru_cache(maxsize=8)
def mel_filters(config: AudioConfig) -> FloatArray:
    """How much each bin of a spectrum counts in each mel band: float32 [n_fft // 2 + 1, M].

    Triangles between the centres of the neighbouring bands, of an area that is the same for all.
    Computed in float32 step by step as torchaudio 2.11 does on a processor with fused
    multiply-adds, so that voices keep their bytes.
    """
    bins = _steps(0.0, float(config.sample_rate // 2), config.n_fft // 2 + 1)
    mels = _steps(_to_mel(config.f_min), _to_mel(config.f_max), config.n_mels + 2)
    hz: FloatArray = np.float32(_LINEAR_HZ) * mels
    above = mels >= _CORNER_MEL
    exponents = np.float32(_LOG_STEP) * (mels[above] - np.float32(_CORNER_MEL))
    hz[above] = np.float32(_CORNER_HZ) * np.exp(exponents.astype(np.float64)).astype(np.float32)
    widths = hz[1:] - hz[:-1]
    slopes = hz - bins[:, np.newaxis]
    falling, rising = -slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]
    triangles = np.maximum(np.float32(0.0), np.minimum(falling, rising))
    bank = np.asarray(triangles * (np.float32(2.0) / (hz[2:] - hz[:-2])), np.float32)
    bank.setflags(write=False)
    return bank


def _to_mel(hz: float) -> float:
    return (
        hz / _LINEAR_HZ if hz < _CORNER_HZ else _CORNER_MEL + math.log(hz / _CORNER_HZ) / _LOG_STEP
    )


def _steps(first: float, last: float, count: int) -> FloatArray:
    """Evenly spaced numbers, float32 [count]: each product and sum rounded once, counted from the
    nearer end.
    """
    step = (np.float32(last) - np.float32(first)) / np.float32(count - 1)
    index = np.arange(count)
    wide, start, end = float(step), float(np.float32(first)), float(np.float32(last))
    numbers: FloatArray = np.where(
        index < count // 2, start + wide * index, end - wide * (count - 1 - index)
    ).astype(np.float32)
    return numbers


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

    Raises:
        SonantError: torch is not installed.
    """
    try:
        import torch  # late: whoever only speaks analyses no recording
        from torch.nn import functional

        from vocoder.torch_threads import one_torch_thread
    except ModuleNotFoundError as error:
        raise SonantError(
            f"recordings are analysed with torch, and {error.name} is missing; pip install "
            f"'sonant[analysis]' (takes a C++ compiler)"
        ) from error
    padded = torch.from_numpy(pad_to_frames(samples.astype(np.float32), config))
    frames = len(padded) // config.hop_length
    if frames == 0:
        return np.zeros((0, config.n_mels), np.float32)
    before = (config.n_fft - config.hop_length) // 2
    after = config.n_fft - config.hop_length - before
    # Zeros, not a reflection: outside a recording there is silence, and short signals have nothing
    # to reflect.
    padded = functional.pad(padded, (before, after))
    with one_torch_thread():
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
        mel: FloatArray = (
            (spectrum.T @ torch.tensor(mel_filters(config))).clamp(min=FLOOR).log().numpy()
        )
    return mel
