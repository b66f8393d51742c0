"""The acoustic model in C++ is the one in torch, on every instruction set, whatever its sizes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vocoder.acoustic.model import AcousticModel, Stack
from vocoder.compiled import NATIVE_TAPS, available_isas
from vocoder.config import AcousticConfig, LinguisticConfig

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
    stack.use_native(isa)
    made = stack(x, mask)
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
    stack.use_native(isa)
    torch.testing.assert_close(
        stack(x, mask).double(), wanted, rtol=0, atol=2e-5 * float(wanted.abs().max())
    )


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
def test_padding_changes_nothing_and_a_batch_is_its_rows() -> None:
    stack = make_stack(6, 20, 5, 2, 5)
    stack.use_native()
    long, short = torch.randn(1, 30, 6), torch.randn(1, 17, 6)
    batch = torch.cat([long, nn.functional.pad(short, (0, 0, 0, 13), value=9.0)])
    mask = torch.ones(2, 30, 1)
    mask[1, 17:] = 0
    made = stack(batch, mask)
    torch.testing.assert_close(made[:1], stack(long, torch.ones(1, 30, 1)), rtol=0, atol=0)
    torch.testing.assert_close(made[1:, :17], stack(short, torch.ones(1, 17, 1)), rtol=0, atol=0)
    assert not made[1, 17:].any()


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
@pytest.mark.parametrize("taps", [1, 9])
def test_taps_that_it_does_not_know_stay_with_torch(taps: int) -> None:
    assert taps not in NATIVE_TAPS
    stack = make_stack(4, 8, 3, 1, taps)
    x, mask = torch.randn(1, 12, 4), torch.ones(1, 12, 1)
    before = stack(x, mask)
    stack.use_native()
    torch.testing.assert_close(stack(x, mask), before, rtol=0, atol=0)


@pytest.mark.parametrize("isa", available_isas())
def test_the_whole_model(isa: str) -> None:
    config = AcousticConfig(
        channels=24, encoder_layers=2, decoder_layers=2, kernel_size=5, predictor_channels=12,
        num_speakers=2, n_mels=20,
        linguistic=LinguisticConfig(category_sizes=(9, 4, 4, 4)),
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(4)
        model = AcousticModel(config).eval().requires_grad_(False)
        categories, positions = torch.randint(1, 4, (1, 15, 4)), torch.rand(1, 15, 4)
    mask, speaker = torch.ones(1, 15, 1), torch.tensor([1])

    def spoken() -> tuple[np.ndarray, ...]:
        encoded = model.encode(categories, positions, speaker, mask)
        frames = torch.cat(
            [
                encoded.repeat_interleave(3, dim=1),
                torch.rand(1, 45, 2, generator=torch.Generator().manual_seed(3)),
            ],
            dim=-1,
        )
        whole = torch.ones(1, 45, 1)
        log_f0, voicing = model.predict_pitch(frames, whole)
        log_mel = model.predict_log_mel(frames, log_f0, voicing.sigmoid(), whole)
        return tuple(
            part.numpy()
            for part in (
                encoded,
                model.predict_log_durations(encoded, mask),
                log_f0,
                voicing,
                log_mel,
            )
        )

    before = spoken()
    names = list(model.state_dict())
    model.use_native(isa)
    assert list(model.state_dict()) == names, "a voice that speaks can be trained on"
    for name, old, new in zip(
        ("encoded", "durations", "log-F0", "voicing", "log-mel"), before, spoken(), strict=True
    ):
        assert not np.array_equal(old, new), f"{name} was not computed anew"
        np.testing.assert_allclose(new, old, rtol=0, atol=3e-5, err_msg=name)
