"""What the network's last layer means: distributions over integer codes, each with exact probabilities.

softmax             arXiv 1609.03499, section 2.2: O = Q logits.
logistic_mixture    PixelCNN++ (arXiv 1701.05517), equation 2: O = 3 K: mixture logits, means, log scales; the mass of a code is the
                    mixture's integral over its cell of the linear grid, the outermost cells reaching to infinity.
gaussian            ClariNet (arXiv 1807.07281) has a density; here it is discretised in the same way, so that bits per sample
                    compare: O = 2: mean, log scale.

B batch, T samples, K mixtures, Q levels.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from vocoder.config import WaveNetConfig

MIN_LOG_SCALE = -9.0  # e^-9 is a quarter of a step of 16-bit sound: narrower means nothing
MIN_MASS = 1e-12  # floor of a code's probability where float32 cannot tell it from 0


def log_prob(config: WaveNetConfig, outputs: Tensor, codes: Tensor) -> Tensor:
    """Natural logarithm of each code's probability.

    Args:
        config: names the distribution and its levels.
        outputs: [..., O], the network's.
        codes: int64 [...], 0..Q-1.

    Returns:
        float32 [...].
    """
    outputs = outputs.float()
    if config.output == "softmax":
        log_probs = functional.log_softmax(outputs, dim=-1)
        chosen: Tensor = log_probs.gather(-1, codes.unsqueeze(-1)).squeeze(-1)
        return chosen
    half_cell = 1.0 / (config.quantisation_levels - 1)
    values = codes.float() * (2.0 * half_cell) - 1.0
    lowest, highest = codes == 0, codes == config.quantisation_levels - 1
    if config.output == "gaussian":
        mean, log_scale = outputs.unbind(-1)
        inverse_scale = torch.exp(-log_scale.clamp(min=MIN_LOG_SCALE))
        # The infinite bounds come last: scaled, their gradient would be no number.
        below = torch.where(lowest, -math.inf, (values - half_cell - mean) * inverse_scale)
        above = torch.where(highest, math.inf, (values + half_cell - mean) * inverse_scale)
        return _gaussian_mass(below, above).log()
    logits, means, log_scales = outputs.chunk(3, dim=-1)
    inverse_scales = torch.exp(-log_scales.clamp(min=MIN_LOG_SCALE))
    below = torch.where(lowest.unsqueeze(-1), -math.inf, ((values - half_cell).unsqueeze(-1) - means) * inverse_scales)
    above = torch.where(highest.unsqueeze(-1), math.inf, ((values + half_cell).unsqueeze(-1) - means) * inverse_scales)
    # sigmoid(a) - sigmoid(b) loses every digit in the upper tail; mirrored, both terms are small there.
    mirrored = below > 0
    mass = torch.sigmoid(torch.where(mirrored, -below, above)) - torch.sigmoid(torch.where(mirrored, -above, below))
    total: Tensor = torch.logsumexp(functional.log_softmax(logits, dim=-1) + mass.clamp(min=MIN_MASS).log(), dim=-1)
    return total


def _gaussian_mass(below: Tensor, above: Tensor) -> Tensor:
    mirrored = below > 0
    mass = torch.special.ndtr(torch.where(mirrored, -below, above)) - torch.special.ndtr(torch.where(mirrored, -above, below))
    floored: Tensor = mass.clamp(min=MIN_MASS)
    return floored
