"""From the network's output to a code: the readable statement of what every engine does;
`native/sampling.h` mirrors it.

Each code is drawn from the distribution that `vocoder.wavenet.distributions` gives its probability
of (at temperature 1):

softmax             inverse transform: the first code whose cumulative probability exceeds u0;
                    temperature divides the logits.
logistic_mixture    PixelCNN++ (arXiv 1701.05517): u0 picks the component, u1 the value `mean +
                    scale * temperature * logit(u1)`.
gaussian            Box and Muller (1958) from u0 and u1, times the temperature.

The last two are rounded to the nearest linear code. Temperature 0 takes the most probable code, or
the mean (of the most probable component). All in float64, so that only the network's own rounding
can make two engines differ; values are rounded to float32 last.

N samples, O output parameters.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vocoder.config import WaveNetConfig
from vocoder.wavenet.distributions import output_distribution

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def draw(
    config: WaveNetConfig,
    outputs: npt.NDArray[np.float32],
    temperatures: npt.NDArray[np.float32],
    uniform: FloatArray,
) -> IntArray:
    """One code for each row.

    Args:
        config: names the distribution and its levels.
        outputs: float32 [N, O], the network's.
        temperatures: float32 [N], at least 0.
        uniform: float64 [N, 2 or more], each in 0..1 exclusive: columns u0 and u1.

    Returns:
        int64 [N], 0..Q-1.
    """
    codes = output_distribution(config).draw(
        outputs.astype(np.float64), temperatures.astype(np.float64), uniform
    )
    return codes.astype(np.int64, copy=False)
