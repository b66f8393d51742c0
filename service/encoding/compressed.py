"""Formats with a codec: FLAC, MP3, Opus in Ogg, AAC in ADTS, by FFmpeg's libraries (PyAV; they are
inside its wheel).

Each is set up so that sound leaves soon: short blocks, pages of a fifth of a second at most,
nothing that is written at the end into the beginning. "bitexact" leaves out what differs from one
file to the next (an Ogg stream's random number), so the same sound is the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
from av.audio.stream import AudioStream

from vocoder.audio.formats import FfmpegCoding

_FLAC_LENGTH_AT = 18  # after the magic, the block's header, and four sizes of STREAMINFO


class CompressedEncoder:
    """A codec at work.

    Args:
        coding: container and codec.
        sample_rate: Hz; one that the codec takes.
    """

    def __init__(self, coding: FfmpegCoding, sample_rate: int) -> None:
        self._sink = _MuxedBytes()
        muxing = {"flush_packets": "1", "fflags": "+bitexact", **dict(coding.container_options)}
        self._container = av.open(self._sink, "w", format=coding.container, options=muxing)
        stream = self._container.add_stream(
            coding.codec, rate=sample_rate, options=dict(coding.codec_options), layout="mono"
        )
        assert isinstance(stream, AudioStream)
        self._stream = stream
        self._rate = sample_rate
        self._position = 0

    def head(self) -> bytes:
        """Nothing yet: the container writes its beginning with the first packet."""
        return b""

    def encode(self, pcm: bytes) -> bytes:
        """The packets that these samples complete."""
        samples = np.frombuffer(pcm, "<i2").astype(np.int16)
        if len(samples) == 0:
            return b""
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
        frame.sample_rate, frame.pts = self._rate, self._position
        self._position += len(samples)
        return self._mux(self._stream.encode(frame))

    def finish(self) -> bytes:
        """The last packets, and the container's end."""
        rest = self._mux(self._stream.encode(None))
        self._container.close()
        return rest + self._sink.taken()

    def _mux(self, packets: Sequence[av.Packet[AudioStream]]) -> bytes:
        for packet in packets:
            self._container.mux(packet)
        return self._sink.taken()


class FlacEncoder:
    """FLAC whose header tells how long it is, which FFmpeg can only write at the end, into the
    beginning.

    Args:
        coding: container and codec.
        sample_rate: Hz.
        num_samples: that will come.
    """

    def __init__(self, coding: FfmpegCoding, sample_rate: int, num_samples: int) -> None:
        self._inner = CompressedEncoder(coding, sample_rate)
        self._num_samples: int | None = num_samples  # None once it has been told

    def head(self) -> bytes:
        """Nothing yet."""
        return b""

    def encode(self, pcm: bytes) -> bytes:
        """The blocks that these samples complete."""
        return self._told(self._inner.encode(pcm))

    def finish(self) -> bytes:
        """The last block."""
        return self._told(self._inner.finish())

    def _told(self, piece: bytes) -> bytes:
        """The lowest 36 bits of the eight bytes at `_FLAC_LENGTH_AT` are the number of samples (RFC
        9639, section 8.2).
        """
        if self._num_samples is None or not piece:
            return piece
        assert piece.startswith(b"fLaC")
        assert len(piece) >= _FLAC_LENGTH_AT + 8
        before = int.from_bytes(piece[_FLAC_LENGTH_AT : _FLAC_LENGTH_AT + 8], "big")
        told = (before >> 36 << 36 | self._num_samples).to_bytes(8, "big")
        self._num_samples = None
        return piece[:_FLAC_LENGTH_AT] + told + piece[_FLAC_LENGTH_AT + 8 :]


class _MuxedBytes:
    """A file that is only written to."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
