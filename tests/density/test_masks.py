"""Masks as the papers draw them, and that weights are never written to."""

from __future__ import annotations

import pytest
import torch

from vocoder.density.gated_pixel_cnn import GatedPixelCnn
from vocoder.density.made import AutoregressiveAutoencoder, Made
from vocoder.density.masked import MaskedConv2d, MaskedLinear, causal_mask, channel_groups
from vocoder.errors import ConfigError

ONE = channel_groups(1, 1)


@pytest.mark.parametrize(
    ("sees_itself", "centre_row"), [(False, [1, 1, 0, 0, 0]), (True, [1, 1, 1, 0, 0])]
)
def test_masks_a_and_b(sees_itself: bool, centre_row: list[int]) -> None:
    """Mask A without the centre, mask B with it; both keep what is to its left, and all rows
    above.
    """
    mask = causal_mask((3, 5), ONE, ONE, sees_itself=sees_itself)[0, 0]
    assert mask.int().tolist() == [[1] * 5, [1] * 5, centre_row]


def test_channels_at_the_centre() -> None:
    """R, G, B: mask A lets G see R, B both; mask B lets each see itself as well. Elsewhere all see
    all.
    """
    three = channel_groups(6, 3)
    assert three.tolist() == [0, 0, 1, 1, 2, 2]
    a = causal_mask((2, 3), three, three, sees_itself=False)
    b = causal_mask((2, 3), three, three, sees_itself=True)
    assert a[::2, ::2, -1, 1].int().tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    assert b[::2, ::2, -1, 1].int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert bool(a[..., 0, :].all())
    assert bool(a[..., -1, 0].all())
    assert not bool(a[..., -1, 2].any())


def test_a_pointwise_convolution_of_one_channel_is_not_masked() -> None:
    assert bool(
        MaskedConv2d(1, channel_groups(4, 1), channel_groups(5, 1), sees_itself=True).mask.all()
    )


def test_masking_leaves_the_weights_as_they_are() -> None:
    """`weight.data *= mask` in forward would change them behind the optimiser's back, and its
    average's.
    """
    torch.manual_seed(0)
    linear = MaskedLinear(torch.ones(4, 4, dtype=torch.bool).tril(-1))
    conv = MaskedConv2d(3, channel_groups(3, 3), channel_groups(6, 3), sees_itself=False)
    for layer, x, mask in (
        (linear, torch.randn(2, 4), linear.masks[0]),
        (conv, torch.randn(2, 3, 4, 4), conv.mask),
    ):
        before = layer.weight.detach().clone()
        assert (before[~mask] != 0).any()
        layer(x).square().sum().backward()
        assert torch.equal(layer.weight.detach(), before)
        assert layer.weight.grad is not None
        assert float(layer.weight.grad[~mask].abs().max()) == 0
        assert float(layer.weight.grad[mask].abs().min()) > 0


@pytest.mark.parametrize("width", [1, 2, 9])
def test_every_output_of_made_can_reach_every_input_before_it(width: int) -> None:
    """By way of the direct connections even where no hidden unit happens to lead there."""
    made = Made(6, (width,), seed=2)
    paths = made.last.masks[0].float() @ made.layers[0].masks[0].float()  # type: ignore[operator, union-attr, index]
    assert float(paths.triu().abs().max()) == 0
    assert torch.equal(made.direct.masks[0], torch.ones(6, 6, dtype=torch.bool).tril(-1))


def test_made_draws_the_same_masks_for_the_same_seed() -> None:
    one, two, other = (Made(9, (12,), orderings=2, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.layers[0].masks, two.layers[0].masks)  # type: ignore[arg-type]
    assert not torch.equal(one.layers[0].masks, other.layers[0].masks)  # type: ignore[arg-type]
    assert one.orders[0].tolist() == list(range(9))
    assert not torch.equal(one.orders[0], one.orders[1])


def test_masks_of_one_order_differ_in_their_connections() -> None:
    made = Made(9, (12,), orderings=3, same_order=True, natural=False, seed=4)
    assert torch.equal(made.orders[0], made.orders[1])
    assert torch.equal(made.orders[0], made.orders[2])
    assert made.orders[0].tolist() != list(range(9))
    masks = made.layers[0].masks
    assert isinstance(masks, torch.Tensor)
    assert not torch.equal(masks[0], masks[1])


def test_a_unit_knows_which_of_its_inputs_are_masked() -> None:
    """MADE, section 4.2: with several masks there are weights that meet ones in place of inputs."""
    masks = torch.tensor([[[1, 0]], [[0, 1]]], dtype=torch.bool)
    layer = MaskedLinear(masks, conditioned_on_mask=True)
    with torch.no_grad():
        assert layer.of_ones is not None
        layer.of_ones.copy_(torch.tensor([[10.0, 20.0]]))
    zeros = torch.zeros(1, 2)
    assert layer(zeros, 0).item() == 10.0
    assert layer(zeros, 1).item() == 20.0


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ConfigError):
        GatedPixelCnn((3, 4, 4), features=8)
    with pytest.raises(ConfigError):
        Made(1)
    circle = torch.tensor([[0, 1], [1, 0]], dtype=torch.bool)
    with pytest.raises(ConfigError):
        AutoregressiveAutoencoder(circle)
    with pytest.raises(ConfigError):
        AutoregressiveAutoencoder(torch.eye(3, dtype=torch.bool))
    with pytest.raises(ConfigError):
        AutoregressiveAutoencoder(torch.zeros(2, 3, dtype=torch.bool))
