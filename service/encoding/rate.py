"""Resampling as a stream: without seams, and exactly as long as was said beforehand."""

from __future__ import annotations

import numpy as np
import soxr

from service.encoding.encoder import Encoder
from vocoder.audio.pcm import to_bytes, to_float32, to_int16


def resampled_length(num_samples: int, source_rate: int, rate: int) -> int:
    """How many samples there are at another rate: those that begin within the source."""
    return -(-num_samples * rate // source_rate)


class ResamplingEncoder:
    """Another encoder, fed at another rate.

    Args:
        inner: what gets the samples.
        num_samples: of the source.
        source_rate: Hz.
        rate: Hz, of what `inner` gets.
    """

    def __init__(self, inner: Encoder, *, num_samples: int, source_rate: int, rate: int) -> None:
        self._inner = inner
        self._filter = soxr.ResampleStream(source_rate, rate, 1, dtype="float32", quality="HQ")
        self._left = resampled_length(num_samples, source_rate, rate)

    def head(self) -> bytes:
        """That of the inner encoder."""
        return self._inner.head()

    def encode(self, pcm: bytes) -> bytes:
        """The next samples; some are kept back, for the filter looks ahead."""
        return self._inner.encode(self._resample(pcm, last=False))

    def finish(self) -> bytes:
        """What was kept back."""
        rest = self._resample(b"", last=True)
        rest += bytes(2 * self._left)  # where the filter rounds the length down
        self._left = 0
        return self._inner.encode(rest) + self._inner.finish()

    def _resample(self, pcm: bytes, *, last: bool) -> bytes:
        made = self._filter.resample_chunk(to_float32(np.frombuffer(pcm, "<i2").astype(np.int16)), last=last)[: self._left]
        self._left -= len(made)
        return to_bytes(to_int16(made))
