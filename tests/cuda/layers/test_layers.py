"""Layers on rows are torch's, and no bit of what a sentence becomes depends on its company.
Interpreted, a program takes milliseconds: so there are few.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.cuda.layers.device import DEVICE
from vocoder.cuda import device as card
from vocoder.cuda import layers
from vocoder.cuda.device import device_for
from vocoder.cuda.host_embeddings import HostEmbeddings
from vocoder.cuda.layers import ALIGNMENT, COLUMNS, Activation, RowLayer, RowNorm
from vocoder.cuda.ragged_batch import TILE, RaggedBatch
from vocoder.errors import EngineError

ACTIVATIONS = {"none": lambda x: x, "relu": functional.relu, "gelu": functional.gelu}
LENGTHS = (1, TILE + 5, 2, TILE, 0, 2 * TILE + 3)


def make_layer(inputs: int, outputs: int, taps: int) -> nn.Linear | nn.Conv1d:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(inputs)
        layer = (
            nn.Linear(inputs, outputs)
            if taps == 0
            else nn.Conv1d(inputs, outputs, taps, padding=taps // 2)
        )
    return layer.requires_grad_(False)


def sentences(channels: int, lengths: tuple[int, ...] = LENGTHS, seed: int = 0) -> list[Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(length, channels, generator=random) * 2 for length in lengths]


def computed(
    layer: RowLayer | RowNorm, parts: list[Tensor], residuals: list[Tensor] | None = None
) -> list[Tensor]:
    """What it makes of sentences side by side, with nonsense between them."""
    ragged = RaggedBatch.of([len(part) for part in parts], DEVICE)

    def joined(rows: list[Tensor]) -> Tensor:
        whole = torch.full((ragged.num_rows, rows[0].shape[1]), float("nan"), device=DEVICE)
        for place, part in zip(ragged.split(whole), rows, strict=True):
            place.copy_(part)
        return whole

    made = (
        layer(joined(parts), ragged)
        if residuals is None
        else layer(joined(parts), ragged, residual=joined(residuals))
    )
    return [part.cpu() for part in ragged.split(made)]


def wanted(layer: nn.Module, x: Tensor) -> Tensor:
    """In float64, by torch; x has at least one row."""
    double = layer.double()
    made: Tensor = (
        double(x.double().T.unsqueeze(0))[0].T
        if isinstance(layer, nn.Conv1d)
        else double(x.double())
    )
    layer.float()
    return made


@pytest.mark.parametrize(
    ("inputs", "outputs", "taps", "activation", "adds"),
    [
        (24, 112, 3, "gelu", False),
        (112, 24, 5, "relu", False),
        (33, 1, 1, "none", False),
        (7, 40, 0, "gelu", True),
        (24, 24, 0, "none", True),
        (32, 64, 5, "none", True),
    ],
)
def test_a_layer_is_torchs_around_each_sentence(
    inputs: int, outputs: int, taps: int, activation: Activation, adds: bool
) -> None:
    layer, parts, residuals = (
        make_layer(inputs, outputs, taps),
        sentences(inputs),
        sentences(outputs, seed=1),
    )
    made = computed(
        RowLayer(layer, activation=activation, device=DEVICE), parts, residuals if adds else None
    )
    for part, residual, own in zip(parts, residuals, made, strict=True):
        assert own.shape == (len(part), outputs)
        if len(part):
            expected = ACTIVATIONS[activation](wanted(layer, part)) + (residual if adds else 0)
            torch.testing.assert_close(own.double(), expected.double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 24, 112])
def test_a_norm_is_torchs(channels: int) -> None:
    norm = nn.LayerNorm(channels).requires_grad_(False)
    nn.init.normal_(norm.weight, 1.0, 0.3)
    nn.init.normal_(norm.bias, 0.0, 0.3)
    parts = [3 * part + 5 for part in sentences(channels)]
    for part, own in zip(parts, computed(RowNorm(norm, device=DEVICE), parts), strict=True):
        assert own.shape == part.shape
        if len(part):
            torch.testing.assert_close(own.double(), wanted(norm, part), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["convolution", "norm"])
def test_company_and_order_are_invisible(kind: str) -> None:
    layer = (
        RowLayer(make_layer(24, COLUMNS + 3, 5), activation="gelu", device=DEVICE)
        if kind == "convolution"
        else RowNorm(nn.LayerNorm(24), device=DEVICE)
    )
    parts = sentences(24)
    alone = [computed(layer, [part])[0] for part in parts]
    for order in (range(6), (5, 4, 3, 2, 1, 0), (1, 5, 1), (0, 3, 2, 0, 5)):
        for index, own in zip(
            order, computed(layer, [parts[index] for index in order]), strict=True
        ):
            assert own.numpy().tobytes() == alone[index].numpy().tobytes(), (order, index)


def test_unrelated_rows_may_lie_anywhere() -> None:
    layer = RowLayer(make_layer(112, 40, 0), device=DEVICE)
    (rows,) = sentences(112, (2 * TILE + 5,))
    rows = rows.to(DEVICE)
    whole = layer(rows, RaggedBatch.unrelated(len(rows), DEVICE))
    for some in (slice(1, None), slice(7, 8), slice(TILE, 2 * TILE), slice(None, None, 3)):
        own = rows[some]
        assert torch.equal(layer(own, RaggedBatch.unrelated(len(own), DEVICE)), whole[some]), some
    backwards = rows.flip(0)
    assert torch.equal(layer(backwards, RaggedBatch.unrelated(len(rows), DEVICE)).flip(0), whole)


def test_a_view_that_begins_anywhere_is_taken_and_no_other_kernel_compiled_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layer = RowLayer(make_layer(7, 5, 0), device=DEVICE)
    (rows,) = sentences(7, (6,))
    moved, taken = rows.to(DEVICE)[1:], []
    assert moved.data_ptr() % ALIGNMENT
    expected = layer(moved.clone(), RaggedBatch.unrelated(5, DEVICE))
    kernel = layers.convolve

    class Noting:
        def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
            def start(*arguments: Tensor, **options: object) -> None:
                taken.extend(arguments)
                kernel[grid](*arguments, **options)

            return start

    monkeypatch.setattr(layers, "convolve", Noting())
    assert torch.equal(layer(moved, RaggedBatch.unrelated(5, DEVICE)), expected)
    assert len(taken) == 7
    assert not any(argument.data_ptr() % ALIGNMENT for argument in taken)


@pytest.mark.parametrize("kind", ["product", "norm"])
def test_nothing_is_written_behind_the_last_row(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    layer = (
        RowLayer(make_layer(8, 5, 0), device=DEVICE)
        if kind == "product"
        else RowNorm(nn.LayerNorm(8), device=DEVICE)
    )
    guarded = []

    def empty(shape: tuple[int, int], *, device: torch.device) -> Tensor:
        guarded.append(torch.zeros(shape[0] + TILE, shape[1], device=device))
        return guarded[0][: shape[0]]

    rows = torch.ones(TILE + 3, 8, device=DEVICE) * torch.arange(8.0, device=DEVICE)
    monkeypatch.setattr(torch, "empty", empty)
    layer(rows, RaggedBatch.unrelated(len(rows), DEVICE))
    assert (guarded[0][: len(rows)] != 0).any(dim=1).all()
    assert not guarded[0][len(rows) :].any()


def test_nothing_is_computed_of_nothing() -> None:
    ragged = RaggedBatch.of([], DEVICE)
    assert RowLayer(make_layer(4, 9, 3), device=DEVICE)(
        torch.zeros(0, 4, device=DEVICE), ragged
    ).shape == (0, 9)
    assert RowNorm(nn.LayerNorm(4), device=DEVICE)(
        torch.zeros(0, 4, device=DEVICE), ragged
    ).shape == (0, 4)


def test_what_is_not_of_the_layers_shape_is_refused() -> None:
    layer, ragged = RowLayer(make_layer(4, 9, 3), device=DEVICE), RaggedBatch.of([2], DEVICE)
    for x in (torch.zeros(2, 4), torch.zeros(TILE, 5), torch.zeros(TILE, 4, dtype=torch.float64)):
        with pytest.raises(AssertionError):
            layer(x.to(DEVICE), ragged)
    with pytest.raises(AssertionError):
        layer(
            torch.zeros(TILE, 4, device=DEVICE),
            ragged,
            residual=torch.zeros(TILE, 4, device=DEVICE),
        )


@pytest.mark.parametrize(
    "options",
    [
        {"padding": 0},
        {"padding": 1, "dilation": 2},
        {"padding": 1, "stride": 2},
        {"padding": 1, "padding_mode": "reflect"},
    ],
    ids=str,
)
def test_a_convolution_of_another_kind_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(AssertionError):
        RowLayer(nn.Conv1d(4, 4, 3, **options), device=DEVICE)


def test_embeddings_are_looked_up_and_what_they_do_not_have_is_refused() -> None:
    modules = [nn.Embedding(5, 3), nn.Embedding(2, 4)]
    embeddings = HostEmbeddings(modules)
    categories = np.array(list(itertools.product(range(5), range(2))))
    expected = torch.cat(
        [module(torch.from_numpy(categories[:, column])) for column, module in enumerate(modules)],
        dim=1,
    )
    np.testing.assert_array_equal(embeddings(categories), expected.detach().numpy())
    for wrong in ([[5, 0]], [[0, 2]], [[-1, 0]]):
        with pytest.raises(AssertionError):
            embeddings(np.array(wrong))


@pytest.mark.parametrize(("interpreted", "device"), [(True, "cuda"), (False, "cpu")])
def test_a_device_without_code_is_refused(
    monkeypatch: pytest.MonkeyPatch, interpreted: bool, device: str
) -> None:
    monkeypatch.setattr(card, "INTERPRETED", interpreted)
    with pytest.raises(EngineError, match=device):
        device_for(device)


@pytest.mark.gpu
def test_the_host_waits_for_nothing() -> None:
    layer = RowLayer(make_layer(24, 40, 0), device=DEVICE)
    rows = torch.zeros(40, 24, device=DEVICE)
    layer(rows, RaggedBatch.unrelated(40, DEVICE))
    torch.cuda.set_sync_debug_mode("error")
    try:
        layer(rows, RaggedBatch.unrelated(40, DEVICE))
    finally:
        torch.cuda.set_sync_debug_mode("default")
