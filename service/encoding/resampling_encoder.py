"""Resampling as a stream: without seams, and exactly as long as was said beforehand."""

from __future__ import annotations

import numpy as np
import soxr

from service.encoding.encoder import Encoder
from vocoder.audio.pcm import BYTES_PER_SAMPLE, to_bytes, to_float32, to_int16
from vocoder.audio.resample import resampled_length


class ResamplingEncoder:
    """Another encoder, fed at another rate.

    Args:
        inner: what gets the samples.
        source_rate: Hz.
        rate: Hz, of what `inner` gets.
    """

    def __init__(self, inner: Encoder, *, source_rate: int, rate: int) -> None:
        self._inner = inner
        self._filter = soxr.ResampleStream(source_rate, rate, 1, dtype="float32", quality="HQ")
        self._source_rate, self._rate = source_rate, rate
        self._taken = self._made = 0

    def head(self) -> bytes:
        """That of the inner encoder."""
        return self._inner.head()

    def encode(self, pcm: bytes) -> bytes:
        """The next samples; some are kept back, for the filter looks ahead."""
        return self._inner.encode(self._resample(pcm, last=False))

    def finish(self) -> bytes:
        """What was kept back."""
        rest = self._resample(b"", last=True)
        missing = resampled_length(self._taken, self._source_rate, self._rate) - self._made
        rest += bytes(BYTES_PER_SAMPLE * missing)  # where the filter rounds the length down
        return self._inner.encode(rest) + self._inner.finish()

    def _resample(self, pcm: bytes, *, last: bool) -> bytes:
        samples = np.frombuffer(pcm, "<i2").astype(np.int16)
        self._taken += len(samples)
        # Where the filter rounds the length up. Before the end it keeps some back, and cannot have
        # made too many.
        most = resampled_length(self._taken, self._source_rate, self._rate) - self._made
        made = self._filter.resample_chunk(to_float32(samples), last=last)[:most]
        self._made += len(made)
        return to_bytes(to_int16(made))
