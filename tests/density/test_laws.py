"""What holds for every member: causality, normalisation, samples that follow the density,
completions, seeds.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.density.members import (
    DISTRIBUTIONS,
    IMAGES,
    MEMBERS,
    assert_drawn_as_probable,
    autoencoder,
    every_binary,
    joint,
    loud,
    member,
    mixture_of_orderings,
    number_of,
    rnade,
)
from vocoder.density.made import AutoregressiveAutoencoder
from vocoder.density.model import AutoregressiveModel, Known, may_depend
from vocoder.errors import InputError

DRAWS = 20_000


def jacobian(model: AutoregressiveModel, given: Tensor | None = None, seed: int = 0) -> Tensor:
    """Of every conditional with respect to every input, the largest over a dimension's outputs and
    some random inputs, in float64: [D, D].
    """
    model = model.double()
    torch.manual_seed(seed)
    largest = torch.zeros(model.num_dimensions, model.num_dimensions, dtype=torch.float64)
    for _ in range(4):  # a rectified unit may be shut for one of them
        inputs = torch.randn(1, *model.shape, dtype=torch.float64)
        found = torch.autograd.functional.jacobian(
            lambda x: model.conditionals(x, given).reshape(model.num_dimensions, -1), inputs
        )
        largest = torch.maximum(
            largest, found.reshape(model.num_dimensions, -1, model.num_dimensions).abs().amax(1)
        )
    model.float()
    return largest


@pytest.mark.parametrize("name", MEMBERS)
def test_a_conditional_depends_on_what_is_before_it_and_on_all_of_that(name: str) -> None:
    """Exactly 0 elsewhere. On 3x3 everything before is within reach, so a first row that sees
    nothing, or a row left out of a mask, shows as well.
    """
    model = member(name)
    found = jacobian(model)
    allowed = may_depend(model.order)
    assert found[~allowed].max() == 0
    assert (found[allowed] > 0).all()


@pytest.mark.parametrize("name", IMAGES)
def test_red_then_green_then_blue(name: str) -> None:
    """Of one pixel G sees R, B sees both, R neither; and all of them see all of the pixels
    before.
    """
    model = member(name, (3, 2, 3))
    found = jacobian(model)
    allowed = may_depend(model.order)
    assert found[~allowed].max() == 0
    assert (found[allowed] > 0).all()
    # of the middle pixel of the second row
    red, green, blue = (channel * 6 + 4 for channel in range(3))
    assert found[green, red] > 0
    assert found[blue, green] > 0
    assert found[red, green] == found[red, blue] == found[green, blue] == 0


@pytest.mark.parametrize("distribution", [name for name in DISTRIBUTIONS if name != "bernoulli"])
@pytest.mark.parametrize("name", ["made", "nade", "gated-pixel-cnn", "pixel-cnn"])
def test_causality_holds_for_every_output_of_a_dimension(name: str, distribution: str) -> None:
    model = member(name, distribution=distribution)
    found = jacobian(model)
    assert found[~may_depend(model.order)].max() == 0


@pytest.mark.parametrize("name", MEMBERS)
def test_the_probabilities_of_all_images_sum_to_one(name: str) -> None:
    model = member(name)
    assert float(joint(model, every_binary(model.shape)).sum()) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", IMAGES)
def test_those_of_all_colour_images_do_too(name: str) -> None:
    model = member(name, (3, 2, 2))
    assert float(joint(model, every_binary(model.shape)).sum()) == pytest.approx(1.0, abs=1e-6)


def test_of_several_orderings_densities_are_averaged() -> None:
    """Averaged logits would not sum to 1, and whoever picks a mask for each call gives several
    answers.
    """
    made = mixture_of_orderings()
    every = every_binary(made.shape)
    each = torch.stack(
        [made.ordering_log_prob(which, every).double().sum(-1).exp() for which in range(3)]
    )
    assert (each[0] - each[1]).abs().max() > 1e-4
    torch.testing.assert_close(joint(made, every), each.mean(0), rtol=1e-4, atol=1e-9)
    assert float(joint(made, every).sum()) == pytest.approx(1.0, abs=1e-6)
    assert torch.equal(made.train().log_prob(every), made.eval().log_prob(every))


def test_every_ordering_is_causal_in_itself() -> None:
    made = mixture_of_orderings().double()
    inputs = torch.randn(1, 9, dtype=torch.float64)
    assert len({tuple(order.tolist()) for order in made.orders}) == 3
    for which, order in enumerate(made.orders):
        found = torch.autograd.functional.jacobian(
            lambda x, which=which: made.conditionals(x, which=which)[0].flatten(), inputs
        ).view(9, 9)
        assert found[~may_depend(order)].abs().max() == 0
        assert (found[may_depend(order)] != 0).all()


def test_an_autoencoder_with_any_adjacency_sees_that_and_nothing_else() -> None:
    generator = torch.Generator().manual_seed(5)
    adjacency = (torch.rand(9, 9, generator=generator) < 0.4).tril(-1)
    shuffle = torch.randperm(9, generator=generator)
    adjacency = adjacency[shuffle][:, shuffle]
    assert bool(adjacency.triu().any())
    model = loud(AutoregressiveAutoencoder(adjacency, (24, 24)))
    assert torch.equal(jacobian(model) > 0, adjacency)
    assert bool((may_depend(model.order) | ~adjacency).all())
    assert float(joint(model, every_binary((9,))).sum()) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", MEMBERS)
def test_images_are_drawn_as_often_as_they_are_probable(name: str) -> None:
    model = member(name)
    draws = 4000 if "lstm" in name else DRAWS  # those have no cached sampling
    counts = torch.bincount(number_of(model.sample(3, draws)), minlength=512)
    assert_drawn_as_probable(counts, joint(model, every_binary(model.shape)))


def test_several_orderings_are_drawn_from_their_mean() -> None:
    made = mixture_of_orderings()
    counts = torch.bincount(number_of(made.sample(3, DRAWS)), minlength=512)
    assert_drawn_as_probable(counts, joint(made, every_binary(made.shape)))


@pytest.mark.parametrize(
    "name", ["fvsbn, other order", "nade", "made, random order", "pixel-cnn", "gated-pixel-cnn"]
)
def test_completions_keep_what_is_known_and_follow_the_conditional_distribution(name: str) -> None:
    """What is known is the beginning of the order, so that the conditional is exact: p(x) /
    p(known).
    """
    model = member(name, seed=1)
    begun = (model.order < 4).view(model.shape)
    values = torch.tensor([1, 0, 0, 1, 1, 0, 1, 1, 0]).view(model.shape)
    drawn = model.sample(8, DRAWS, known=Known(values=values, mask=begun))
    assert torch.equal(drawn[:, begun], values[begun].expand(DRAWS, 4))
    every = every_binary(model.shape)
    expected = joint(model, every) * (every[:, begun] == values[begun]).all(1)
    assert_drawn_as_probable(
        torch.bincount(number_of(drawn), minlength=512), expected / expected.sum()
    )


@pytest.mark.parametrize("name", MEMBERS)
def test_what_is_known_anywhere_is_kept_and_changes_what_follows(name: str) -> None:
    model = member(name)
    torch.manual_seed(1)
    values, mask = torch.randint(0, 2, (6, *model.shape)), torch.rand(6, *model.shape) < 0.4
    drawn = model.sample(2, 6, known=Known(values=values, mask=mask))
    assert torch.equal(drawn[mask], values[mask])
    assert torch.equal(drawn, model.sample(2, 6, known=Known(values=values, mask=mask), naive=True))
    free = model.sample(2, 6)
    # Before the first known dimension nothing is otherwise.
    order = model.order.view(model.shape)
    for row in range(6):
        first = int(order[mask[row]].min()) if bool(mask[row].any()) else model.num_dimensions
        assert torch.equal(drawn[row][order < first], free[row][order < first])


@pytest.mark.parametrize("shape", [(1, 4, 5), (3, 3, 4)])
@pytest.mark.parametrize("name", MEMBERS)
def test_what_is_computed_step_by_step_is_what_is_computed_at_once(
    name: str, shape: tuple[int, int, int]
) -> None:
    """Teacher-forced: the outputs of every dimension, for images with more columns than rows."""
    model = member(name, shape)
    torch.manual_seed(2)
    x = torch.randint(0, 2, (3, *model.shape))
    with torch.no_grad():
        expected = model(x).reshape(3, model.num_dimensions, -1)
        stepper = model.stepper(3, None)
        flat = x.view(3, -1)
        for dimension in torch.argsort(model.order).tolist():
            torch.testing.assert_close(
                stepper.outputs(dimension), expected[:, dimension], rtol=1e-4, atol=1e-5
            )
            stepper.accept(dimension, flat[:, dimension])


@pytest.mark.parametrize("name", [*MEMBERS, "several orderings"])
def test_a_sample_depends_on_seed_and_index_alone(name: str) -> None:
    model = mixture_of_orderings() if name == "several orderings" else member(name)
    drawn = model.sample(5, 12)
    assert torch.equal(drawn, model.sample(5, 12))
    assert torch.equal(drawn[7:], model.sample(5, 5, first=7))
    assert torch.equal(drawn[:3], model.sample(5, 3))
    assert not torch.equal(drawn, model.sample(6, 12))
    assert len({tuple(row.tolist()) for row in drawn.flatten(1)}) > 1


@pytest.mark.parametrize("family", ["gaussian", "laplacian", "logistic"])
def test_rnade_is_causal_and_its_samples_follow_its_density(family: str) -> None:
    """Where values are drawn from the conditionals, the mean of the score is 0 for every output;
    where they are moved a little, it is not.
    """
    model = rnade(family)
    found = jacobian(model)
    assert found[~may_depend(model.order)].max() == 0
    assert (found[may_depend(model.order)] > 0).all()
    drawn = model.sample(4, 4000)
    outputs = model(drawn).requires_grad_(True)
    model.distribution.log_prob(outputs, drawn).sum().backward()
    score = outputs.grad
    assert score is not None
    z = score.mean(0) / (score.std(0) / 4000**0.5 + 1e-6)
    assert float(z.abs().max()) < 5.0
    shifted = model(drawn).requires_grad_(True)
    model.distribution.log_prob(shifted, drawn + 0.2).sum().backward()
    assert shifted.grad is not None
    assert (
        float((shifted.grad.mean(0) / (shifted.grad.std(0) / 4000**0.5 + 1e-6)).abs().max()) > 5.0
    )


@pytest.mark.parametrize("name", ["made", "pixel-cnn", "gated-pixel-cnn", "row-lstm"])
@pytest.mark.parametrize("distribution", ["softmax", "discretised mixture of logistics"])
def test_codes_of_several_levels_sum_to_one_and_are_sampled(name: str, distribution: str) -> None:
    """625 images of 2x2 with five levels."""
    model = member(name, (1, 2, 2), distribution)
    every = torch.cartesian_prod(*[torch.arange(5)] * 4).view(-1, *model.shape)
    expected = joint(model, every)
    assert float(expected.sum()) == pytest.approx(1.0, abs=1e-5)
    drawn = model.sample(1, 20_000).flatten(1)
    counts = torch.bincount((drawn * torch.tensor([125, 25, 5, 1])).sum(1), minlength=625)
    assert_drawn_as_probable(counts, expected)


def test_the_decoder_of_an_autoencoder_is_a_density_for_any_code() -> None:
    model = autoencoder()
    every = every_binary(model.shape)
    code = torch.tensor([[0.5, -1.0, 2.0]]).expand(512, -1)
    assert float(joint(model, every, code).sum()) == pytest.approx(1.0, abs=1e-6)
    assert found_by_encoding(model, every) != pytest.approx(1.0, abs=1e-3)
    counts = torch.bincount(
        number_of(model.sample(3, DRAWS, code[:1].expand(DRAWS, -1))), minlength=512
    )
    assert_drawn_as_probable(counts, joint(model, every, code))


def found_by_encoding(model: object, every: Tensor) -> float:
    """What the probabilities of all images given their own codes sum to: a code that has seen x
    makes no density.
    """
    return float(model.reconstruction_log_prob(every).double().flatten(1).sum(1).exp().sum())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["made", "gated-pixel-cnn"])
def test_what_is_no_x_is_refused(name: str) -> None:
    model = member(name)
    x = torch.zeros(2, *model.shape, dtype=torch.int64)
    for wrong in (x.float(), x + 2, x - 1, x[0], x.unsqueeze(-1)):
        with pytest.raises(InputError):
            model.log_prob(wrong)
    with pytest.raises(InputError):
        model.log_prob(x, torch.zeros(2, 3))
    with pytest.raises(InputError):
        model.sample(1, 2, known=Known(values=x[0], mask=x[0]))
    with pytest.raises(InputError):
        model.sample(1, 2, known=Known(values=x[0] + 2, mask=x[0] == 0))
    with pytest.raises(InputError):
        model.sample(1, 3, known=Known(values=x, mask=x == 0))
