"""Autoregressive autoencoders: a feed-forward network whose masks keep every output from seeing
what it may not depend on.

AutoregressiveAutoencoder   for any order of dependence (an adjacency); Bengio and Bengio 2000,
                            "Modeling high-dimensional discrete data with multi-layer neural
                            networks", is the one whose hidden units belong to one dimension each
Made                        Germain et al. 2015 (arXiv 1502.03509): every hidden unit has a random
                            degree (equations 8 to 12), several orderings share one set of weights
                            (section 4.1), and their densities are averaged

B batch, D dimensions, H hidden units, K orderings, O outputs per dimension.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.density.conditioning import Given, VectorCondition
from vocoder.density.distributions import Bernoulli, Conditional
from vocoder.density.masked import MaskedLinear
from vocoder.density.model import AutoregressiveModel, Known, may_depend
from vocoder.engine.philox import philox4x32
from vocoder.errors import ConfigError

# third word of the counter, where the ordering of a sample is drawn; its values are drawn where
# that word is 0
ORDERING_WORD = 1


class _MaskedNetwork(AutoregressiveModel):
    """Rectified hidden layers between masks, and connections from inputs to outputs beside them
    (MADE, equation 13).
    """

    orders: Tensor

    def __init__(
        self,
        masks: Sequence[Tensor],
        direct: Tensor,
        orders: Tensor,
        distribution: Conditional | None,
        given: Given | None,
        *,
        conditioned_on_masks: bool,
    ) -> None:
        """The masks of all layers.

        Args:
            masks: bool [K, outputs, inputs] of each layer; those of the last have D rows.
            direct: bool [K, D, D], which output may see which input.
            orders: int64 [K, D].
            distribution: of each dimension; Bernoulli by default.
            given: a class or a vector.
            conditioned_on_masks: as `MaskedLinear`, for hidden layers.
        """
        super().__init__(
            (direct.shape[-1],), Bernoulli() if distribution is None else distribution, given
        )
        outputs = self.distribution.num_outputs
        self.register_buffer("orders", orders)
        self.layers = nn.ModuleList(
            MaskedLinear(mask, conditioned_on_mask=conditioned_on_masks) for mask in masks[:-1]
        )
        self.last = MaskedLinear(masks[-1].repeat_interleave(outputs, dim=1))
        self.direct = MaskedLinear(direct.repeat_interleave(outputs, dim=1))
        # it begins near the independent model: loud hidden units learn small data by heart
        with torch.no_grad():
            self.direct.weight.mul_(0.1)
            self.last.weight.mul_(0.1)
        self.condition = VectorCondition(
            self.given, masks[0].shape[1] if len(masks) > 1 else self.num_dimensions * outputs
        )

    @property
    def order(self) -> Tensor:
        """As `AutoregressiveModel.order`; of several orderings the first."""
        return self.orders[0]

    def conditionals(
        self, inputs: Tensor, given: Tensor | None = None, *, which: int = 0
    ) -> Tensor:
        """As `AutoregressiveModel.conditionals`, in ordering `which`."""
        condition = self.condition(given).to(inputs)
        hidden = inputs
        for index, layer in enumerate(self.layers):
            sums = layer(hidden, which)
            hidden = functional.relu(sums + condition if index == 0 else sums)
        outputs: Tensor = self.last(hidden, which) + self.direct(inputs, which)
        if not self.layers:
            outputs = outputs + condition
        return outputs.view(len(inputs), self.num_dimensions, -1)


class AutoregressiveAutoencoder(_MaskedNetwork):
    """Masked layers for any adjacency: dimension i depends on exactly those j where `adjacency[i,
    j]`.

    Every hidden unit is given the dependencies of one dimension, and sees units and inputs whose
    own dependencies are among them.
    """

    def __init__(
        self,
        adjacency: Tensor,
        hidden: Sequence[int] = (),
        *,
        distribution: Conditional | None = None,
        given: Given | None = None,
    ) -> None:
        """Sizes.

        Args:
            adjacency: bool [D, D], row i the dimensions that i depends on; without a circle.
            hidden: H of each hidden layer.
            distribution: of each dimension; Bernoulli by default.
            given: a class or a vector.

        Raises:
            ConfigError: the adjacency is no square, or has a circle.
        """
        orders = order_of(adjacency).unsqueeze(0)
        rows = torch.unique(adjacency, dim=0)
        rows = rows[rows.any(1)] if bool(adjacency.any()) else rows
        # The inputs' own sets are themselves: whoever may see input j may see what depends on j
        # alone.
        seen = torch.eye(len(adjacency), dtype=torch.bool)
        masks = []
        for size in hidden:
            units = rows[torch.arange(size) % len(rows)]
            masks.append(_within(seen, units).unsqueeze(0))
            seen = units
        masks.append(_within(seen, adjacency).unsqueeze(0))
        super().__init__(
            masks, adjacency.unsqueeze(0), orders, distribution, given, conditioned_on_masks=False
        )


class Made(_MaskedNetwork):
    """MADE. With several orderings p(x) is the mean of their densities; one answer for one x,
    however often it is asked for.
    """

    def __init__(
        self,
        dimensions: int,
        hidden: Sequence[int] = (500,),
        *,
        orderings: int = 1,
        seed: int = 0,
        distribution: Conditional | None = None,
        given: Given | None = None,
        natural: bool = True,
        same_order: bool = False,
    ) -> None:
        """Sizes.

        Args:
            dimensions: D, at least 2.
            hidden: H of each hidden layer.
            orderings: K; each has masks of its own.
            seed: of orderings and masks.
            distribution: of each dimension; Bernoulli by default.
            given: a class or a vector.
            natural: whether the first ordering is 0, 1, 2 ...
            same_order: whether all K have the first one's order, and differ in which unit sees what
                alone: connectivity-agnostic (section 4.2).

        Raises:
            ConfigError: less than two dimensions.
        """
        if dimensions < 2:
            raise ConfigError("MADE needs at least two dimensions")
        orders: list[Tensor] = []
        layers: list[list[Tensor]] = []
        for which in range(orderings):
            generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, which]))
            places = (
                np.arange(dimensions)
                if natural and which == 0
                else generator.permutation(dimensions)
            )
            if same_order and orders:
                places = orders[0].numpy()
            orders.append(torch.from_numpy(places))
            # Degrees 1..D-1 as in the paper: a unit of degree d sees the first d dimensions of the
            # ordering.
            degrees = torch.from_numpy(places) + 1
            masks = []
            for size in hidden:
                lowest = min(int(degrees.min()), dimensions - 1)
                units = torch.from_numpy(generator.integers(lowest, dimensions, size))
                masks.append(units.unsqueeze(1) >= degrees)
                degrees = units
            masks.append(torch.from_numpy(places + 1).unsqueeze(1) > degrees)
            layers.append(masks)
        stacked = [
            torch.stack([masks[layer] for masks in layers]) for layer in range(len(hidden) + 1)
        ]
        direct = torch.stack([may_depend(order) for order in orders])
        super().__init__(
            stacked,
            direct,
            torch.stack(orders),
            distribution,
            given,
            conditioned_on_masks=orderings > 1,
        )

    @property
    def num_orderings(self) -> int:
        """K."""
        return len(self.orders)

    def ordering_log_prob(self, which: int, x: Tensor, given: Tensor | None = None) -> Tensor:
        """Nats of each dimension in one ordering, [B, D]."""
        self.check(x, given)
        return self.distribution.log_prob(
            self.conditionals(self.as_input(x), given, which=which), x
        )

    def training_log_prob(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        """Of one ordering, drawn anew for each batch from torch's generator: order-agnostic
        training (section 4.1).
        """
        return self.ordering_log_prob(int(torch.randint(self.num_orderings, ())), x, given)

    def log_prob(self, x: Tensor, given: Tensor | None = None) -> Tensor:
        """Nats, [B, D], whose sum is log p(x).

        Of several orderings: the logarithm of the mean of their densities. A mean of densities is
        no product over one order, so a dimension's share is by convention the mean of its nats
        weighed with each ordering's posterior, and an even part of the rest.
        """
        if self.num_orderings == 1:
            return super().log_prob(x, given)
        each = torch.stack(
            [self.ordering_log_prob(which, x, given) for which in range(self.num_orderings)]
        )
        joint = each.sum(-1)
        total = torch.logsumexp(joint, dim=0) - math.log(self.num_orderings)
        shares = (torch.softmax(joint, dim=0).unsqueeze(-1) * each).sum(0)
        return shares + ((total - shares.sum(-1)) / self.num_dimensions).unsqueeze(-1)

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
        """As `AutoregressiveModel.sample`. Each sample's ordering is drawn first, whatever is
        known.
        """
        if self.num_orderings == 1:
            return super().sample(
                seed, count, given, known, temperature=temperature, first=first, naive=naive
            )
        drawn = self.orderings_of(seed, count, first)
        found = torch.empty(0)
        for which in sorted(set(drawn.tolist())):
            one = _InOrdering(self, which)
            whole = one.sample(seed, count, given, known, temperature=temperature, first=first)
            rows = (drawn == which).view(-1, 1)
            found = torch.where(rows, whole, found) if found.numel() else whole
        return found

    def orderings_of(self, seed: int, count: int, first: int = 0) -> Tensor:
        """The ordering that each sample is drawn in, int64 [count]."""
        counter = np.zeros((count, 4), np.uint32)
        counter[:, 0] = np.arange(first, first + count)
        counter[:, 2] = ORDERING_WORD
        words = philox4x32(counter, (seed & 0xFFFF_FFFF, seed >> 32))[:, 0].astype(np.uint64)
        return torch.from_numpy(
            (words * np.uint64(self.num_orderings) >> np.uint64(32)).astype(np.int64)
        )


class _InOrdering(AutoregressiveModel):
    """One ordering of several, as a model of its own that shares the weights."""

    def __init__(self, made: Made, which: int) -> None:
        super().__init__(made.shape, made.distribution, made.given)
        self.made = made
        self.which = which

    @property
    def order(self) -> Tensor:
        """As `AutoregressiveModel.order`."""
        return self.made.orders[self.which]

    def conditionals(self, inputs: Tensor, given: Tensor | None = None) -> Tensor:
        """As `AutoregressiveModel.conditionals`."""
        return self.made.conditionals(inputs, given, which=self.which)


def order_of(adjacency: Tensor) -> Tensor:
    """An order in which every dimension comes after those it depends on, int64 [D]; the natural one
    where that will do.

    Args:
        adjacency: bool [D, D], row i the dimensions that i depends on.

    Raises:
        ConfigError: no square, or a circle.
    """
    if adjacency.dim() != 2 or adjacency.shape[0] != adjacency.shape[1]:
        raise ConfigError(f"an adjacency is square, not {tuple(adjacency.shape)}")
    if not bool(adjacency.triu().any()):
        return torch.arange(len(adjacency))
    graph = {
        row: [column for column in range(len(adjacency)) if adjacency[row, column]]
        for row in range(len(adjacency))
    }
    try:
        walk = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ConfigError(
            "dimensions of this adjacency depend on each other in a circle"
        ) from error
    return torch.argsort(torch.tensor(walk))


def _within(parts: Tensor, wholes: Tensor) -> Tensor:
    """Which of the sets `parts` [M, D] lie within which of `wholes` [N, D], bool [N, M]."""
    return (parts.float() @ (~wholes).float().T == 0).T
