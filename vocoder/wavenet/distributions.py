"""What the network's last layer means: distributions over integer codes, each with exact
probabilities.

softmax             arXiv 1609.03499, section 2.2: O = Q logits.
logistic_mixture    PixelCNN++ (arXiv 1701.05517), equation 2: O = 3 K: mixture logits, means, log
                    scales; the mass of a code is the mixture's integral over its cell of the linear
                    grid, the outermost cells reaching to infinity.
gaussian            ClariNet (arXiv 1807.07281) has a density; here it is discretised in the same
                    way, so that bits per sample
                    compare: O = 2: mean, log scale.

They are those of `vocoder.density.distributions`, which all autoregressive models here share. K
mixtures, Q levels.
"""

from __future__ import annotations

from torch import Tensor

from vocoder.config import WaveNetConfig
from vocoder.density.distributions import Categorical, Conditional, Gaussian, Mixture

MIN_LOG_SCALE = -9.0  # every engine's smallest; it has nothing to do with the number of levels


def output_distribution(config: WaveNetConfig) -> Conditional:
    """The distribution of one code that the network's outputs parametrise."""
    if config.output == "softmax":
        return Categorical(config.quantisation_levels)
    if config.output == "gaussian":
        return Gaussian(levels=config.quantisation_levels, min_log_scale=MIN_LOG_SCALE)
    return Mixture(
        "logistic",
        config.num_mixtures,
        levels=config.quantisation_levels,
        min_log_scale=MIN_LOG_SCALE,
    )


def log_prob(config: WaveNetConfig, outputs: Tensor, codes: Tensor) -> Tensor:
    """Natural logarithm of each code's probability.

    Args:
        config: names the distribution and its levels.
        outputs: [..., O], the network's.
        codes: int64 [...], 0..Q-1.

    Returns:
        float32 [...].
    """
    return output_distribution(config).log_prob(outputs, codes)
