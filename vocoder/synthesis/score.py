"""How probable a recording is under a voice's WaveNet: exact log-likelihood, in bits.

The network's autoregression gives the probability of every code given all before it, so the sum is
the probability of the recording's codes, not a bound on it. A long recording is taken in blocks,
each computed with as much of its past as the network can see: that changes nothing but the memory
needed.

F frames, T samples, L layers, G gate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocoder.engine.reference import one_torch_thread
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.prediction import Predictors

# Short, for a service does a block between two turns of its streams; longer ones would waste less
# on their context.
_BLOCK_SECONDS = 0.1
_NATS_PER_BIT = math.log(2)


@dataclass(frozen=True, kw_only=True)
class Score:
    """How surprised a voice is by a recording; lower is better.

    Attributes:
        num_samples: T.
        bits_per_frame: float64 [F], the bits of each frame's samples together; the last frame may
            have fewer samples.
    """

    num_samples: int
    bits_per_frame: npt.NDArray[np.float64]

    @property
    def bits(self) -> float:
        """Of the whole recording: minus the base-2 logarithm of its probability."""
        return float(self.bits_per_frame.sum())

    @property
    def log_likelihood(self) -> float:
        """The natural logarithm of the recording's probability; at most 0."""
        return -self.bits * _NATS_PER_BIT

    @property
    def bits_per_sample(self) -> float:
        """On average. Uniform codes of 256 levels have 8."""
        return self.bits / self.num_samples


class Scoring:
    """A recording on its way to its score, a block at a time: whoever has other things to do does
    them between two blocks.

    Args:
        network: whose distribution counts.
        codes: int64 [T], T > 0.
        conditioning: float32 [1, F, L, G] with F = ceil(T / hop_length).
        predictors: of the same frames.
        sample_rate: Hz; only decides how long a block is.
    """

    def __init__(
        self,
        network: WaveNet,
        codes: npt.NDArray[np.int64],
        conditioning: Tensor,
        predictors: Predictors,
        *,
        sample_rate: int,
    ) -> None:
        self._network = network
        self._hop = hop = network.config.hop_length
        self._num_samples = len(codes)
        self._conditioning = conditioning
        self._frames = frames = conditioning.shape[1]
        self._padded = torch.from_numpy(
            np.pad(codes, (0, frames * hop - len(codes)), constant_values=network.quantiser.silence)
        )
        self._context = math.ceil(network.receptive_field / hop)
        self._block = max(round(_BLOCK_SECONDS * sample_rate / hop), 1)
        self._coefficients, self._lags = (
            torch.from_numpy(array).unsqueeze(0)
            for array in (predictors.coefficients, predictors.lags)
        )
        self._nats = torch.zeros(frames * hop, dtype=torch.float64)
        self._done = 0  # frames

    @property
    def finished(self) -> bool:
        """Whether all blocks are done."""
        return self._done >= self._frames

    @torch.inference_mode()
    def advance(self) -> int:
        """Does the next block; gives how many samples it has."""
        assert not self.finished
        hop, start = self._hop, self._done
        first, end = max(start - self._context, 0), min(start + self._block, self._frames)
        with one_torch_thread():
            log_probs = self._network.log_prob(
                self._padded[None, first * hop : end * hop],
                self._conditioning[:, first:end],
                self._coefficients[:, first:end],
                self._lags[:, first:end],
            )[0]
        self._nats[start * hop : end * hop] = -log_probs[(start - first) * hop :].double()
        self._done = end
        return (end - start) * hop

    def result(self) -> Score:
        """The score, once all blocks are done."""
        assert self.finished
        nats = self._nats.clone()
        nats[self._num_samples :] = (
            0  # what was only padding is not scored; being later, it influenced nothing
        )
        return Score(
            num_samples=self._num_samples,
            bits_per_frame=(nats.view(self._frames, self._hop).sum(dim=1) / _NATS_PER_BIT).numpy(),
        )


def score(scoring: Scoring, *, progress: Callable[[int], object] | None = None) -> Score:
    """All blocks of a recording, one after the other.

    Args:
        scoring: not begun yet.
        progress: told, after each block, how many more samples are done.
    """
    while not scoring.finished:
        done = scoring.advance()
        if progress is not None:
            progress(done)
    return scoring.result()
