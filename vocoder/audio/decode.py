"""Codes to the samples a listener hears: the quantiser's values, the inverse of pre-emphasis, the
spectrum corrected, 16-bit integers.

De-emphasis is recursive and the correction looks ahead, so a stream has something to remember
between two pieces. It is a value (`DecoderState`)
handed in and handed back, with every number exactly as it was left: that is why any chunking gives
the same bytes.

M mels, T samples.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vocoder.audio.correction import CorrectionState, SpectralCorrection
from vocoder.audio.emphasis import de_emphasise
from vocoder.audio.gain import GainState
from vocoder.audio.gain import state_bytes as gain_bytes
from vocoder.audio.pcm import Int16Array, to_int16
from vocoder.audio.quantise import Quantiser
from vocoder.errors import EngineError

FloatArray = npt.NDArray[np.float32]
_HEADER = struct.Struct("<dI")


def _no_samples() -> FloatArray:
    return np.zeros(0, np.float32)


@dataclass(frozen=True, kw_only=True)
class DecoderState:
    """What the decoder of one stream remembers.

    Attributes:
        last: the sample before the next one, after de-emphasis and before anything else; 0 at the
            beginning.
        waiting: float32 [less than hop_length], samples of a block that is not whole yet.
        correction: of a decoder that corrects.
        gain: of a decoder whose samples have gains of their own.
    """

    last: float = 0.0
    waiting: FloatArray = field(default_factory=_no_samples)
    correction: CorrectionState | None = None
    gain: GainState | None = None


@dataclass(frozen=True, kw_only=True)
class PcmDecoder:
    """Turns the codes of a network into int16 samples. Owns no state: one decoder serves every
    stream.

    Attributes:
        quantiser: how the codes were made.
        pre_emphasis: coefficient of the filter that the samples went through before they were
            coded; 0 for none.
        hop_length: samples of a frame.
        correction: brings each frame to the spectrum it was conditioned on; None for the network's
            sound as it is.
        volume: at least 0, what the samples are multiplied by at last.
        shaped: whether each frame has a gain of its own beside.
    """

    quantiser: Quantiser
    pre_emphasis: float
    hop_length: int
    correction: SpectralCorrection | None = None
    volume: float = 1.0
    shaped: bool = False

    @property
    def delay(self) -> int:
        """How many samples later than its code a sample of a whole block is given out."""
        return 0 if self.correction is None else self.correction.delay_blocks * self.hop_length

    def start(self) -> DecoderState:
        """The state of a new stream."""
        return DecoderState(
            correction=None if self.correction is None else self.correction.start(),
            gain=GainState() if self.shaped else None,
        )

    def decode(
        self,
        codes: npt.NDArray[np.integer],
        log_mel: FloatArray,
        state: DecoderState,
        gains: FloatArray | None = None,
    ) -> tuple[Int16Array, DecoderState]:
        """The next piece of a stream.

        Args:
            codes: integers [T], 0..levels-1.
            log_mel: float32 [F, M], what the frames are conditioned on, from that of the first code
                on; F frames or more are whole with these codes.
            state: what the previous piece gave back, or `start()`.
            gains: of a decoder that is `shaped`: float32 [F], times the amplitude, of the same
                frames.

        Returns:
            int16, as many samples as have become final: those of the codes, or without a
                correction's `delay`, those of whole blocks. And the state for
            the next piece. Loud speech is clipped, but the filters go on from what they computed:
            clipping changes only the samples it concerns.
        """
        restored, last = de_emphasise(self.quantiser.decode(codes), self.pre_emphasis, state.last)
        gain = (
            None
            if state.gain is None or gains is None
            else state.gain.push(gains, len(codes), self.hop_length)
        )
        if self.correction is None or state.correction is None:
            loud, gain = self._shaped(restored, gain)
            return self._finished(loud), DecoderState(last=last, gain=gain)
        joined = np.concatenate([state.waiting, restored])
        frames = len(joined) // self.hop_length
        whole = frames * self.hop_length
        samples, corrected = self.correction.push(
            joined[:whole], log_mel[:frames], state.correction
        )
        loud, gain = self._shaped(samples, gain)
        return self._finished(loud), DecoderState(
            last=last, waiting=joined[whole:], correction=corrected, gain=gain
        )

    def finish(self, state: DecoderState) -> Int16Array:
        """What is left of a stream of whole frames after its last code: int16 [delay], or less of a
        stream that was shorter.
        """
        if self.correction is None or state.correction is None:
            return self._finished(_no_samples())
        assert len(state.waiting) == 0
        return self._finished(self._shaped(self.correction.finish(state.correction), state.gain)[0])

    @property
    def state_bytes(self) -> int:
        """Length of a saved state."""
        own = (
            _HEADER.size
            if self.correction is None
            else _HEADER.size + 4 * self.hop_length + self.correction.state_bytes
        )
        return own + self._gain_bytes

    def save(self, state: DecoderState) -> bytes:
        """A state as `state_bytes` bytes, little-endian."""
        header = _HEADER.pack(state.last, len(state.waiting))
        if state.gain is not None:
            header += state.gain.to_bytes(self._most_waiting)
        if state.correction is None:
            return header
        waiting = np.zeros(self.hop_length, "<f4")
        waiting[: len(state.waiting)] = state.waiting
        return header + waiting.tobytes() + state.correction.to_bytes()

    def restore(self, saved: bytes) -> DecoderState:
        """The inverse of `save`.

        Raises:
            EngineError: these are not the bytes of a state of this decoder.
        """
        if len(saved) != self.state_bytes:
            raise EngineError(
                f"the saved state of the decoder has {len(saved)} bytes, not {self.state_bytes}"
            )
        last, count = _HEADER.unpack_from(saved)
        behind = _HEADER.size + self._gain_bytes
        gain = GainState.from_bytes(saved[_HEADER.size : behind]) if self.shaped else None
        if self.correction is None:
            return DecoderState(last=last, gain=gain)
        if count >= self.hop_length:
            raise EngineError(
                f"the saved state of the decoder is damaged: {count} samples wait for a block of "
                f"{self.hop_length}"
            )
        waiting = np.frombuffer(saved, "<f4", count, behind).astype(np.float32)
        return DecoderState(
            last=last,
            waiting=waiting,
            correction=self.correction.restore(saved[behind + 4 * self.hop_length :]),
            gain=gain,
        )

    @property
    def _most_waiting(self) -> int:
        """Samples that have not left though their codes have come: those of the delay, and of a
        frame that is not whole.
        """
        return 0 if self.correction is None else self.delay + self.hop_length

    @property
    def _gain_bytes(self) -> int:
        return gain_bytes(self._most_waiting) if self.shaped else 0

    @staticmethod
    def _shaped(samples: FloatArray, gain: GainState | None) -> tuple[FloatArray, GainState | None]:
        """Samples that leave, each as loud as it is to be."""
        if gain is None:
            return samples, None
        gains, left = gain.take(len(samples))
        return samples * gains, left

    def _finished(self, samples: FloatArray) -> Int16Array:
        return to_int16(samples * self.volume)
