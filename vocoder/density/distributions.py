"""Conditional distributions of one dimension, given the numbers that a network puts out for it.

Categorical   one logit for each level: PixelRNN (arXiv 1601.06759), section 3.4; WaveNet (arXiv
              1609.03499), section 2.2
Bernoulli     one logit, of level 1
Gaussian      mean, log scale: ClariNet (arXiv 1807.07281) where it is discretised
Mixture       logits, means, log scales of K components: Gaussians or Laplacians as in RNADE (arXiv
              1306.0186), equations 10 to 13, or logistics as in PixelCNN++ (arXiv 1701.05517),
              equation 2

`levels=None` makes a density over real numbers. With `levels=Q` the value is a code 0..Q-1 of the
linear grid over -1..1, and its probability is the integral over the code's cell; the outermost
cells reach to infinity. So the probabilities of all codes sum to 1.

N rows, O outputs of the network for one dimension, K components, Q levels.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from vocoder.audio.quantise import Quantiser
from vocoder.errors import ConfigError

Family = Literal["gaussian", "laplacian", "logistic"]
FloatArray = npt.NDArray[np.float64]
Values = npt.NDArray[np.int64] | npt.NDArray[np.float32]

# smallest scale, in half cells: a component there gives its code all but 2e-7 of its mass
NARROWEST_OF_A_CELL = 1 / 16
# smallest scale of a density over real numbers, which else could grow without bound
NARROWEST = math.exp(-7.0)
MAX_LOG_SCALE = 10.0  # largest; beyond it a cell's two ends are one number


class Conditional(ABC):
    """A distribution over one dimension.

    Attributes:
        levels: Q, the number of codes; None for real numbers.
        num_outputs: O, how many numbers of the network parametrise it.
    """

    levels: int | None
    num_outputs: int

    @abstractmethod
    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """Natural logarithm of the probability, or of the density where `levels` is None.

        Args:
            outputs: float [..., O], the network's.
            values: [...], int64 codes 0..Q-1, or float where `levels` is None.

        Returns:
            float32 [...], or float64 where the outputs are.
        """

    @abstractmethod
    def draw(self, outputs: FloatArray, temperatures: FloatArray, uniform: FloatArray) -> Values:
        """One value for each row.

        Args:
            outputs: float64 [N, O], the network's.
            temperatures: float64 [N], at least 0; 0 gives the most probable code, or the mean (of
                the most probable component).
            uniform: float64 [N, 3 or more], each in 0..1 exclusive; two columns are enough but for
                mixtures of Gaussians.

        Returns:
            int64 [N], codes, or float32 [N] where `levels` is None.
        """

    def as_input(self, values: Tensor) -> Tensor:
        """What a network reads: codes scaled to -1..1, other values as they are; float32 of the
        shape of `values`.
        """
        if self.levels is None:
            return values.float()
        return values.float() * (2.0 / (self.levels - 1)) - 1.0


class Categorical(Conditional):
    """Softmax over Q levels."""

    def __init__(self, levels: int) -> None:
        if levels < 2:
            raise ConfigError(f"a categorical distribution needs at least two levels, not {levels}")
        self.levels: int = levels
        self.num_outputs = levels

    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """As `Conditional.log_prob`."""
        log_probs = functional.log_softmax(_wide(outputs), dim=-1)
        chosen: Tensor = log_probs.gather(-1, values.unsqueeze(-1)).squeeze(-1)
        return chosen

    def draw(self, outputs: FloatArray, temperatures: FloatArray, uniform: FloatArray) -> Values:
        """Inverse transform: the first level whose cumulative probability exceeds u0; the
        temperature divides the logits.
        """
        return _index(outputs, temperatures, uniform[:, 0])


class Bernoulli(Conditional):
    """A binary dimension, 0 or 1."""

    levels: int = 2
    num_outputs = 1

    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """As `Conditional.log_prob`."""
        logits = _wide(outputs).squeeze(-1)
        return functional.logsigmoid(torch.where(values == 1, logits, -logits))

    def draw(self, outputs: FloatArray, temperatures: FloatArray, uniform: FloatArray) -> Values:
        """1 where u0 lies below its probability; the temperature divides the logit."""
        logits = outputs[:, 0]
        # of an absurd logit the exponential is infinite, and the probability 0
        with np.errstate(over="ignore"):
            above = 1.0 / (1.0 + np.exp(-logits / np.where(temperatures > 0, temperatures, 1.0)))
        drawn: npt.NDArray[np.int64] = np.where(
            temperatures > 0, uniform[:, 0] < above, logits > 0
        ).astype(np.int64)
        return drawn

    def as_input(self, values: Tensor) -> Tensor:
        """0 and 1, as the papers on binary data have it."""
        return values.float()


class Mixture(Conditional):
    """K components of one family; O = 3 K: logits, means, log scales.

    A Gaussian's scale is its standard deviation, a Laplacian's its mean absolute deviation, a
    logistic's its own.
    """

    def __init__(
        self,
        family: Family,
        num_components: int,
        *,
        levels: int | None = None,
        min_log_scale: float | None = None,
    ) -> None:
        """Which components.

        Args:
            family: of every component.
            num_components: K.
            levels: Q, of the linear grid; None for real numbers.
            min_log_scale: smallest log scale. By default `NARROWEST_OF_A_CELL` where there are
                cells, so that a component can always put its whole mass on one code, and
                `NARROWEST` for real numbers.

        Raises:
            ConfigError: an unknown family, no component, or less than two levels.
        """
        if family not in ("gaussian", "laplacian", "logistic"):
            raise ConfigError(
                f"the family of a mixture must be gaussian, laplacian or logistic, not {family!r}"
            )
        if num_components < 1:
            raise ConfigError(f"a mixture needs at least one component, not {num_components}")
        self.family = family
        self.num_components = num_components
        self.num_outputs = 3 * num_components
        self.levels = levels
        self.grid = None if levels is None else Quantiser(kind="linear", levels=levels)
        narrowest = NARROWEST if levels is None else NARROWEST_OF_A_CELL / (levels - 1)
        self.min_log_scale = math.log(narrowest) if min_log_scale is None else min_log_scale

    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """As `Conditional.log_prob`."""
        logits, means, log_scales = _wide(outputs).chunk(3, dim=-1)
        weighed = functional.log_softmax(logits, dim=-1) + self._component(
            means, log_scales, values.unsqueeze(-1)
        )
        total: Tensor = torch.logsumexp(weighed, dim=-1)
        return total

    def draw(self, outputs: FloatArray, temperatures: FloatArray, uniform: FloatArray) -> Values:
        """u0 picks the component, the rest its value; the temperature divides the logits and
        multiplies the scale.
        """
        logits, means, log_scales = np.split(outputs, 3, axis=1)
        component = _index(logits, temperatures, uniform[:, 0])[:, np.newaxis]
        mean = np.take_along_axis(means, component, axis=1)[:, 0]
        log_scale = np.take_along_axis(log_scales, component, axis=1)[:, 0]
        return self._place(mean, log_scale, temperatures, _noise(self.family, uniform[:, 1:]))

    def _component(self, means: Tensor, log_scales: Tensor, values: Tensor) -> Tensor:
        """Log-probability under each component: means and log scales [..., K], values [..., 1] to
        [..., K].
        """
        log_scales = log_scales.clamp(self.min_log_scale, MAX_LOG_SCALE)
        inverse_scales = torch.exp(-log_scales)
        if self.levels is None:
            return _log_density(self.family, (values - means) * inverse_scales) - log_scales
        dtype = means.dtype
        # in float32 the difference of two values of Phi would keep two digits for 16-bit codes
        if self.family == "gaussian":
            means, log_scales, inverse_scales = (
                means.double(),
                log_scales.double(),
                inverse_scales.double(),
            )
        half_cell = 1.0 / (self.levels - 1)
        centres = values.to(means.dtype) * (2.0 * half_cell) - 1.0
        lowest, highest = values == 0, values == self.levels - 1
        # The infinite bounds come last: scaled, their gradient would be no number.
        below = torch.where(lowest, -math.inf, (centres - half_cell - means) * inverse_scales)
        above = torch.where(highest, math.inf, (centres + half_cell - means) * inverse_scales)
        log_width = torch.where(lowest | highest, math.inf, math.log(2.0 * half_cell) - log_scales)
        return _log_mass(self.family, below, above, log_width).to(dtype)

    def _place(
        self, mean: FloatArray, log_scale: FloatArray, temperatures: FloatArray, noise: FloatArray
    ) -> Values:
        if self.levels is None:  # codes are clipped to the grid anyway
            log_scale = np.minimum(log_scale, MAX_LOG_SCALE)
        # an absurd scale gives an infinite value, which is clipped like any other
        with np.errstate(over="ignore"):
            spread = np.where(
                temperatures > 0,
                np.exp(np.maximum(log_scale, self.min_log_scale)) * temperatures * noise,
                0.0,
            )
            values = (mean + spread).astype(np.float32)
        return values if self.grid is None else self.grid.encode(values)


class Gaussian(Mixture):
    """One Gaussian; O = 2: mean, log scale."""

    def __init__(self, *, levels: int | None = None, min_log_scale: float | None = None) -> None:
        super().__init__("gaussian", 1, levels=levels, min_log_scale=min_log_scale)
        self.num_outputs = 2

    def log_prob(self, outputs: Tensor, values: Tensor) -> Tensor:
        """As `Conditional.log_prob`."""
        means, log_scales = _wide(outputs).chunk(2, dim=-1)
        return self._component(means, log_scales, values.unsqueeze(-1)).squeeze(-1)

    def draw(self, outputs: FloatArray, temperatures: FloatArray, uniform: FloatArray) -> Values:
        """Box and Muller (1958) from u0 and u1, times the temperature."""
        return self._place(outputs[:, 0], outputs[:, 1], temperatures, _noise("gaussian", uniform))


def _wide(outputs: Tensor) -> Tensor:
    """Probabilities are computed in float32 at least, whatever the network computed in."""
    return outputs if outputs.dtype == torch.float64 else outputs.float()


def _log_density(family: Family, z: Tensor) -> Tensor:
    """Log-density of the family's standard member."""
    if family == "gaussian":
        return -0.5 * (z * z + math.log(2.0 * math.pi))
    if family == "laplacian":
        return -z.abs() - math.log(2.0)
    logistic: Tensor = functional.logsigmoid(z) + functional.logsigmoid(-z)
    return logistic


