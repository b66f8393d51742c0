"""Codes to the samples a listener hears: the quantiser's values, the inverse of pre-emphasis, 16-bit integers.

De-emphasis is recursive, so a stream has one number to remember between two pieces. It is a value (`DecoderState`) handed in and
handed back, and kept in float64 exactly as the filter leaves it: that is why any chunking gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocoder.audio.emphasis import de_emphasise
from vocoder.audio.pcm import Int16Array, to_int16
from vocoder.audio.quantise import Quantiser


@dataclass(frozen=True, kw_only=True)
class DecoderState:
    """What the decoder of one stream remembers.

    Attributes:
        last: the sample before the next one, after de-emphasis and before clipping; 0 at the beginning.
    """

    last: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PcmDecoder:
    """Turns the codes of a network into int16 samples. Owns no state: one decoder serves every stream.

    Attributes:
        quantiser: how the codes were made.
        pre_emphasis: coefficient of the filter that the samples went through before they were coded; 0 for none.
        volume: at least 0, what the samples are multiplied by at last.
    """

    quantiser: Quantiser
    pre_emphasis: float
    volume: float = 1.0

    def decode(self, codes: npt.NDArray[np.integer], state: DecoderState) -> tuple[Int16Array, DecoderState]:
        """The next piece of a stream.

        Args:
            codes: integers [T], 0..levels-1.
            state: what the previous piece gave back, or `DecoderState()`.

        Returns:
            int16 [T], and the state for the next piece. Loud speech is clipped, but the filter goes on from what it computed: clipping
            changes only the samples it concerns.
        """
        restored, last = de_emphasise(self.quantiser.decode(codes), self.pre_emphasis, state.last)
        return to_int16(restored * self.volume), DecoderState(last=last)
