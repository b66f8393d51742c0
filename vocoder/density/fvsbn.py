"""FVSBN, the fully visible sigmoid belief network: every dimension is a logistic regression on
those before it.

Neal 1992, "Connectionist learning of belief networks"; Frey, Hinton and Dayan 1995, "Does the
wake-sleep algorithm produce good density estimators?"; Gan et al. 2015 (JMLR W&CP 38), equation 1.
With real numbers and several outputs for each dimension it is RNADE without a hidden layer.

B batch, D dimensions, O outputs per dimension.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.conditioning import Given, VectorCondition
from vocoder.density.distributions import Bernoulli, Conditional
from vocoder.density.model import AutoregressiveModel, Stepper, may_depend


class Fvsbn(AutoregressiveModel):
    """p(x_i = 1 | x before i) = sigmoid(b_i + sum over j before i of W_ij x_j)."""

    _order: Tensor
    mask: Tensor

    def __init__(
        self,
        dimensions: int,
        *,
        distribution: Conditional | None = None,
        given: Given | None = None,
        order: Tensor | None = None,
    ) -> None:
        """Sizes.

        Args:
            dimensions: D.
            distribution: of each dimension; Bernoulli by default.
            given: a class or a vector.
            order: place of each dimension, a permutation int64 [D]; the natural one by default.
        """
        super().__init__(
            (dimensions,), Bernoulli() if distribution is None else distribution, given
        )
        self.register_buffer("_order", torch.arange(dimensions) if order is None else order.clone())
        self.outputs = self.distribution.num_outputs
        mask = may_depend(self.order).unsqueeze(1).expand(-1, self.outputs, -1).flatten(0, 1)
        self.register_buffer("mask", mask, persistent=False)
        self.weight = nn.Parameter(
            torch.randn(dimensions * self.outputs, dimensions) * (0.1 / math.sqrt(dimensions))
        )
        self.bias = nn.Parameter(torch.randn(dimensions * self.outputs) * 0.1)
        self.condition = VectorCondition(self.given, dimensions * self.outputs)

    @property
    def order(self) -> Tensor:
        """As `AutoregressiveModel.order`."""
        return self._order

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        sums = functional.linear(inputs, self.weight * self.mask, self.bias) + self.condition(
            given
        ).to(inputs)
        outputs: Tensor = sums.view(len(inputs), self.num_dimensions, self.outputs)
        return outputs

    def stepper(self, count: int, given: Tensor | None) -> Stepper:
        """Each value adds one column of the weights."""
        return _FvsbnStepper(self, count, given)


class _FvsbnStepper:
    def __init__(self, model: Fvsbn, count: int, given: Tensor | None) -> None:
        self.model = model
        self.columns = (model.weight * model.mask).T.contiguous()
        self.sums = (model.bias + model.condition(given).to(model.bias)).expand(count, -1).clone()

    def outputs(self, dimension: int) -> Tensor:
        """As `Stepper.outputs`."""
        start = dimension * self.model.outputs
        outputs: Tensor = self.sums[:, start : start + self.model.outputs]
        return outputs

    def accept(self, dimension: int, values: Tensor) -> None:
        """As `Stepper.accept`."""
        self.sums.addr_(self.model.as_input(values).to(self.sums), self.columns[dimension])
