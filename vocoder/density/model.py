"""The interface of every autoregressive model, and the sampling loop that they share.

p(x) is the product over dimensions of p(x_i | x before i, given). A model computes all these
conditionals at once (`forward`), and one after the other when it samples. Sampling is a function of
(seed, index): the uniform numbers of dimension i of sample n are those of index n D + i of
`vocoder.engine.philox`, so a sample depends neither on how many are drawn beside it nor on what is
known of others.

B batch, D dimensions, O outputs per dimension.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from vocoder.density.conditioning import Given
from vocoder.density.distributions import Conditional
from vocoder.engine.philox import uniforms
from vocoder.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a completion keeps.

    Every unknown dimension is drawn from p(x_i | x before i), the known ones among them. So a
    completion is a draw from the exact conditional distribution where what is known comes before
    what is not; elsewhere what is known later does not act on what is drawn earlier.

    Attributes:
        values: of the shape of one x, or [B, *shape] with values of their own for each sample; only
            those that are known are read.
        mask: bool, of the shape of `values`: which are known.
    """

    values: Tensor
    mask: Tensor


class Stepper(Protocol):
    """Computes one conditional at a time, for a batch that is being sampled."""

    def outputs(self, dimension: int) -> Tensor:
        """Parameters of a dimension's conditional, [B, O], once all dimensions before it were
        accepted.
        """

    def accept(self, dimension: int, values: Tensor) -> None:
        """Takes the values [B] of the dimension whose outputs were asked for last, or would have
        been.
        """


