"""The conditional distributions: exact masses, densities that they tend to, draws, and learning at
the extremes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from torch import Tensor

from tests.density.members import DISTRIBUTIONS
from vocoder.density.distributions import (
    Bernoulli,
    Categorical,
    Conditional,
    Family,
    Gaussian,
    Mixture,
)
from vocoder.engine.philox import uniforms
from vocoder.errors import ConfigError

FAMILIES: tuple[Family, ...] = ("gaussian", "laplacian", "logistic")
STANDARD: dict[str, Any] = {
    "gaussian": scipy.stats.norm,
    "laplacian": scipy.stats.laplace,
    "logistic": scipy.stats.logistic,
}
DISCRETE = [name for name in DISTRIBUTIONS if DISTRIBUTIONS[name]().levels is not None]
CONTINUOUS = [name for name in DISTRIBUTIONS if DISTRIBUTIONS[name]().levels is None]


def random_outputs(
    distribution: Conditional, rows: int, seed: int = 1, scale: float = 1.0
) -> Tensor:
    return (
        torch.randn(rows, distribution.num_outputs, generator=torch.Generator().manual_seed(seed))
        * scale
    )


def every_code(distribution: Conditional, outputs: Tensor) -> Tensor:
    """Log-probability of each code under each row of outputs, [N, Q]."""
    assert distribution.levels is not None
    codes = torch.arange(distribution.levels).expand(len(outputs), -1)
    return distribution.log_prob(outputs.unsqueeze(1).expand(-1, distribution.levels, -1), codes)


@pytest.mark.parametrize("name", DISCRETE)
def test_the_probabilities_of_all_codes_sum_to_one(name: str) -> None:
    distribution = DISTRIBUTIONS[name]()
    sums = (
        every_code(distribution, random_outputs(distribution, 200, scale=2.0))
        .double()
        .exp()
        .sum(-1)
    )
    torch.testing.assert_close(sums, torch.ones(200, dtype=torch.float64), rtol=0, atol=3e-6)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("levels", [2, 256, 65_536])
def test_many_or_few_levels_sum_to_one_too(family: Family, levels: int) -> None:
    distribution = Mixture(family, 2, levels=levels)
    sums = (
        every_code(distribution, random_outputs(distribution, 4, scale=1.5)).double().exp().sum(-1)
    )
    torch.testing.assert_close(sums, torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_density_integrates_to_one(name: str) -> None:
    distribution = DISTRIBUTIONS[name]()
    outputs = random_outputs(distribution, 5, scale=0.7)
    places = torch.linspace(-60.0, 60.0, 400_001)
    for row in outputs:
        density = distribution.log_prob(row.expand(len(places), -1), places).exp().double()
        assert float(
            scipy.integrate.trapezoid(density.numpy(), places.double().numpy())
        ) == pytest.approx(1.0, abs=2e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_density_is_that_of_the_textbook(family: Family) -> None:
    mean, scale = 0.3, 0.7
    distribution = Mixture(family, 1)
    values = torch.linspace(-4.0, 4.0, 17)
    found = distribution.log_prob(torch.tensor([0.4, mean, math.log(scale)]).expand(17, -1), values)
    np.testing.assert_allclose(
        found.numpy(), STANDARD[family].logpdf(values.numpy(), mean, scale), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_a_mass_is_that_of_the_textbook_far_into_both_tails(family: Family) -> None:
    """A floor under the mass, or the difference of two numbers near 1, would be nats away: float32
    cannot tell 1 - 1e-8 from 1.
    """
    levels, mean, scale = 9, 0.1, 0.05
    found = every_code(
        Mixture(family, 1, levels=levels), torch.tensor([[0.0, mean, math.log(scale)]])
    )[0]
    edges = np.array([-np.inf, *(np.arange(1, levels) * 0.25 - 1.125), np.inf])
    standard = STANDARD[family](mean, scale)
    above = edges[:-1] > mean  # there the survival function keeps the digits
    lower = np.where(above, standard.sf(edges[1:]), standard.cdf(edges[:-1]))
    upper = np.where(above, standard.sf(edges[:-1]), standard.cdf(edges[1:]))
    np.testing.assert_allclose(found.numpy(), np.log(upper - lower), rtol=2e-6, atol=2e-6)
    assert float(found.min()) < -17


@pytest.mark.parametrize("family", FAMILIES)
def test_masses_tend_to_the_density(family: Family) -> None:
    """What compares real numbers with codes: log mass is log density plus the log of a cell's
    width, the finer the grid the nearer.
    """
    levels = 65_537
    codes = torch.tensor([20_000, 32_768, 50_000])
    outputs = random_outputs(Mixture(family, 3), 3, seed=4, scale=0.5)
    masses = Mixture(family, 3, levels=levels).log_prob(outputs, codes)
    density = Mixture(family, 3).log_prob(outputs, codes * (2.0 / (levels - 1)) - 1.0)
    torch.testing.assert_close(masses - math.log(2.0 / (levels - 1)), density, rtol=0, atol=2e-4)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("levels", [2, 256, 65_536])
def test_the_narrowest_component_puts_all_its_mass_on_one_code_whatever_the_step(
    family: Family, levels: int
) -> None:
    code = levels // 2
    mean = 2.0 * code / (levels - 1) - 1.0
    distribution = Mixture(family, 1, levels=levels)
    found = every_code(distribution, torch.tensor([[0.0, mean, -1000.0]], dtype=torch.float64))[
        0
    ].exp()
    assert float(found[code]) > 0.999
    assert float(found.sum()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_absurd_outputs_stay_finite(name: str) -> None:
    distribution = DISTRIBUTIONS[name]()
    outputs = random_outputs(distribution, 50, seed=2, scale=30.0).requires_grad_(True)
    values = (
        torch.zeros(50) if distribution.levels is None else torch.arange(50) % distribution.levels
    )
    found = distribution.log_prob(outputs, values)
    assert torch.isfinite(found).all()
    found.sum().backward()
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("name", [name for name in DISCRETE if "discretised" in name])
def test_a_mean_that_is_far_away_is_drawn_towards_the_code(name: str) -> None:
    """Also from where float32 has no probability left; and from the outermost codes, whose cells
    reach to infinity.
    """
    distribution = DISTRIBUTIONS[name]()
    assert distribution.levels is not None
    codes = torch.tensor([0, distribution.levels - 1, 2])
    outputs = torch.zeros(3, distribution.num_outputs)
    means = slice(0, 1) if distribution.num_outputs == 2 else slice(3, 6)
    outputs[:, means] = torch.tensor([[40.0], [-40.0], [40.0]])
    outputs.requires_grad_(True)
    distribution.log_prob(outputs, codes).sum().backward()
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()
    assert (outputs.grad[:, means].sum(-1) * torch.tensor([-1.0, 1.0, -1.0]) > 0).all()


@pytest.mark.parametrize("name", DISCRETE)
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_codes_are_drawn_as_often_as_they_are_probable(name: str, temperature: float) -> None:
    distribution = DISTRIBUTIONS[name]()
    outputs = random_outputs(distribution, 1, seed=3)
    count = 40_000
    drawn = distribution.draw(
        outputs.double().expand(count, -1).numpy(),
        np.full(count, temperature),
        uniforms(5, 0, count),
    )
    colder = outputs.clone()
    if distribution.num_outputs != 2:  # logits
        colder[:, : 3 if "mixture" in name else None] /= temperature
    if "discretised" in name:
        colder[:, -1 if distribution.num_outputs == 2 else slice(-3, None)] += math.log(temperature)
    expected = (
        every_code(distribution, colder).double().exp()[0].numpy()
        if distribution.num_outputs > 1
        else _bernoulli(colder)
    )
    wanted = expected * count
    counts = np.bincount(drawn.astype(np.int64), minlength=len(wanted))
    kept = wanted > 1
    statistic = ((counts - wanted)[kept] ** 2 / wanted[kept]).sum()
    assert statistic < kept.sum() + 4.0 * math.sqrt(2.0 * kept.sum())


def _bernoulli(outputs: Tensor) -> np.ndarray:
    one = float(torch.sigmoid(outputs[0, 0]))
    return np.array([1.0 - one, one])


@pytest.mark.parametrize("name", CONTINUOUS)
def test_real_numbers_are_drawn_from_the_density(name: str) -> None:
    """Kolmogorov and Smirnov against the density's own integral."""
    distribution = DISTRIBUTIONS[name]()
    outputs = random_outputs(distribution, 1, seed=3, scale=0.7)
    count = 20_000
    drawn = distribution.draw(
        outputs.double().expand(count, -1).numpy(), np.ones(count), uniforms(6, 0, count)
    )
    places = torch.linspace(-80.0, 80.0, 800_001)
    density = distribution.log_prob(outputs.expand(len(places), -1), places).exp().double().numpy()
    below = scipy.integrate.cumulative_trapezoid(density, places.double().numpy(), initial=0.0)
    result = scipy.stats.kstest(
        drawn.astype(np.float64), lambda values: np.interp(values, places.double().numpy(), below)
    )
    assert result.pvalue > 1e-4


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_temperature_0_takes_the_most_probable(name: str) -> None:
    distribution = DISTRIBUTIONS[name]()
    outputs = random_outputs(distribution, 30, seed=9)
    drawn = distribution.draw(outputs.double().numpy(), np.zeros(30), uniforms(1, 0, 30))
    again = distribution.draw(outputs.double().numpy(), np.zeros(30), uniforms(2, 0, 30))
    np.testing.assert_array_equal(drawn, again)
    if isinstance(distribution, Categorical):
        np.testing.assert_array_equal(drawn, outputs.argmax(-1).numpy())
    elif isinstance(distribution, Bernoulli):
        np.testing.assert_array_equal(drawn, (outputs[:, 0] > 0).long().numpy())
    elif distribution.levels is None:
        best = (
            outputs[:, :3].argmax(-1, keepdim=True)
            if distribution.num_outputs == 9
            else torch.zeros(30, 1, dtype=torch.long)
        )
        means = outputs[:, 3:6] if distribution.num_outputs == 9 else outputs[:, :1]
        np.testing.assert_array_equal(drawn, means.gather(1, best)[:, 0].numpy())


