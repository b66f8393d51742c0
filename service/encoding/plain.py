"""Formats in which every sample has its place: WAV, raw PCM, and mu-law for telephones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BIAS, _CLIP = 33, 8_158  # of G.711, in 14 bits
_SEGMENTS = 8


class PcmEncoder:
    """int16, little-endian, after a header that may be empty."""

    def __init__(self, header: bytes = b"") -> None:
        self._header = header

    def head(self) -> bytes:
        """The header."""
        return self._header

    def encode(self, pcm: bytes) -> bytes:
        """The samples as they are."""
        return pcm

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class MulawEncoder:
    """8 bits for each sample, by ITU-T G.711."""

    def head(self) -> bytes:
        """Nothing: `audio/basic` has no header."""
        return b""

    def encode(self, pcm: bytes) -> bytes:
        """A byte for each sample."""
        return _TABLE[np.frombuffer(pcm, "<i2").astype(np.int64) + 32_768].tobytes()

    def finish(self) -> bytes:
        """Nothing."""
        return b""


def _mulaw_of_every_sample() -> npt.NDArray[np.uint8]:
    """G.711, table 2a: sign, segment, and four bits within the segment, all inverted. uint8
    [65536], from sample -32768 on.
    """
    samples = np.arange(-32_768, 32_768)
    magnitude = np.minimum(np.abs(samples) >> 2, _CLIP) + _BIAS
    segment = np.floor(np.log2(magnitude)).astype(np.int64) - 5
    step = (magnitude >> (segment + 1)) & 0x0F
    positive = np.where(samples >= 0, 0x80, 0x00)
    assert segment.min() >= 0
    assert segment.max() < _SEGMENTS
    coded: npt.NDArray[np.uint8] = (positive | (~((segment << 4) | step) & 0x7F)).astype(np.uint8)
    return coded


_TABLE = _mulaw_of_every_sample()
