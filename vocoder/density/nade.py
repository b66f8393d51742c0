"""NADE and RNADE: one hidden layer for each dimension, all of which share their weights.

NADE    Larochelle and Murray 2011, "The neural autoregressive distribution estimator", equations 3
        and 4
RNADE   Uria, Murray and Larochelle 2013 (arXiv 1306.0186), equations 8 to 13: real numbers,
        mixtures, rectified units that are rescaled

Dimension i's hidden units are those of i-1 with one input more, so the sums before the nonlinearity
are updated and never computed again: O(DH) for a sample where O(D^2 H) would be needed. Scoring
takes dimensions in blocks of `BLOCK`: sums up to the block's beginning are carried on, within it
they are one matrix product.

B batch, D dimensions, H hidden units, O outputs per dimension.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.conditioning import Given, VectorCondition
from vocoder.density.distributions import Bernoulli, Conditional, Mixture
from vocoder.density.model import AutoregressiveModel, Stepper
from vocoder.errors import ConfigError

# dimensions scored at once: the product over a block costs BLOCK multiplications for each hidden
# unit, and hides the loop
BLOCK = 16


class Nade(AutoregressiveModel):
    """p(x_i | x before i) from V_i h_i + b_i, h_i = sigmoid(c + W_{before i} x_{before i})."""

    _order: Tensor

    def __init__(
        self,
        dimensions: int,
        hidden: int,
        *,
        distribution: Conditional | None = None,
        given: Given | None = None,
        order: Tensor | None = None,
        activation: Literal["sigmoid", "relu"] = "sigmoid",
        rescaled: bool = False,
    ) -> None:
        """Sizes.

        Args:
            dimensions: D.
            hidden: H.
            distribution: of each dimension; Bernoulli by default.
            given: a class or a vector.
            order: place of each dimension, a permutation int64 [D]; the natural one by default.
            activation: of the hidden units.
            rescaled: multiply the sums of dimension i by a learnt number, since they grow with i
                (RNADE, equation 9).
        """
        super().__init__(
            (dimensions,), Bernoulli() if distribution is None else distribution, given
        )
        if activation not in ("sigmoid", "relu"):
            raise ConfigError(f"hidden units are sigmoid or relu, not {activation!r}")
        self.activation = activation
        self.register_buffer("_order", torch.arange(dimensions) if order is None else order.clone())
        # Rows are in the order of generation.
        self.encoder = nn.Parameter(torch.randn(dimensions, hidden) / math.sqrt(dimensions))
        self.hidden_bias = nn.Parameter(torch.zeros(hidden))
        self.decoder = nn.Parameter(
            torch.randn(dimensions, hidden, self.distribution.num_outputs) / math.sqrt(hidden)
        )
        self.bias = nn.Parameter(torch.randn(dimensions, self.distribution.num_outputs) * 0.1)
        self.condition = VectorCondition(self.given, hidden)
        self.scales = nn.Parameter((1.0 + torch.arange(dimensions)).rsqrt()) if rescaled else None

    @property
    def order(self) -> Tensor:
        """As `AutoregressiveModel.order`."""
        return self._order

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        walk = torch.argsort(self.order)
        ordered = inputs[:, walk]
        sums = self.begin(len(inputs), given).to(inputs)
        outputs = []
        for start in range(0, self.num_dimensions, BLOCK):
            part = slice(start, start + BLOCK)
            block, weights = ordered[:, part], self.encoder[part]
            # Row i of the triangle holds the inputs of this block before i.
            triangle = block.unsqueeze(1).expand(-1, block.shape[1], -1).tril(-1)
            outputs.append(self.decode(part, sums.unsqueeze(1) + triangle @ weights))
            sums = sums + block @ weights
        found = torch.cat(outputs, dim=1)
        return found[:, self.order]

    def begin(self, count: int, given: Tensor | None) -> Tensor:
        """The sums before the first dimension, [count, H]."""
        condition = self.condition(given).to(self.hidden_bias)
        sums: Tensor = (self.hidden_bias + condition).expand(count, -1)
        return sums

    def decode(self, part: slice, sums: Tensor) -> Tensor:
        """Outputs [B, N, O] of the N dimensions of `part`, in the order of generation, from their
        sums [B, N, H].
        """
        if self.scales is not None:
            sums = sums * self.scales[part].unsqueeze(1)
        hidden = torch.sigmoid(sums) if self.activation == "sigmoid" else functional.relu(sums)
        return (
            torch.bmm(hidden.transpose(0, 1), self.decoder[part]).transpose(0, 1) + self.bias[part]
        )

    def stepper(self, count: int, given: Tensor | None) -> Stepper:
        """Each value adds one row of the weights to the sums."""
        return _NadeStepper(self, count, given)


class Rnade(Nade):
    """NADE of real numbers: mixtures, rectified units, rescaled sums."""

    def __init__(
        self,
        dimensions: int,
        hidden: int,
        *,
        distribution: Mixture | None = None,
        given: Given | None = None,
        order: Tensor | None = None,
        activation: Literal["sigmoid", "relu"] = "relu",
    ) -> None:
        """As `Nade`; the distribution is a mixture of Gaussians, Laplacians or logistics, of 10
        Gaussians by default.
        """
        super().__init__(
            dimensions,
            hidden,
            distribution=Mixture("gaussian", 10) if distribution is None else distribution,
            given=given,
            order=order,
            activation=activation,
            rescaled=True,
        )
        components = self.distribution.num_outputs // 3
        if components > 1:  # means begin apart: equal components would stay equal
            with torch.no_grad():
                self.bias[:, components : 2 * components] = torch.linspace(-1.0, 1.0, components)


class _NadeStepper:
    def __init__(self, model: Nade, count: int, given: Tensor | None) -> None:
        self.model = model
        self.order = model.order.tolist()
        self.sums = model.begin(count, given).clone()

    def outputs(self, dimension: int) -> Tensor:
        """As `Stepper.outputs`."""
        place = self.order[dimension]
        return self.model.decode(slice(place, place + 1), self.sums.unsqueeze(1)).squeeze(1)

    def accept(self, dimension: int, values: Tensor) -> None:
        """As `Stepper.accept`: O(H)."""
        self.sums.addr_(
            self.model.as_input(values).to(self.sums), self.model.encoder[self.order[dimension]]
        )