def _log_mass(family: Family, below: Tensor, above: Tensor, log_width: Tensor) -> Tensor:
    """Log of what the family's standard member has between two bounds, exact in both tails and for
    cells of any width.

    Args:
        family: whose.
        below: lower bounds, -inf allowed.
        above: upper bounds, inf allowed.
        log_width: logarithm of above - below, which their difference would have lost digits of.
    """
    if family == "logistic":
        # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a))
        return (
            functional.logsigmoid(above)
            + functional.logsigmoid(-below)
            + _log_one_minus_exp(log_width)
        )
    mirrored = below + above > 0
    below, above = torch.where(mirrored, -above, below), torch.where(mirrored, -below, above)
    if family == "laplacian":
        one_side = above.clamp(max=0.0) - math.log(2.0) + _log_one_minus_exp(log_width)
        # The cell holds the mean: what lies on either side of it is summed. Elsewhere the bounds
        # are held apart so that the gradient is a number.
        across = above > 0
        upper, lower = torch.where(across, above, 1.0), torch.where(across, below, -1.0)
        return torch.where(
            across, (-torch.expm1(-upper) - torch.expm1(lower)).log() - math.log(2.0), one_side
        )
    upper, lower = torch.special.log_ndtr(above), torch.special.log_ndtr(below)
    mass: Tensor = upper + torch.log(-torch.expm1(lower - upper))
    return mass


