"""Classes, vectors and maps: they act where they should, and densities stay densities given any of
them.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.density.members import IMAGES, MEMBERS, every_binary, joint, loud, member
from tests.wavenet.networks import conditioning, make_network, predictors, small_config
from vocoder.density.autoencoder import PixelCnnAutoencoder
from vocoder.density.conditioning import Given
from vocoder.density.gated_pixel_cnn import GatedPixelCnn
from vocoder.density.model import Known
from vocoder.density.receptive_field import receptive_field
from vocoder.density.wavenet import WaveNetDensity
from vocoder.engine import Job
from vocoder.engine.reference import ReferenceEngine
from vocoder.errors import ConfigError, InputError

CONDITIONS: dict[str, tuple[Given, Tensor]] = {
    "class": (Given(kind="class", size=4), torch.tensor([2])),
    "vector": (Given(kind="vector", size=3), torch.tensor([[0.5, -1.0, 2.0]])),
    "map": (Given(kind="map", size=2), torch.linspace(-1.0, 1.0, 18).view(1, 2, 3, 3)),
}
OTHER: dict[str, Tensor] = {
    "class": torch.tensor([3]),
    "vector": torch.tensor([[1.5, 1.0, 0.0]]),
    "map": torch.linspace(1.0, -1.0, 18).view(1, 2, 3, 3),
}
CASES = [(name, kind) for name in MEMBERS for kind in CONDITIONS if kind != "map" or name in IMAGES]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_given_anything_probabilities_sum_to_one_and_depend_on_it(name: str, kind: str) -> None:
    given, value = CONDITIONS[kind]
    model = member(name, given=given)
    every = every_binary(model.shape)
    one, two = (
        joint(model, every, each.expand(512, *each.shape[1:])) for each in (value, OTHER[kind])
    )
    assert float(one.sum()) == pytest.approx(1.0, abs=1e-6)
    assert float(two.sum()) == pytest.approx(1.0, abs=1e-6)
    assert float((one - two).abs().max()) > 1e-4


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_samples_given_something_are_those_of_the_whole_model(name: str, kind: str) -> None:
    given, value = CONDITIONS[kind]
    model = member(name, given=given)
    values = torch.cat([value, OTHER[kind]])
    assert torch.equal(model.sample(1, 2, values), model.sample(1, 2, values, naive=True))
    known = Known(
        values=torch.ones(model.shape, dtype=torch.int64),
        mask=torch.rand(model.shape, generator=torch.Generator().manual_seed(2)) < 0.5,
    )
    assert torch.equal(
        model.sample(1, 2, values, known), model.sample(1, 2, values, known, naive=True)
    )


@pytest.mark.parametrize("name", IMAGES)
def test_a_map_acts_where_it_lies(name: str) -> None:
    """The first pixel depends on the map at the first pixel alone: conditions come with no mask of
    their own, so they must not be moved about.
    """
    model = member(name, given=Given(kind="map", size=1)).double()
    value = torch.randn(
        1, 1, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    ).requires_grad_(True)
    inputs = torch.zeros(1, *model.shape, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(model.conditionals(inputs, value)[0, 0, 0, 0].sum(), value)
    assert gradient[0, 0, 0, 0] != 0
    assert int((gradient != 0).sum()) == 1
    last = torch.autograd.grad(model.conditionals(inputs, value)[0, 0, 2, 2].sum(), value)[0]
    assert int((last != 0).sum()) >= 8


def test_what_is_no_condition_is_refused() -> None:
    model = member("gated-pixel-cnn", given=Given(kind="class", size=4))
    x = torch.zeros(2, 1, 3, 3, dtype=torch.int64)
    for wrong in (
        None,
        torch.tensor([1]),
        torch.tensor([1, 4]),
        torch.tensor([1, -1]),
        torch.zeros(2),
        torch.zeros(2, 4),
    ):
        with pytest.raises(InputError):
            model.log_prob(x, wrong)
        with pytest.raises(InputError):
            model.sample(1, 2, wrong)
    with pytest.raises(ConfigError):
        Given(kind="class")
    with pytest.raises(ConfigError):
        Given(size=3)
    with pytest.raises(ConfigError):
        Given(kind="word", size=3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        member("nade", given=Given(kind="map", size=3))
    with pytest.raises(ConfigError):
        PixelCnnAutoencoder(GatedPixelCnn((1, 3, 3), features=2, layers=1))


def test_conditions_are_plain_data() -> None:
    given = Given(kind="map", size=80)
    assert Given.from_dict(given.to_dict()) == given


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 5, 17), (1, 1, 9)])
def test_an_autoencoder_has_any_shape_and_any_bottleneck(shape: tuple[int, int, int]) -> None:
    model = PixelCnnAutoencoder(
        GatedPixelCnn(shape, features=3, layers=1, given=Given(kind="vector", size=2)), features=2
    )
    loud(model)
    x = torch.randint(0, 2, (3, *shape), generator=torch.Generator().manual_seed(1))
    codes = model.encode(x)
    assert codes.shape == (3, 2)
    assert float((codes[0] - codes[1]).abs().max()) > 0
    assert model.reconstruct(x, 1).shape == x.shape
    with pytest.raises(InputError):
        model.encode(x + 2)


def test_the_bottleneck_carries_the_image() -> None:
    """Trained on four images that its own past does not tell apart, it needs less than ln 4 nats
    given the code.
    """
    torch.manual_seed(0)
    model = PixelCnnAutoencoder(
        GatedPixelCnn((1, 3, 3), features=6, layers=2, given=Given(kind="vector", size=3)),
        features=16,
    )
    images = every_binary(model.shape)[[0, 73, 146, 292]]
    optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
    for _ in range(120):
        loss = -model.training_log_prob(images).flatten(1).sum(1).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    assert float(loss.detach()) < 0.3
    assert torch.equal(model.reconstruct(images, 3), images)


def test_wavenet_is_a_member() -> None:
    """Its sums over all codes are 1, its past is its past, and its samples are those of the
    engine.
    """
    config = small_config(levels=3, hop_length=3, prediction_order=2, max_lag=2)
    network = make_network(config)
    frames = predictors(config, 2)
    given = conditioning(config, 2)
    model = WaveNetDensity(
        network,
        torch.from_numpy(given),
        torch.from_numpy(frames.coefficients),
        torch.from_numpy(frames.lags),
    )
    assert model.shape == (6,)
    every = torch.cartesian_prod(*[torch.arange(3)] * 6)
    assert float(joint(model, every).sum()) == pytest.approx(1.0, abs=1e-5)
    torch.testing.assert_close(model.conditionals(model.as_input(every)), model(every))
    changed = every.clone()
    changed[:, 4] = (changed[:, 4] + 1) % 3
    difference = (model(every) - model(changed)).abs().amax((0, 2))
    assert float(difference[:5].max()) == 0
    assert float(difference[5]) > 0
    engine = ReferenceEngine(network)
    for seed in range(20):
        job = Job(
            state=engine.start(seed),
            conditioning=given,
            predictors=frames,
            first_frame=0,
            temperatures=torch.ones(2).numpy(),
            num_samples=6,
        )
        assert model.sample(seed, 1)[0].tolist() == engine.advance([job])[0].tolist()
    known = Known(
        values=torch.tensor([2, 0, 1, 2, 1, 0]),
        mask=torch.tensor([True, True, True, False, False, False]),
    )
    assert model.sample(11, 2, known=known)[:, :3].tolist() == [[2, 0, 1]] * 2
    with pytest.raises(InputError):
        WaveNetDensity(
            network,
            torch.from_numpy(given[:1]),
            torch.from_numpy(frames.coefficients),
            torch.from_numpy(frames.lags),
        )


def test_a_receptive_field_is_that_of_the_dimension_asked_for() -> None:
    field = receptive_field(member("gated-pixel-cnn"), 4, torch.randn(2, 1, 3, 3))
    assert (field[0] > 0).int().tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]


def test_a_black_pixel_is_not_the_border() -> None:
    """Beyond the border convolutions read 0: were binary pixels 0 and 1, an empty image would say
    nothing of where a pixel lies.
    """
    for name in IMAGES:
        model = member(name)
        assert model.as_input(torch.zeros(1, 1, 3, 3, dtype=torch.int64)).unique().tolist() == [
            -1.0
        ]
    assert member("nade").as_input(torch.tensor([[0, 1]])).tolist() == [[0.0, 1.0]]
