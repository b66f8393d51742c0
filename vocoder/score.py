"""How probable a recording is under a voice's WaveNet: exact log-likelihood, in bits.

The network's autoregression gives the probability of every code given all before it, so the sum is the probability of the recording's
codes, not a bound on it. A long recording is taken in blocks, each computed with as much of its past as the network can see: that
changes nothing but the memory needed.

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

_BLOCK_SECONDS = 0.5  # at 16 kHz about 100 MB of activations for the default voice
_NATS_PER_BIT = math.log(2)


@dataclass(frozen=True, kw_only=True)
class Score:
    """How surprised a voice is by a recording; lower is better.

    Attributes:
        num_samples: T.
        bits_per_frame: float64 [F], the bits of each frame's samples together; the last frame may have fewer samples.
    """

    num_samples: int
    bits_per_frame: npt.NDArray[np.float64]

    @property
    def bits(self) -> float:
        """Of the whole recording: minus the base-2 logarithm of its probability."""
        return float(self.bits_per_frame.sum())

    @property
    def bits_per_sample(self) -> float:
        """On average. Uniform codes of 256 levels have 8."""
        return self.bits / self.num_samples


@torch.inference_mode()
def score(
    network: WaveNet,
    codes: npt.NDArray[np.int64],
    conditioning: Tensor,
    predictors: Predictors,
    *,
    sample_rate: int,
    progress: Callable[[int], object] | None = None,
) -> Score:
    """Exact log-likelihood of codes.

    Args:
        network: whose distribution counts.
        codes: int64 [T], T > 0.
        conditioning: float32 [1, F, L, G] with F = ceil(T / hop_length).
        predictors: of the same frames.
        sample_rate: Hz; only decides how much is computed at once.
        progress: told, after each block, how many more samples are done.
    """
    hop = network.config.hop_length
    frames = conditioning.shape[1]
    padded = torch.from_numpy(np.pad(codes, (0, frames * hop - len(codes)), constant_values=network.quantiser.silence))
    context = math.ceil(network.receptive_field / hop)
    block = max(round(_BLOCK_SECONDS * sample_rate / hop), 1)
    nats = torch.zeros(frames * hop, dtype=torch.float64)
    coefficients, lags = (torch.from_numpy(array).unsqueeze(0) for array in (predictors.coefficients, predictors.lags))
    with one_torch_thread():
        for start in range(0, frames, block):
            first, end = max(start - context, 0), min(start + block, frames)
            log_probs = network.log_prob(padded[None, first * hop : end * hop], conditioning[:, first:end], coefficients[:, first:end], lags[:, first:end])[0]
            nats[start * hop : end * hop] = -log_probs[(start - first) * hop :].double()
            if progress is not None:
                progress((end - start) * hop)
    nats[len(codes) :] = 0  # what was only padding is not scored; being later, it influenced nothing
    return Score(num_samples=len(codes), bits_per_frame=(nats.view(frames, hop).sum(dim=1) / _NATS_PER_BIT).numpy())