def _log_one_minus_exp(log_width: Tensor) -> Tensor:
    """log(1 - exp(-w)) for w > 0 given as its logarithm; 0 where w is infinite."""
    # For narrow cells 1 - exp(-w) is w (1 - w / 2); there the other branch is kept away from its
    # pole, and the reverse.
    narrow = log_width < math.log(1e-3)
    width = torch.exp(torch.where(narrow, 0.0, log_width.clamp(max=10.0)))
    thin = torch.where(narrow, log_width, 0.0)
    return torch.where(narrow, thin - 0.5 * torch.exp(thin), torch.log(-torch.expm1(-width)))


def _noise(family: Family, uniform: FloatArray) -> FloatArray:
    """Standard values of the family from the first one or two columns of uniform numbers [N, 1 or 2
    or more].
    """
    first = uniform[:, 0]
    if family == "gaussian":
        gaussian: FloatArray = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * uniform[:, 1])
        return gaussian
    if family == "laplacian":
        laplacian: FloatArray = np.where(
            first < 0.5, np.log(2.0 * first), -np.log(2.0 * (1.0 - first))
        )
        return laplacian
    logistic: FloatArray = np.log(first) - np.log1p(-first)
    return logistic


def _index(
    logits: FloatArray, temperatures: FloatArray, uniform: FloatArray
) -> npt.NDArray[np.int64]:
    """Logits [N, Q], temperatures [N], uniform [N] to the index drawn, int64 [N]; the largest
    logit's where the temperature is 0.
    """
    most_probable = logits.argmax(axis=1)
    shifted = logits - logits.max(axis=1, keepdims=True)
    # a tiny temperature sends all but the largest to -inf, which is right
    with np.errstate(over="ignore"):
        weights = np.exp(shifted / np.where(temperatures > 0, temperatures, 1.0)[:, np.newaxis])
    cumulative = weights.cumsum(axis=1)
    drawn = (cumulative <= uniform[:, np.newaxis] * cumulative[:, -1:]).sum(axis=1)
    chosen: npt.NDArray[np.int64] = np.where(temperatures > 0, drawn, most_probable)
    return chosen
