"""What can be foretold of a sample before the network speaks, and is shown to it.

Speech is to a large part an all-pole filter excited once a period. Both are known beforehand: the
filter follows from the frame's log-mel spectrum, the period from its log-F0. A network of a million
weights spends most of its training on finding that out again; so its first
block is shown, beside the previous code, two codes computed from the past and the frame:

    linear      what linear prediction expects:     sum_k a[k] v[t-1-k]
    period      what there was about a period ago:  v[t-lag], where lag is the period less
                PERIOD_LEAD samples

The lead lets the network see, among the inputs that its blocks remember, what came after the same
moment of the last period as well as what came before.
v[t] is the value of code[t]. LPCNet (arXiv 1810.11846) and LP-WaveNet (arXiv 1811.11913) put a
linear prediction in front of their network as well, and model what is left; QPNet (arXiv
1907.00797) reaches one period back. Here the network still gives the distribution of the code
itself: its likelihoods stay exact and comparable with those of any other network of the same codes,
and where the prediction is wrong it can say so.

Everything is computed in float64 and rounded to a code once, so that engines agree whatever the
order of their sums. torch and numpy alone; `vocoder.wavenet.predictors` has what needs numpy alone.

B batch, F frames, T samples, M mels, P prediction order, H predictions, Q levels.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vocoder.audio.quantise import Quantiser
from vocoder.config import WaveNetConfig


def predict(
    config: WaveNetConfig, quantiser: Quantiser, codes: Tensor, coefficients: Tensor, lags: Tensor
) -> Tensor:
    """The predictions of every sample from the codes before it; before the first there is silence.

    Args:
        config: says which predictions there are.
        quantiser: the network's.
        codes: int64 [B, T], T = F * hop_length.
        coefficients: [B, F, P].
        lags: int [B, F].

    Returns:
        int64 [B, T, H], each a code; H = `config.num_predictions`.
    """
    values, edges = (
        torch.from_numpy(table.astype(np.float64)).to(codes.device)
        for table in (quantiser.values, quantiser.edges)
    )
    return predict_with(
        config, values, edges, float(quantiser.values[quantiser.silence]), codes, coefficients, lags
    )


def predict_with(
    config: WaveNetConfig,
    values: Tensor,
    edges: Tensor,
    silence: float,
    codes: Tensor,
    coefficients: Tensor,
    lags: Tensor,
) -> Tensor:
    """`predict` with the quantiser's tables on the device already.

    Args:
        config: says which predictions there are.
        values: float64 [Q], of each code.
        edges: float64 [Q - 1].
        silence: the value before the first sample.
        codes: as `predict`.
        coefficients: as `predict`.
        lags: as `predict`.
    """
    order, history = config.prediction_order, config.history_length
    batch, samples = codes.shape
    frames = coefficients.shape[1]
    if config.num_predictions == 0:
        return codes.new_zeros((batch, samples, 0))
    # [B, history + T]: sample t is at t + history
    past = functional.pad(values[codes], (history, 0), value=silence)
    found = []
    if order > 0:
        # Row t holds past[t - order .. t - 1], the oldest first, and so must the coefficients.
        before = past[:, history - order : -1].unfold(1, order, 1).view(batch, frames, -1, order)
        found.append((before * coefficients.double().flip(-1).unsqueeze(2)).sum(-1).flatten(1))
    if config.max_lag > 0:
        now = torch.arange(history, history + samples, device=codes.device).view(frames, -1)
        found.append(past.gather(1, (now - lags.long().unsqueeze(-1)).flatten(1)))
    return torch.bucketize(torch.stack(found, dim=-1), edges, right=True)