def test_a_draw_is_the_same_for_ever() -> None:
    """Stored: whoever changes how values are drawn changes every sample that was ever made."""
    outputs = np.array([[0.3, -0.2, 0.1, -0.5, 0.0, 0.4, -1.0, -1.5, -0.7]])
    uniform = uniforms(7, 0, 4)
    heat = np.ones(4)
    rows = outputs.repeat(4, axis=0)
    assert Bernoulli().draw(rows[:, :1], heat, uniform).tolist() == STORED["bernoulli"]
    assert Categorical(9).draw(rows, heat, uniform).tolist() == STORED["softmax"]
    for family in FAMILIES:
        assert Mixture(family, 3, levels=256).draw(rows, heat, uniform).tolist() == STORED[family]
    assert Gaussian(levels=256).draw(rows[:, 5:7], heat, uniform).tolist() == STORED["one gaussian"]


STORED = {
    "bernoulli": [0, 1, 1, 1],
    "softmax": [8, 2, 0, 2],
    "gaussian": [215, 79, 115, 111],
    "laplacian": [222, 106, 0, 31],
    "logistic": [248, 127, 0, 12],
    "one gaussian": [179, 196, 255, 178],
}


def test_impossible_distributions_are_refused() -> None:
    with pytest.raises(ConfigError):
        Categorical(1)
    with pytest.raises(ConfigError):
        Mixture("cauchy", 1)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        Mixture("gaussian", 0)
    with pytest.raises(ConfigError):
        Mixture("gaussian", 1, levels=1)
