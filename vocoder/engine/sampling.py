"""From the network's output to a code: the readable statement of what every engine does; `native/sampling.h` mirrors it.

Each code is drawn from the distribution that `vocoder.wavenet.distributions` gives its probability of (at temperature 1):

softmax             inverse transform: the first code whose cumulative probability exceeds u0; temperature divides the logits.
logistic_mixture    PixelCNN++ (arXiv 1701.05517): u0 picks the component, u1 the value `mean + scale * temperature * logit(u1)`.
gaussian            Box and Muller (1958) from u0 and u1, times the temperature.

The last two are rounded to the nearest linear code. Temperature 0 takes the most probable code, or the mean (of the most probable
component). All in float64, so that only the network's own rounding can make two engines differ; values are rounded to float32 last.

N samples, O output parameters, K mixtures, Q levels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.audio.quantise import Quantiser
from vocoder.config import WaveNetConfig
from vocoder.wavenet.distributions import MIN_LOG_SCALE

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def draw(config: WaveNetConfig, outputs: npt.NDArray[np.float32], temperatures: npt.NDArray[np.float32], uniform: FloatArray) -> IntArray:
    """One code for each row.

    Args:
        config: names the distribution and its levels.
        outputs: float32 [N, O], the network's.
        temperatures: float32 [N], at least 0.
        uniform: float64 [N, 2 or more], each in 0..1 exclusive: columns u0 and u1.

    Returns:
        int64 [N], 0..Q-1.
    """
    wide = outputs.astype(np.float64)
    heat = temperatures.astype(np.float64)
    if config.output == "softmax":
        return _categorical(wide, heat, uniform[:, 0])
    if config.output == "gaussian":
        mean, log_scale = wide[:, 0], wide[:, 1]
        noise = np.sqrt(-2.0 * np.log(uniform[:, 0])) * np.cos(2.0 * np.pi * uniform[:, 1])
    else:
        logits, means, log_scales = np.split(wide, 3, axis=1)
        component = _categorical(logits, heat, uniform[:, 0])[:, np.newaxis]
        mean = np.take_along_axis(means, component, axis=1)[:, 0]
        log_scale = np.take_along_axis(log_scales, component, axis=1)[:, 0]
        noise = np.log(uniform[:, 1]) - np.log1p(-uniform[:, 1])
    with np.errstate(over="ignore"):  # an absurd scale gives an infinite value, which is clipped like any other
        spread = np.where(heat > 0, np.exp(np.maximum(log_scale, MIN_LOG_SCALE)) * heat * noise, 0.0)
    grid = Quantiser(kind="linear", levels=config.quantisation_levels)
    return grid.encode((mean + spread).astype(np.float32))


def _categorical(logits: FloatArray, temperatures: FloatArray, uniform: FloatArray) -> IntArray:
    """Logits [N, Q], temperatures [N], uniform [N] to the index drawn, int64 [N]; the largest logit's where the temperature is 0."""
    most_probable = logits.argmax(axis=1)
    shifted = logits - logits.max(axis=1, keepdims=True)
    with np.errstate(over="ignore"):  # a tiny temperature sends all but the largest to -inf, which is right
        weights = np.exp(shifted / np.where(temperatures > 0, temperatures, 1.0)[:, np.newaxis])
    cumulative = weights.cumsum(axis=1)
    drawn = (cumulative <= uniform[:, np.newaxis] * cumulative[:, -1:]).sum(axis=1)
    chosen: IntArray = np.where(temperatures > 0, drawn, most_probable)
    return chosen
