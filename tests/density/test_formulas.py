"""Members against the papers' equations, written out in numpy; and that each of them learns what
there is to learn.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.density.members import MEMBERS, every_binary, loud, member, rnade
from vocoder.density.distributions import Mixture
from vocoder.density.fvsbn import Fvsbn
from vocoder.density.made import Made
from vocoder.density.model import AutoregressiveModel
from vocoder.density.nade import BLOCK, Nade, Rnade


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def of_bernoulli(p: float, value: int) -> float:
    return math.log(p if value else 1.0 - p)


def test_fvsbn_is_a_logistic_regression_on_what_is_before() -> None:
    model = member("fvsbn")
    assert isinstance(model, Fvsbn)
    x = every_binary((9,))[[3, 200, 511]]
    weight, bias = model.weight.double().numpy(), model.bias.double().numpy()
    expected = [
        [of_bernoulli(sigmoid(bias[i] + weight[i, :i] @ row[:i]), row[i]) for i in range(9)]
        for row in x.numpy()
    ]
    np.testing.assert_allclose(model.log_prob(x).numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dimensions", [5, BLOCK, 2 * BLOCK + 3])
def test_nade_is_equations_3_and_4(dimensions: int) -> None:
    """Sums before the nonlinearity are carried from block to block: dimensions on either side of a
    block's end are right as well.
    """
    model = Nade(dimensions, 7)
    loud(model)
    x = torch.randint(0, 2, (4, dimensions), generator=torch.Generator().manual_seed(1))
    encoder, decoder = model.encoder.double().numpy(), model.decoder[..., 0].double().numpy()
    expected = []
    for row in x.numpy():
        nats = []
        for i in range(dimensions):
            hidden = sigmoid(model.hidden_bias.double().numpy() + row[:i] @ encoder[:i])
            nats.append(
                of_bernoulli(sigmoid(model.bias[i, 0].item() + decoder[i] @ hidden), row[i])
            )
        expected.append(nats)
    np.testing.assert_allclose(model.log_prob(x).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_rnade_is_equations_8_to_13() -> None:
    model = rnade("gaussian", dimensions=4)
    assert model.scales is not None
    x = torch.tensor([[0.3, -1.2, 0.8, 2.0]])
    encoder = model.encoder.double().numpy()
    expected = []
    for i in range(4):
        hidden = np.maximum(
            model.scales[i].item()
            * (model.hidden_bias.double().numpy() + x.double().numpy()[0, :i] @ encoder[:i]),
            0.0,
        )
        logits, means, log_scales = np.split(
            hidden @ model.decoder[i].double().numpy() + model.bias[i].double().numpy(), 3
        )
        weights = np.exp(logits) / np.exp(logits).sum()
        scales = np.exp(log_scales)
        expected.append(
            np.log(
                (
                    weights
                    * np.exp(-0.5 * ((x[0, i].item() - means) / scales) ** 2)
                    / scales
                    / math.sqrt(2 * math.pi)
                ).sum()
            )
        )
    np.testing.assert_allclose(model.log_prob(x).numpy()[0], expected, rtol=1e-4, atol=1e-5)


def test_sampling_from_nade_never_scores_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """O(DH): the sums are updated. Whoever recomputes them runs the model once for each
    dimension.
    """
    model = member("nade", (1, 4, 5))
    expected = model.sample(3, 4, naive=True)

    def refused(*arguments: object) -> Tensor:
        raise AssertionError("scored anew")

    monkeypatch.setattr(Nade, "forward", refused)
    monkeypatch.setattr(Nade, "conditionals", refused)
    assert torch.equal(model.sample(3, 4), expected)


@pytest.mark.parametrize("name", ["pixel-cnn", "gated-pixel-cnn"])
def test_nor_does_cached_sampling_from_a_pixel_cnn(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = member(name, (3, 4, 5))
    expected = model.sample(3, 2, naive=True)

    def refused(*arguments: object) -> Tensor:
        raise AssertionError("scored anew")

    monkeypatch.setattr(type(model), "conditionals", refused)
    assert torch.equal(model.sample(3, 2), expected)


@pytest.mark.parametrize("name", MEMBERS)
def test_it_learns_two_images_to_their_entropy(name: str) -> None:
    """ln 2 nats, and no less. Sigmoids handed to what wants logits, say, can give no pixel more
    than 0.73.
    """
    torch.manual_seed(0)
    model = MEMBERS[name]((1, 3, 3), member(name).distribution, None)
    images = torch.tensor([[1, 0, 1, 1, 0, 0, 1, 0, 1], [0, 0, 1, 0, 1, 0, 0, 1, 1]]).view(
        2, *model.shape
    )
    assert trained(model, images, steps=150 if model.shape == (1, 3, 3) else 400) == pytest.approx(
        math.log(2.0), abs=0.12
    )


def test_order_agnostic_training_serves_every_ordering() -> None:
    torch.manual_seed(0)
    made = Made(9, (40,), orderings=4, seed=2)
    images = torch.tensor([[1, 0, 1, 1, 0, 0, 1, 0, 1], [0, 0, 1, 0, 1, 0, 0, 1, 1]])
    assert trained(made, images, steps=400) == pytest.approx(math.log(2.0), abs=0.15)
    for which in range(4):
        with torch.no_grad():
            assert float(-made.ordering_log_prob(which, images).sum(-1).mean()) == pytest.approx(
                math.log(2.0), abs=0.3
            )


def trained(model: AutoregressiveModel, x: Tensor, steps: int) -> float:
    """Nats of x after so many steps of Adam."""
    optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(steps):
        loss = -model.training_log_prob(x).flatten(1).sum(1).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    with torch.no_grad():
        return float(-model.log_prob(x).flatten(1).sum(1).mean())


def test_a_mixture_of_equal_components_does_not_begin_as_one() -> None:
    torch.manual_seed(0)
    fresh = Rnade(3, 5, distribution=Mixture("gaussian", 4))
    means = fresh.bias[:, 4:8]
    assert torch.equal(means[0], torch.linspace(-1.0, 1.0, 4))
