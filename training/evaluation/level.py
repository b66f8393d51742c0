"""One level for all that is judged: judges take a softer voice for a worse one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.audio.resample import resample

FloatArray = npt.NDArray[np.float32]
RATE = 16_000  # Hz: what every judge and PESQ-WB take
RMS = 0.06  # about -24 dB below full scale
_PEAK = 0.99


def levelled(samples: FloatArray) -> FloatArray:
    """A sound at the common RMS level, peaks clipped at 0.99: float32 [T] to float32 [T]. Silence
    stays silence.
    """
    wide = samples.astype(np.float64)
    power = float(np.mean(wide**2)) if len(wide) else 0.0
    level: FloatArray = np.clip(wide * (RMS / max(1e-6, power**0.5)), -_PEAK, _PEAK).astype(
        np.float32
    )
    return level


def at_judges_rate(samples: FloatArray, sample_rate: int) -> FloatArray:
    """The same at 16 kHz, peaks clipped again where the filter overshoots."""
    return np.clip(resample(samples, sample_rate, RATE), -_PEAK, _PEAK)
