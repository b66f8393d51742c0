"""Who sees how far: the blind spot of PixelCNN, none in Gated PixelCNN, Row LSTM's triangle, all
but one pixel for Diagonal BiLSTM.

What is expected is found by walking over the grid by the papers' figures, not from any mask of the
code.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from torch import Tensor

from tests.density.members import loud
from vocoder.density.diagonal_bilstm import DiagonalBiLstm, skew, unskew
from vocoder.density.gated_pixel_cnn import GatedPixelCnn
from vocoder.density.image_model import ImageModel
from vocoder.density.pixel_cnn import PixelCnn
from vocoder.density.receptive_field import receptive_field
from vocoder.density.row_lstm import RowLstm, RowLstmLayer

SIDE = 15
ROW, COLUMN = 9, 9  # 9 * 15 + 9 = 144 pixels come before
Pixel = tuple[int, int]


def seen_by(model: ImageModel, row: int = ROW, column: int = COLUMN) -> set[Pixel]:
    """Pixels whose value changes the conditional of (row, column), by backpropagation."""
    model = model.double()
    inputs = torch.randn(
        4, *model.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3)
    )
    field = receptive_field(model, row * SIDE + column, inputs)[0]
    return {(place[0], place[1]) for place in field.nonzero().tolist()}


def inside(pixels: Iterable[Pixel]) -> set[Pixel]:
    return {(row, column) for row, column in pixels if 0 <= row < SIDE and 0 <= column < SIDE}


def convolved(pixels: set[Pixel], reach: int, *, itself: bool) -> set[Pixel]:
    """What a masked convolution with so many pixels to each side reads for these pixels."""
    above = {
        (row - up, column + side)
        for row, column in pixels
        for up in range(1, reach + 1)
        for side in range(-reach, reach + 1)
    }
    left = {
        (row, column - side)
        for row, column in pixels
        for side in range(0 if itself else 1, reach + 1)
    }
    return inside(above | left)


def earlier(row: int = ROW, column: int = COLUMN) -> set[Pixel]:
    return {(up, side) for up in range(SIDE) for side in range(SIDE) if (up, side) < (row, column)}


@pytest.mark.parametrize(("blocks", "expected"), [(1, 39), (2, 57), (3, 75), (4, 95)])
def test_pixel_cnn_has_a_blind_spot(blocks: int, expected: int) -> None:
    model = loud(PixelCnn((1, SIDE, SIDE), features=8, blocks=blocks))
    pixels = {(ROW, COLUMN)}
    for _ in range(blocks):
        pixels = convolved(pixels, 1, itself=True)
    pixels = convolved(pixels, 3, itself=False)
    found = seen_by(model)
    assert found == pixels
    assert len(found) == expected
    reach = 3 + blocks
    box = {
        (row, column)
        for row, column in earlier()
        if ROW - row <= reach and abs(column - COLUMN) <= reach
    }
    assert found < box  # the rest of its own box is never seen
    assert (ROW - 1, min(COLUMN + reach, SIDE - 1)) in box - found


@pytest.mark.parametrize("layers", [1, 2, 4])
def test_gated_pixel_cnn_sees_all_of_its_box(layers: int) -> None:
    """Also the pixel next to the right end of the row above: were the vertical stack moved down in
    every layer, that would be lost.
    """
    model = loud(
        GatedPixelCnn((1, SIDE, SIDE), features=8, layers=layers, first_kernel=7, kernel=3)
    )
    reach = 3 + layers - 1
    above = {
        (row, column)
        for row, column in earlier()
        if 1 <= ROW - row <= reach + 1 and abs(column - COLUMN) <= reach
    }
    left = {(ROW, COLUMN - side) for side in range(1, reach + 1)}
    assert seen_by(model) == inside(above | left)


def test_row_lstm_reads_its_own_row_of_the_input_and_three_states_above() -> None:
    """Section 3.1: the convolution from input to state is one row high; rows above come by way of
    the states.
    """
    layer = RowLstm((1, SIDE, SIDE), features=4, layers=1).layers[0]
    assert isinstance(layer, RowLstmLayer)
    assert layer.input_to_state.kernel == (1, 3)
    assert tuple(layer.state_to_state.shape) == (16, 4, 3)


@pytest.mark.parametrize("layers", [1, 2])
def test_row_lstm_sees_its_triangle(layers: int) -> None:
    model = loud(RowLstm((1, SIDE, SIDE), features=4, layers=layers, first_kernel=3))
    pixels = {(ROW, COLUMN)}
    for _ in range(layers):
        states = set(pixels)
        for row in range(ROW, 0, -1):  # a state reads three of the row above
            states |= inside(
                (row - 1, column + side)
                for up, column in list(states)
                if up == row
                for side in (-1, 0, 1)
            )
        pixels = inside((row, column - side) for row, column in states for side in (0, 1))
    expected = convolved(pixels, 1, itself=False)
    found = seen_by(model)
    assert found == expected
    if layers == 1:  # row by row: it widens by one to each side, until the image ends
        widths = [sum(row == ROW - up for row, _ in found) for up in range(1, 5)]
        assert widths == sorted(widths)
        assert len(earlier() - found) > 10
        assert (ROW - 1, SIDE - 1) not in found


def test_diagonal_bilstm_sees_all_but_the_last_pixel_of_the_row_above() -> None:
    """As published; with `whole_context` it sees that as well."""
    published = seen_by(loud(DiagonalBiLstm((1, SIDE, SIDE), features=4, layers=2, first_kernel=7)))
    assert earlier() - published == {(ROW - 1, SIDE - 1)}
    assert len(published) == 143
    mended = seen_by(
        loud(
            DiagonalBiLstm(
                (1, SIDE, SIDE), features=4, layers=1, first_kernel=7, whole_context=True
            )
        )
    )
    assert mended == earlier()


def test_skew_moves_each_row_one_further() -> None:
    x = torch.tensor([[1, 2, 3], [4, 5, 6]])
    assert skew(x).tolist() == [[1, 2, 3, 0], [0, 4, 5, 6]]


@pytest.mark.parametrize("shape", [(2, 3, 1, 4), (2, 5, 1), (3, 4, 4), (1, 7, 3), (2, 3, 7)])
def test_unskew_is_its_inverse(shape: tuple[int, ...]) -> None:
    x: Tensor = torch.arange(torch.Size(shape).numel()).view(shape) + 1
    skewed = skew(x)
    assert skewed.shape[-1] == shape[-1] + shape[-2] - 1
    assert torch.equal(unskew(skewed), x)
    assert int(skewed.sum()) == int(x.sum())
