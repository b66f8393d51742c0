"""Which dimensions the conditional of another depends on, by backpropagation."""

from __future__ import annotations

import torch
from torch import Tensor

from vocoder.density.model import AutoregressiveModel


def receptive_field(
    model: AutoregressiveModel, dimension: int, inputs: Tensor, given: Tensor | None = None
) -> Tensor:
    """The size of the gradient of one dimension's conditional with respect to every input.

    A dependency whose gradient happens to be 0 is not seen, so weights must be random or trained,
    and inputs not all alike.

    Args:
        model: whose.
        dimension: index in the flattened x.
        inputs: float [B, *shape]; gradients are summed over the batch. In float64 where the model's
            weights are.
        given: as the model wants it.

    Returns:
        [*shape], 0 where the conditional does not depend on an input.
    """
    leaf = inputs.detach().clone().requires_grad_(True)
    outputs = model.conditionals(leaf, given).reshape(len(leaf), model.num_dimensions, -1)
    total = torch.zeros_like(leaf)
    for output in outputs[:, dimension].unbind(-1):
        (gradient,) = torch.autograd.grad(output.sum(), leaf, retain_graph=True)
        total += gradient.abs()
    return total.sum(0)
