r"""How loud each sample is, where that changes in mid-speech.

Gains are given per frame, with the codes; samples leave later than their codes where a correction
looks ahead, so the gains of those that have not left wait with them. At a change the gain moves in
a straight line over the first frame of the new one, for a jump would click.

    frames   |  1.0  |  0.5  |  0.5  |
    gain     |-------|\      |       |
                       \_____________

What a stream remembers is a value: any chunking gives the same gains.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vocoder.errors import EngineError

FloatArray = npt.NDArray[np.float32]
_HEADER = struct.Struct("<fII")


def _none() -> FloatArray:
    return np.zeros(0, np.float32)


@dataclass(frozen=True, kw_only=True)
class GainState:
    """What one stream remembers.

    Attributes:
        level: of the frame before the one that the next code belongs to; 1 at the beginning.
        inside: how many codes of that one have come.
        waiting: float32, the gains of samples that have not left.
    """

    level: float = 1.0
    inside: int = 0
    waiting: FloatArray = field(default_factory=_none)

    def push(self, gains: FloatArray, count: int, hop_length: int) -> GainState:
        """With those of the next codes.

        Args:
            gains: float32 [F], of the frames from that of the first of these codes on.
            count: of the codes.
            hop_length: samples of a frame.
        """
        at = self.inside + np.arange(count)
        levels = np.concatenate([np.array([self.level], np.float32), gains])
        frame, before = at // hop_length, at % hop_length
        start = levels[frame]
        new = start + (levels[frame + 1] - start) * ((before + 1) / hop_length).astype(np.float32)
        frames, inside = divmod(self.inside + count, hop_length)
        return GainState(
            level=float(levels[frames]), inside=inside, waiting=np.concatenate([self.waiting, new])
        )

    def take(self, count: int) -> tuple[FloatArray, GainState]:
        """Those of the samples that leave, float32 [count], and the state without them."""
        assert count <= len(self.waiting), "samples leave no sooner than their codes have come"
        return self.waiting[:count], GainState(
            level=self.level, inside=self.inside, waiting=self.waiting[count:]
        )

    def to_bytes(self, most: int) -> bytes:
        """`state_bytes(most)` bytes, little-endian, of at most so many waiting gains."""
        assert len(self.waiting) <= most
        room = np.zeros(most, "<f4")
        room[: len(self.waiting)] = self.waiting
        return _HEADER.pack(self.level, self.inside, len(self.waiting)) + room.tobytes()

    @classmethod
    def from_bytes(cls, saved: bytes) -> GainState:
        """The inverse of `to_bytes`.

        Raises:
            EngineError: these are not such bytes.
        """
        if len(saved) < _HEADER.size:
            raise EngineError(f"the saved gains are damaged: {len(saved)} bytes")
        level, inside, count = _HEADER.unpack_from(saved)
        if _HEADER.size + 4 * count > len(saved):
            raise EngineError(f"the saved gains are damaged: {count} of them in {len(saved)} bytes")
        return cls(
            level=level,
            inside=inside,
            waiting=np.frombuffer(saved, "<f4", count, _HEADER.size).astype(np.float32),
        )


def state_bytes(most: int) -> int:
    """Length of a saved state."""
    return _HEADER.size + 4 * most
