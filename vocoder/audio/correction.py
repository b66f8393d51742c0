"""Sound brought back to the spectrum it was asked for, as it is made.

What a network draws sample by sample has the phase of speech and roughly the spectrum that it was
conditioned on: each draw is noise, and what went a little wrong is the past that the next sample
goes on from. Yet the spectrum is known: it is the condition. So the finished sound is analysed as
its condition was, and every band of every frame is multiplied by what it lacks: the magnitude step
of Griffin and Lim (1984), which begins here with the network's phase instead of a random one, and
so has nearly arrived where they begin. Each further pass comes closer, for overlapping frames
disturb each other.

    block        0     1     2     3     4     5            blocks of hop_length samples, one per
                 frame
    window of 2  |--------.-----.-----.--------|            centred on its block, `side` blocks
                 reach into it from each side
                                               ^ a block is final once the last window over it has
                                               been corrected: 2 * side blocks later

The filter works on a stream: it takes whole blocks and gives whole blocks, `delay_blocks` later;
what it remembers is a value. Any chunking gives the
same samples: the sums of a frame do not depend on which others are computed beside it. float32
throughout.

F frames, M mels, T samples.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vocoder.audio.windows import make_windows, window_of
from vocoder.config import AudioConfig
from vocoder.errors import ConfigError, EngineError

FloatArray = npt.NDArray[np.float32]
_HEADER = struct.Struct("<Q")


@dataclass(frozen=True, kw_only=True)
class CorrectionState:
    """What the correction of one stream remembers. c = 2 * side.

    Attributes:
        received: blocks taken so far.
        targets: float32 [(passes - 1) * c + side, M], of the last frames; not a number where no
            frame was.
        inputs: float32 [passes, c * hop_length], the last blocks that each pass has taken.
        sums: float32 [passes, c * hop_length], of the corrected windows over those blocks of each
            pass that are not final.
    """

    received: int
    targets: FloatArray
    inputs: FloatArray
    sums: FloatArray

    def to_bytes(self) -> bytes:
        """Little-endian, whatever the machine."""
        return _HEADER.pack(self.received) + b"".join(
            array.astype("<f4").tobytes() for array in (self.targets, self.inputs, self.sums)
        )


class SpectralCorrection:
    """Owns no state: one serves every stream of a voice.

    Args:
        audio: what the targets were computed with.
        passes: at least 1.

    Attributes:
        delay_blocks: how many blocks later a block is final.

    Raises:
        ConfigError: windows that do not overlap cannot be put together again.
    """

    def __init__(self, audio: AudioConfig, passes: int) -> None:
        assert passes >= 1
        if audio.win_length <= audio.hop_length:
            raise ConfigError(
                f"correction needs windows that overlap: win_length {audio.win_length} must "
                f"exceed hop_length {audio.hop_length}"
            )
        self._hop, self._mels = audio.hop_length, audio.n_mels
        self._passes = passes
        # Blocks that a window reaches into on each side of its own: half of what it is longer than
        # one, rounded up.
        self._side = -((audio.hop_length - audio.win_length) // (2 * audio.hop_length))
        # of the first window, in 2 * side + 1 blocks
        self._start = self._side * self._hop + (self._hop - audio.win_length) // 2
        self.delay_blocks = 2 * self._side * passes
        self._windows = make_windows(audio)
        self._weight = self._overlap_of_squares(window_of(audio))

    def start(self) -> CorrectionState:
        """The state of a new stream: silence before it."""
        around = 2 * self._side
        return CorrectionState(
            received=0,
            targets=np.full(
                ((self._passes - 1) * around + self._side, self._mels), np.nan, np.float32
            ),
            inputs=np.zeros((self._passes, around * self._hop), np.float32),
            sums=np.zeros((self._passes, around * self._hop), np.float32),
        )

    def restore(self, saved: bytes) -> CorrectionState:
        """The inverse of `CorrectionState.to_bytes`.

        Raises:
            EngineError: these are not the bytes of a state of this correction.
        """
        new = self.start()
        sizes = [array.size for array in (new.targets, new.inputs, new.sums)]
        if len(saved) != self.state_bytes:
            raise EngineError(
                f"the saved correction has {len(saved)} bytes, not {self.state_bytes}"
            )
        numbers = np.frombuffer(saved, "<f4", offset=_HEADER.size).astype(np.float32)
        targets, inputs, sums = np.split(numbers, np.cumsum(sizes)[:-1])
        return CorrectionState(
            received=_HEADER.unpack_from(saved)[0],
            targets=targets.reshape(new.targets.shape),
            inputs=inputs.reshape(new.inputs.shape),
            sums=sums.reshape(new.sums.shape),
        )

    @property
    def state_bytes(self) -> int:
        """Length of a saved state."""
        return len(self.start().to_bytes())

    def push(
        self, blocks: FloatArray, targets: FloatArray, state: CorrectionState
    ) -> tuple[FloatArray, CorrectionState]:
        """The next blocks of a stream.

        Args:
            blocks: float32 [F * hop_length].
            targets: float32 [F, M], the log-mel spectra that they should have, as
                `vocoder.audio.mel.log_mel` gives them.
            state: what the last push gave back, or `start()`.

        Returns:
            float32 [F' * hop_length], the blocks that became final; and the state for the next
            push.
        """
        frames = len(targets)
        assert len(blocks) == frames * self._hop
        known = np.concatenate([state.targets, targets])
        inputs, sums = state.inputs.copy(), state.sums.copy()
        signal = blocks.astype(np.float32)
        for index in range(self._passes):
            # Pass `index` takes blocks that are 2 * side * index behind, and corrects the window
            # `side` before them.
            behind = 2 * self._side * index + self._side
            first = len(known) - frames - behind
            joined = np.concatenate([inputs[index], signal])
            added = np.concatenate([sums[index], np.zeros(len(signal), np.float32)])
            self._windows.add_corrected(
                joined[self._start :], known[first : first + frames], added[self._start :]
            )
            signal = np.divide(
                added[: len(blocks)].reshape(frames, self._hop), self._weight, dtype=np.float32
            ).reshape(-1)
            inputs[index], sums[index] = joined[len(blocks) :], added[len(blocks) :]
        # blocks of the silence before the stream
        before = max(self.delay_blocks - state.received, 0)
        following = CorrectionState(
            received=state.received + frames,
            targets=known[len(known) - len(state.targets) :],
            inputs=inputs,
            sums=sums,
        )
        return signal[before * self._hop :], following

    def finish(self, state: CorrectionState) -> FloatArray:
        """What is left of a stream when nothing more will come: float32 [min(delay_blocks,
        received) * hop_length].
        """
        silence = np.zeros(self.delay_blocks * self._hop, np.float32)
        nothing = np.full((self.delay_blocks, self._mels), np.nan, np.float32)
        return self.push(silence, nothing, state)[0]

    def _overlap_of_squares(self, window: FloatArray) -> FloatArray:
        """What the squares of all windows over a block add up to: float32 [hop_length], above 0 for
        windows longer than a block.
        """
        total = np.zeros((2 * self._side + 1) * self._hop)
        total[self._start : self._start + len(window)] = window.astype(np.float64) ** 2
        weight: FloatArray = total.reshape(-1, self._hop).sum(axis=0).astype(np.float32)
        return weight


@lru_cache(maxsize=8)
def spectral_correction(audio: AudioConfig, passes: int) -> SpectralCorrection | None:
    """The correction of a voice, one for all its streams; None for no passes."""
    return SpectralCorrection(audio, passes) if passes > 0 else None