class AutoregressiveModel(nn.Module, ABC):
    """A density that is a product of conditionals.

    Attributes:
        shape: of one x: (D,) or (channels, rows, columns).
        distribution: of every conditional.
        given: what the model is conditioned on.
    """

    def __init__(
        self, shape: tuple[int, ...], distribution: Conditional, given: Given | None = None
    ) -> None:
        super().__init__()
        self.shape = shape
        self.distribution = distribution
        self.given = Given() if given is None else given

    @property
    def num_dimensions(self) -> int:
        """D."""
        return math.prod(self.shape)

    @property
    @abstractmethod
    def order(self) -> Tensor:
        """The place of each dimension in the order of generation, int64 [D]: dimension i may depend
        on j where order[j] < order[i].
        """

    @abstractmethod
    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """All conditionals at once.

        Args:
            inputs: float [B, *shape], what `as_input` makes of x.
            given: as `Given` has it.

        Returns:
            [B, *shape, O]: those of a dimension depend on inputs before it alone.
        """

    def as_input(self, x: Tensor) -> Tensor:
        """What the network reads of values, float32 of their shape."""
        return self.distribution.as_input(x)

    def forward(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        """Parameters of every conditional, [B, *shape, O], of x [B, *shape]: codes int64, or real
        numbers. Raises InputError.
        """
        self.check(x, given)
        return self.conditionals(self.as_input(x), given)

    def log_prob(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        """Nats of each dimension, float32 [B, *shape]: log p(x_i | x before i, given). Their sum is
        log p(x | given). Raises InputError.
        """
        return self.distribution.log_prob(self(x, given), x)

    def training_log_prob(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        """What training maximises: `log_prob`, unless a member draws something anew for every
        batch.
        """
        return self.log_prob(x, given)

    def stepper(self, count: int, given: Tensor | None) -> Stepper:
        """How one conditional after the other is computed: here all of them each time, which every
        faster way must agree with.
        """
        return NaiveStepper(self, count, given)

    @torch.no_grad()
    def sample(
        self,
        seed: int,
        count: int,
        given: Tensor | None = None,
        known: Known | None = None,
        *,
        temperature: float = 1.0,
        first: int = 0,
        naive: bool = False,
    ) -> Tensor:
        """Draws x from p(x | given).

        Args:
            seed: 64 bits.
            count: how many.
            given: of each of them, as `Given` has it.
            known: what is kept; the rest is drawn given what is known before it.
            temperature: 1 samples the model; 0 takes each dimension's most probable value.
            first: index of the first one: samples 4 to 7 are `sample(seed, 4, first=4)`, alone or
                after the others.
            naive: compute every conditional anew for each dimension.

        Returns:
            [count, *shape], int64 codes or float32.

        Raises:
            InputError: a condition or known values of another shape or range.
        """
        self.given.check(given, count, self.shape[1:])
        values, mask = self._known(known, count)
        drawn = uniforms(seed, first * self.num_dimensions, count * self.num_dimensions).reshape(
            count, self.num_dimensions, 4
        )
        heat = np.full(count, temperature)
        stepper = NaiveStepper(self, count, given) if naive else self.stepper(count, given)
        for dimension in torch.argsort(self.order).tolist():
            if not bool(mask[:, dimension].all()):
                outputs = stepper.outputs(dimension).double().cpu().numpy()
                fresh = torch.from_numpy(self.distribution.draw(outputs, heat, drawn[:, dimension]))
                values[:, dimension] = torch.where(mask[:, dimension], values[:, dimension], fresh)
            stepper.accept(dimension, values[:, dimension].to(self.device))
        return values.view(count, *self.shape)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    def check(self, x: Tensor, given: Tensor | None) -> None:
        """Raises InputError where x is not [B, *shape] of this model's values, or `given` of
        another kind.
        """
        levels = self.distribution.levels
        if x.dim() != len(self.shape) + 1 or tuple(x.shape[1:]) != self.shape:
            raise InputError(
                (
                    f"x must have the shape [B, {', '.join(map(str, self.shape))}], not "
                    f"{tuple(x.shape)}"
                ),
                field="x",
            )
        if x.is_floating_point() != (levels is None):
            raise InputError(
                (
                    f"x must be {'real numbers' if levels is None else f'codes 0..{levels - 1}'}, "
                    f"not {x.dtype}"
                ),
                field="x",
            )
        if levels is not None and x.numel() and (int(x.min()) < 0 or int(x.max()) >= levels):
            raise InputError(f"codes lie in 0..{levels - 1}", field="x")
        self.given.check(given, len(x), self.shape[1:])

    def _known(self, known: Known | None, count: int) -> tuple[Tensor, Tensor]:
        """Values [count, D], 0 where unknown, and which are known, bool [count, D]."""
        dtype = torch.float32 if self.distribution.levels is None else torch.int64
        if known is None:
            return torch.zeros(count, self.num_dimensions, dtype=dtype), torch.zeros(
                count, self.num_dimensions, dtype=torch.bool
            )
        if known.values.shape != known.mask.shape or known.mask.dtype != torch.bool:
            raise InputError("known values need a bool mask of their shape", field="known")
        if tuple(known.values.shape) not in (self.shape, (count, *self.shape)):
            raise InputError(
                (
                    f"known values have the shape {self.shape} or {(count, *self.shape)}, not "
                    f"{tuple(known.values.shape)}"
                ),
                field="known",
            )
        mask = known.mask.expand(count, *self.shape)
        values = torch.where(
            mask, known.values.expand(count, *self.shape), torch.zeros((), dtype=known.values.dtype)
        )
        levels = self.distribution.levels
        fits = (
            values.is_floating_point()
            if levels is None
            else not values.is_floating_point() and bool(((values >= 0) & (values < levels)).all())
        )
        if not fits:
            raise InputError(
                (
                    f"known values must be "
                    f"{'real numbers' if levels is None else f'codes 0..{levels - 1}'}"
                ),
                field="known",
            )
        return values.reshape(count, -1).to(dtype).clone(), mask.reshape(count, -1)


class NaiveStepper:
    """Runs the whole model for every dimension."""

    def __init__(self, model: AutoregressiveModel, count: int, given: Tensor | None) -> None:
        self.model = model
        self.condition = given
        levels = model.distribution.levels
        self.x = torch.zeros(
            count,
            model.num_dimensions,
            dtype=torch.float32 if levels is None else torch.int64,
            device=model.device,
        )

    def outputs(self, dimension: int) -> Tensor:
        """As `Stepper.outputs`."""
        x = self.x.view(len(self.x), *self.model.shape)
        parameters: Tensor = self.model(x, self.condition).reshape(
            len(x), self.model.num_dimensions, -1
        )
        return parameters[:, dimension]

    def accept(self, dimension: int, values: Tensor) -> None:
        """As `Stepper.accept`."""
        self.x[:, dimension] = values


def may_depend(order: Tensor) -> Tensor:
    """Which dimension may depend on which, bool [D, D], of an order: row i, column j is whether i
    comes after j.
    """
    return order.unsqueeze(1) > order.unsqueeze(0)
