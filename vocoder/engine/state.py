"""A stream's whole state as a value: what a WaveNet must remember between two samples, and nothing
else.

Cached generation ("Fast WaveNet", Le Paine et al. 2016, arXiv 1611.09482): each block keeps the
inputs that its older taps will still need, in a ring. Block l at time t reads the rows of t - d, t
- 2d ... and then overwrites the oldest with its input of time t, so its ring has (K-1) d rows and
time t lives in row t mod (K-1) d. Rows of times before the stream began are 0.

The codes of the last samples are kept as well, as far back as the network's predictions of the next
one reach (`vocoder.wavenet.prediction`).

The layout is the same in every fp32 engine: a stream may be parked as bytes, moved to another
process and resumed by another engine.

L layers, K taps, d dilation, R residual channels.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vocoder.audio.quantise import Quantiser
from vocoder.config import WaveNetConfig
from vocoder.errors import EngineError
from vocoder.seeds import MAX_SEED

MAGIC = b"SNTS"
VERSION = 2
# magic, version, fingerprint of the config, position, seed, codes of the history, floats of the
# rings, CRC-32 of both. Little-endian.
HEADER = struct.Struct("<4sI16sQQIQI")


@lru_cache(maxsize=8)  # every snapshot of every stream bears it
def fingerprint(config: WaveNetConfig) -> bytes:
    """16 bytes that differ for networks of different configs."""
    return hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode()).digest()[:16]


@dataclass(frozen=True, kw_only=True)
class RingLayout:
    """Where each block's ring lies in the one array that holds them all.

    Attributes:
        rows: per block, (K-1) d.
        offsets: per block, index of its first float.
        width: R, floats per row.
        size: floats in all.
    """

    rows: tuple[int, ...]
    offsets: tuple[int, ...]
    width: int
    size: int

    @classmethod
    @lru_cache(maxsize=8)  # every job is checked against it
    def of(cls, config: WaveNetConfig) -> RingLayout:
        """The layout for a network of this config."""
        rows = tuple((config.kernel_size - 1) * dilation for dilation in config.dilations)
        ends = np.cumsum([count * config.residual_channels for count in rows]).tolist()
        return cls(
            rows=rows, offsets=(0, *ends[:-1]), width=config.residual_channels, size=ends[-1]
        )


@dataclass(kw_only=True)
class StreamState:
    """What one stream remembers. Not frozen: `Engine.advance` moves it on in place.

    Attributes:
        config: of the network that it belongs to.
        rings: float32 [RingLayout.size], past inputs of every block.
        history: int32 [config.history_length], the last codes: that of time t lies at t mod its
            length; silence before the first.
        position: index of the next sample, from 0.
        seed: of the stream's randomness, 64 bits.
    """

    config: WaveNetConfig
    rings: npt.NDArray[np.float32]
    history: npt.NDArray[np.int32]
    position: int
    seed: int

    @classmethod
    def initial(cls, config: WaveNetConfig, seed: int) -> StreamState:
        """The state before the first sample.

        Raises:
            EngineError: the seed does not fit in 64 bits.
        """
        if not 0 <= seed <= MAX_SEED:
            raise EngineError(f"a seed must lie in 0..2**64-1, not {seed}")
        silence = Quantiser(kind="linear", levels=config.quantisation_levels).silence
        rings = np.zeros(RingLayout.of(config).size, np.float32)
        return cls(
            config=config,
            rings=rings,
            history=np.full(config.history_length, silence, np.int32),
            position=0,
            seed=seed,
        )

    def past(self) -> npt.NDArray[np.int32]:
        """The last codes, the latest first: int32 [config.history_length]."""
        return np.roll(self.history, -(self.position % len(self.history)))[::-1]

    def append(self, codes: npt.NDArray[np.integer]) -> None:
        """Moves on by codes that have been made: history and position."""
        length = len(self.history)
        last = codes[-length:]
        times = self.position + np.arange(len(codes) - len(last), len(codes))
        self.history[times % length] = last
        self.position += len(codes)

    def put_rings(self, rings: npt.NDArray[np.float32]) -> None:
        """Rings that were moved on elsewhere, float32 [RingLayout.size], in place of those there
        were.
        """
        self.rings[:] = rings

    @property
    def nbytes(self) -> int:
        """Length of `to_bytes()`."""
        return (
            HEADER.size
            + self.history.nbytes
            + np.dtype(np.float32).itemsize * RingLayout.of(self.config).size
        )

    def copy(self) -> StreamState:
        """An independent state: advancing one leaves the other as it was."""
        return StreamState(
            config=self.config,
            rings=self.rings.copy(),
            history=self.history.copy(),
            position=self.position,
            seed=self.seed,
        )

    def to_bytes(self) -> bytes:
        """The state as bytes: a header (`HEADER`), the history as little-endian int32 and the rings
        as little-endian float32.
        """
        body = self.history.astype("<i4").tobytes() + self.rings.astype("<f4").tobytes()
        header = HEADER.pack(
            MAGIC,
            VERSION,
            fingerprint(self.config),
            self.position,
            self.seed,
            self.history.size,
            self.rings.size,
            zlib.crc32(body),
        )
        return header + body

    @classmethod
    def from_bytes(cls, data: bytes, config: WaveNetConfig) -> StreamState:
        """The inverse of `to_bytes`, for a network of this config.

        Raises:
            EngineError: these are not the bytes of a state, are cut short or damaged, or belong to
                a network of another config.
        """
        if len(data) < HEADER.size:
            raise EngineError(
                f"stream state is cut short: {len(data)} bytes, where the header alone has "
                f"{HEADER.size}"
            )
        magic, version, owner, position, seed, codes, floats, checksum = HEADER.unpack_from(data)
        if magic != MAGIC:
            raise EngineError(f"not a stream state: it begins with {magic!r}, not {MAGIC!r}")
        if version != VERSION:
            raise EngineError(
                f"stream state has version {version}, this release reads version {VERSION}"
            )
        if owner != fingerprint(config):
            raise EngineError(
                f"stream state belongs to a network of config {owner.hex()}, this network's is "
                f"{fingerprint(config).hex()}"
            )
        needed = (config.history_length, RingLayout.of(config).size)
        body = data[HEADER.size :]
        if (codes, floats) != needed or len(body) != 4 * sum(needed):
            raise EngineError(
                f"stream state holds {len(body)} bytes and announces {4 * (codes + floats)}, "
                f"this network needs {4 * sum(needed)}"
            )
        if zlib.crc32(body) != checksum:
            raise EngineError(
                f"stream state is damaged: its body has CRC-32 {zlib.crc32(body):08x}, the "
                f"header says {checksum:08x}"
            )
        history = np.frombuffer(body, "<i4", codes).astype(np.int32)
        if not 0 <= history.min() <= history.max() < config.quantisation_levels:
            raise EngineError(
                f"stream state has codes {history.min()}..{history.max()}, this network has "
                f"{config.quantisation_levels} levels"
            )
        rings = np.frombuffer(body, "<f4", offset=4 * codes).astype(np.float32)
        return cls(config=config, rings=rings, history=history, position=position, seed=seed)
