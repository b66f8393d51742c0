"""The acoustic model in C++ is the one in torch, on every instruction set, whatever its sizes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vocoder.acoustic.harmonics import harmonic_rows, harmonic_spectra
from vocoder.acoustic.melody import Melody
from vocoder.acoustic.model import AcousticModel, Stack
from vocoder.acoustic.native_model import NativeAcousticModel, NativeStack, runs_natively
from vocoder.acoustic.weights import AcousticWeights, shapes_of
from vocoder.compiled import NATIVE_TAPS, available_isas
from vocoder.config import AcousticConfig, LinguisticConfig
from vocoder.stored_weights import StoredWeights
from vocoder.text import analyse
from vocoder.text.features import LinguisticFeatures, category_sizes

CONFIG = AcousticConfig(
    channels=24, encoder_layers=2, decoder_layers=2, kernel_size=5, predictor_channels=12,
    num_speakers=2, n_mels=20,
    linguistic=LinguisticConfig(category_sizes=category_sizes()),
)  # fmt: skip

# Channels of whole panels, of none, and fewer than a vector has; outputs alike.
SIZES = [
    (11, 32, 64, 2, 5),
    (7, 33, 5, 1, 3),
    (40, 70, 80, 2, 7),
    (3, 6, 1, 3, 5),
    (20, 16, 33, 1, 3),
]


def make_stack(inputs: int, channels: int, outputs: int, layers: int, taps: int) -> Stack:
    """With norms that are no identity, in mode of evaluation."""
    with torch.random.fork_rng():
        torch.manual_seed(channels)
        stack = Stack(inputs, channels, outputs, layers, taps, 0.1).eval().requires_grad_(False)
        for module in stack.modules():
            if isinstance(module, nn.LayerNorm):
                nn.init.normal_(module.weight, 1.0, 0.3)
                nn.init.normal_(module.bias, 0.0, 0.3)
    return stack


def native(stack: Stack, isa: str) -> NativeStack:
    return NativeStack(StoredWeights.of_module(stack), len(stack.blocks), isa)


def truth(stack: Stack, x: Tensor, mask: Tensor) -> Tensor:
    """In float64, by torch."""
    made: Tensor = stack.double()(x.double(), mask.double())
    stack.float()
    return made


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("frames", [1, 2, 6, 13, 700])
def test_a_stack_is_what_torch_makes_of_it(
    isa: str, sizes: tuple[int, int, int, int, int], frames: int
) -> None:
    stack = make_stack(*sizes)
    x, mask = (
        torch.randn(1, frames, sizes[0], generator=torch.Generator().manual_seed(1)),
        torch.ones(1, frames, 1),
    )
    wanted = truth(stack, x, mask)
    made = native(stack, isa)(x[0].numpy())
    made = torch.from_numpy(made)[None]
    torch.testing.assert_close(made.double(), wanted, rtol=0, atol=2e-5 * float(wanted.abs().max()))


@pytest.mark.parametrize("isa", available_isas())
def test_large_numbers_and_small_ones_are_taken_as_they_come(isa: str) -> None:
    """Where the activation is flat on either side, and where its tail is smaller than any normal
    number.
    """
    stack = make_stack(4, 16, 8, 2, 5)
    stack.blocks[0].conv.weight *= 60.0
    x, mask = (
        torch.randn(1, 50, 4, generator=torch.Generator().manual_seed(2)) * 1e3,
        torch.ones(1, 50, 1),
    )
    wanted = truth(stack, x, mask)
    made = torch.from_numpy(native(stack, isa)(x[0].numpy()))[None]
    torch.testing.assert_close(made.double(), wanted, rtol=0, atol=2e-5 * float(wanted.abs().max()))


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
@pytest.mark.parametrize("taps", [1, 9])
def test_taps_that_it_does_not_know_stay_with_torch(taps: int) -> None:
    assert taps not in NATIVE_TAPS
    assert not runs_natively(dataclasses.replace(CONFIG, kernel_size=taps))
    assert runs_natively(CONFIG)


@pytest.fixture(scope="module")
def features() -> LinguisticFeatures:
    return analyse("Where is it, and why?").sentences[0].features


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("harmonic_steps", [0, 8])
def test_the_whole_model(isa: str, harmonic_steps: int, features: LinguisticFeatures) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        model = AcousticModel(dataclasses.replace(CONFIG, harmonic_steps=harmonic_steps))
        if model.harmonic_table is not None:
            model.harmonic_table.normal_()
    model.eval().requires_grad_(False)
    weights = AcousticWeights(config=model.config, arrays=StoredWeights.of_module(model))
    speaks = NativeAcousticModel(weights, isa)
    durations = np.arange(features.num_phonemes) % 4
    np.testing.assert_allclose(
        speaks.durations(features, 1), model.durations(features, 1), rtol=0, atol=3e-5
    )
    melody = Melody(pitch=1.0, intonation=1.5)
    made, wanted = (one.conditions(features, durations, 1, melody) for one in (speaks, model))
    assert made.speaker == wanted.speaker == 1
    for name in ("log_mel", "log_f0", "voicing", "categories", "positions"):
        ours, theirs = getattr(made, name), getattr(wanted, name)
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4, err_msg=name)
    assert not np.array_equal(made.log_mel, wanted.log_mel), "it was not computed anew"


def test_harmonics_have_the_bits_that_torch_gives_them() -> None:
    random = np.random.default_rng(1)
    table = random.standard_normal((256, 80), np.float32)
    log_f0 = np.log(random.uniform(40.0, 600.0, 500)).astype(np.float32)
    voicing = random.integers(0, 2, 500).astype(np.float32)
    wanted = harmonic_spectra(
        *(torch.from_numpy(each) for each in (table, log_f0[None], voicing[None]))
    )
    np.testing.assert_array_equal(harmonic_rows(table, log_f0, voicing), wanted[0].numpy())


@pytest.mark.parametrize("harmonic_steps", [0, 8])
def test_the_weights_are_those_of_the_module(harmonic_steps: int) -> None:
    config = dataclasses.replace(CONFIG, harmonic_steps=harmonic_steps)
    with torch.device("meta"):
        module = AcousticModel(config)
    shapes = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    assert shapes_of(config) == shapes
