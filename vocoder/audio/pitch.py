"""Fundamental frequency and voicing, by WORLD's DIO (Morise et al. 2009) refined by StoneMask,
through pyworld.

DIO rather than WORLD's later Harvest: on this project's recordings Harvest calls most of the pauses
voiced, and takes thirty times as long. The contour is made continuous by linear interpolation of
log-F0, because a network should not see jumps to 0.
"""

from __future__ import annotations

import warnings
from types import ModuleType

import numpy as np
import numpy.typing as npt

from vocoder.audio.mel import pad_to_frames
from vocoder.config import AudioConfig
from vocoder.errors import SonantError

FloatArray = npt.NDArray[np.float32]


def pitch(samples: FloatArray, config: AudioConfig) -> tuple[FloatArray, FloatArray]:
    """Log-F0 and voicing of a whole signal.

    Args:
        samples: float32 [T], at `config.sample_rate`.
        config: gives the rate, the hop and the range looked in.

    Returns:
        log_f0: float32 [F], natural logarithm of Hz, interpolated through unvoiced frames; the
            middle of the range (geometric mean of f0_min and f0_max) where nothing at all is
            voiced.
        voicing: float32 [F], 1 where voiced, else 0. F = ceil(T / hop_length).

    Raises:
        SonantError: pyworld is not installed.
    """
    pyworld = import_pyworld()
    padded = pad_to_frames(samples, config)
    frames = len(padded) // config.hop_length
    period_ms = 1000.0 * config.hop_length / config.sample_rate
    # DIO measures at multiples of the period; half of it later is the middle of each frame.
    shifted = np.pad(padded.astype(np.float64)[config.hop_length // 2 :], (0, config.hop_length))
    if frames == 0:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    rough, times = pyworld.dio(
        shifted,
        config.sample_rate,
        f0_floor=config.f0_min,
        f0_ceil=config.f0_max,
        frame_period=period_ms,
    )
    f0 = pyworld.stonemask(shifted, rough, times, config.sample_rate)[:frames]
    voiced = f0 > 0
    if not voiced.any():
        middle = 0.5 * (np.log(config.f0_min) + np.log(config.f0_max))
        return np.full(frames, middle, np.float32), np.zeros(frames, np.float32)
    indices = np.arange(frames)
    log_f0 = np.interp(indices, indices[voiced], np.log(f0[voiced]))
    return log_f0.astype(np.float32), voiced.astype(np.float32)


def import_pyworld() -> ModuleType:
    """The package pyworld. Imported late: it has no wheels, and a machine without a compiler, which
    has not got it, can speak all the same.
    """
    try:
        with warnings.catch_warnings():
            # pyworld finds its own version number through pkg_resources, which announces its
            # retirement to whoever imports it.
            warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
            import pyworld
    except ModuleNotFoundError as error:
        raise SonantError(
            f"F0 is found by pyworld, and {error.name} is missing; pip install "
            f"'sonant[analysis]' (takes a C++ compiler)"
        ) from error
    module: ModuleType = pyworld
    return module
