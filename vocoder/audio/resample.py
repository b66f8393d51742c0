"""Sound at another sample rate, by soxr: a whole signal, or a stream that arrives in pieces, with
the same result to the bit.

The filter is linear-phase and soxr takes its delay out: sample t of the input lies at the same
moment of the output. A stream therefore lags behind what it is given, and gives the rest when it is
finished.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

FloatArray = npt.NDArray[np.float32]
QUALITY = "VHQ"


def resampled_length(num_samples: int, from_hz: int, to_hz: int) -> int:
    """How many samples `num_samples` become, exactly, whole or streamed: known before any of them
    exist.
    """
    return (2 * num_samples * to_hz + from_hz) // (2 * from_hz)


def resample(samples: FloatArray, from_hz: int, to_hz: int) -> FloatArray:
    """A whole signal: float32 [T] to float32 [resampled_length(T)]. Equal rates give a copy."""
    if from_hz == to_hz or len(samples) == 0:
        return samples.astype(np.float32, copy=True)
    converted: FloatArray = soxr.resample(
        samples.astype(np.float32), from_hz, to_hz, quality=QUALITY
    )
    return converted


class StreamResampler:
    """A signal that arrives in pieces: `push` each, then `finish` once.

    Example:
        resampler = StreamResampler(16_000, 24_000)
        for piece in pieces: play(resampler.push(piece))
        play(resampler.finish())
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = (
            None
            if from_hz == to_hz
            else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=QUALITY)
        )

    def push(self, samples: FloatArray) -> FloatArray:
        """float32 [T] to the float32 samples that are certain by now, which may be none."""
        if self._stream is None or len(samples) == 0:
            return samples.astype(np.float32, copy=True)
        converted: FloatArray = self._stream.resample_chunk(samples.astype(np.float32))
        return converted

    def finish(self) -> FloatArray:
        """The float32 samples still inside the filter; nothing may be pushed afterwards."""
        nothing = np.zeros(0, np.float32)
        if self._stream is None:
            return nothing
        converted: FloatArray = self._stream.resample_chunk(nothing, last=True)
        return converted
