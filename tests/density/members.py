"""Every member of the family, small, with weights loud enough that a dependency shows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vocoder.density.autoencoder import PixelCnnAutoencoder
from vocoder.density.conditioning import Given
from vocoder.density.diagonal_bilstm import DiagonalBiLstm
from vocoder.density.distributions import Bernoulli, Categorical, Conditional, Gaussian, Mixture
from vocoder.density.fvsbn import Fvsbn
from vocoder.density.gated_pixel_cnn import GatedPixelCnn
from vocoder.density.made import AutoregressiveAutoencoder, Made
from vocoder.density.model import AutoregressiveModel
from vocoder.density.nade import Nade, Rnade
from vocoder.density.pixel_cnn import PixelCnn
from vocoder.density.row_lstm import RowLstm

Shape = tuple[int, int, int]
Build = Callable[[Shape, Conditional, Given | None], AutoregressiveModel]
# an order that is neither the natural one nor its own inverse
BACKWARDS_AND_FORTH = (
    7,
    0,
    4,
    8,
    2,
    6,
    1,
    5,
    3,
)


def size(shape: Shape) -> int:
    return shape[0] * shape[1] * shape[2]


def shuffled(shape: Shape) -> Tensor:
    return (
        torch.tensor(BACKWARDS_AND_FORTH) if size(shape) == 9 else torch.arange(size(shape)).flip(0)
    )


def full(shape: Shape) -> Tensor:
    return torch.ones(size(shape), size(shape), dtype=torch.bool).tril(-1)


MEMBERS: dict[str, Build] = {
    "fvsbn": lambda shape, each, given: Fvsbn(size(shape), distribution=each, given=given),
    "fvsbn, other order": lambda shape, each, given: Fvsbn(
        size(shape), distribution=each, given=given, order=shuffled(shape)
    ),
    "nade": lambda shape, each, given: Nade(size(shape), 12, distribution=each, given=given),
    "nade, other order": lambda shape, each, given: Nade(
        size(shape), 12, distribution=each, given=given, order=shuffled(shape)
    ),
    "autoencoder": lambda shape, each, given: AutoregressiveAutoencoder(
        full(shape), (20, 20), distribution=each, given=given
    ),
    "made": lambda shape, each, given: Made(size(shape), (30, 30), distribution=each, given=given),
    "made, random order": lambda shape, each, given: Made(
        size(shape), (30,), distribution=each, given=given, natural=False, seed=3
    ),
    "pixel-cnn": lambda shape, each, given: PixelCnn(
        shape, features=6, blocks=2, distribution=each, given=given
    ),
    "row-lstm": lambda shape, each, given: RowLstm(
        shape, features=6, layers=2, distribution=each, given=given
    ),
    "diagonal-bilstm": lambda shape, each, given: DiagonalBiLstm(
        shape, features=6, layers=2, distribution=each, given=given
    ),
    "diagonal-bilstm, whole": lambda shape, each, given: DiagonalBiLstm(
        shape, features=6, layers=2, whole_context=True, distribution=each, given=given
    ),
    "gated-pixel-cnn": lambda shape, each, given: GatedPixelCnn(
        shape, features=6, layers=3, distribution=each, given=given
    ),
}
IMAGES = ("pixel-cnn", "row-lstm", "diagonal-bilstm", "diagonal-bilstm, whole", "gated-pixel-cnn")
DISTRIBUTIONS: dict[str, Callable[[], Conditional]] = {
    "bernoulli": Bernoulli,
    "softmax": lambda: Categorical(5),
    "gaussian": Gaussian,
    "discretised gaussian": lambda: Gaussian(levels=5),
    **{
        f"mixture of {family}s": lambda family=family: Mixture(family, 3)
        for family in ("gaussian", "laplacian", "logistic")
    },
    **{
        f"discretised mixture of {family}s": lambda family=family: Mixture(family, 3, levels=5)
        for family in ("gaussian", "laplacian", "logistic")
    },
}


def loud(model: AutoregressiveModel, seed: int = 0, scale: float = 0.5) -> AutoregressiveModel:
    """The model with random weights: one that begins at 0 would pass many a law without keeping
    it.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
    return model.requires_grad_(False).eval()


def member(
    name: str,
    shape: Shape = (1, 3, 3),
    distribution: str = "bernoulli",
    given: Given | None = None,
    seed: int = 0,
) -> AutoregressiveModel:
    return loud(MEMBERS[name](shape, DISTRIBUTIONS[distribution](), given), seed)


def mixture_of_orderings(dimensions: int = 9, orderings: int = 3, seed: int = 0) -> Made:
    made = Made(dimensions, (20,), orderings=orderings, seed=1)
    loud(made, seed)
    return made


def autoencoder(shape: Shape = (1, 3, 3), seed: int = 0) -> PixelCnnAutoencoder:
    decoder = GatedPixelCnn(shape, features=6, layers=2, given=Given(kind="vector", size=3))
    found = PixelCnnAutoencoder(decoder, features=4)
    loud(found, seed)
    return found


def rnade(family: str = "gaussian", dimensions: int = 6) -> Rnade:
    found = Rnade(dimensions, 10, distribution=Mixture(family, 3))  # type: ignore[arg-type]
    loud(found, 2, 0.2)
    return found


def every_binary(shape: tuple[int, ...]) -> Tensor:
    """All binary x, int64 [2^D, *shape]."""
    count = torch.Size(shape).numel()
    return (torch.arange(2**count).unsqueeze(1) >> torch.arange(count) & 1).view(-1, *shape)


def joint(model: AutoregressiveModel, x: Tensor, given: Tensor | None = None) -> Tensor:
    """p(x), float64 [B]."""
    return model.log_prob(x, given).double().flatten(1).sum(1).exp()


def number_of(x: Tensor) -> Tensor:
    """Where binary x stands in `every_binary`, int64 [B]."""
    flat = x.flatten(1)
    return (flat << torch.arange(flat.shape[1])).sum(1)


def assert_drawn_as_probable(counts: Tensor, expected: Tensor) -> None:
    """Chi-square; states expected less than five times are taken together. Its mean is the degrees
    of freedom, its variance twice that.
    """
    total = counts.sum()
    likely = expected * total >= 5
    assert likely.sum() >= 5
    wanted = torch.cat([expected[likely] * total, (expected[~likely].sum() * total).view(1)])
    found = torch.cat([counts[likely], counts[~likely].sum().view(1)]).double()
    kept = wanted >= 1
    statistic = ((found - wanted)[kept] ** 2 / wanted[kept]).sum()
    freedom = int(kept.sum()) - 1
    assert statistic < freedom + 4.0 * (2.0 * freedom) ** 0.5
    assert found[~kept].sum() <= 3
