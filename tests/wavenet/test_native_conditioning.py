"""The conditioning network in C++ is the one in torch, on every instruction set."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from tests.wavenet.networks import CONFIGS, make_network
from vocoder.compiled import available_isas
from vocoder.config import FRAME_POSITIONS, WaveNetConfig


def inputs(config: WaveNetConfig, batch: int, frames: int) -> tuple[Tensor, ...]:
    random = torch.Generator().manual_seed(frames)
    log_mel = torch.randn(batch, frames, config.n_mels, generator=random)
    log_f0, voicing = (
        5.0 + torch.rand(batch, frames, generator=random),
        torch.rand(batch, frames, generator=random),
    )
    categories = torch.randint(0, 3, (batch, frames, 4), generator=random)
    positions = torch.rand(batch, frames, len(FRAME_POSITIONS), generator=random)
    return (
        log_mel,
        log_f0,
        voicing,
        categories,
        positions,
        torch.arange(batch) % config.num_speakers,
    )


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("context", [1, 2, 3])
@pytest.mark.parametrize(("batch", "frames"), [(1, 1), (1, 65), (3, 20)])
@torch.no_grad()
def test_it_is_what_torch_makes_of_it(isa: str, context: int, batch: int, frames: int) -> None:
    config = dataclasses.replace(CONFIGS["softmax"], cond_context=context, cond_channels=37)
    conditioning = make_network(config).conditioning.eval()
    given = inputs(config, batch, frames)
    before = conditioning(*given)
    conditioning.use_native(isa)
    made = conditioning(*given)
    assert frames == 1 or not torch.equal(made, before), "it was not computed anew"
    torch.testing.assert_close(made, before, rtol=0, atol=2e-5 * float(before.abs().max()))


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
@torch.no_grad()
def test_a_context_that_it_does_not_know_stays_with_torch() -> None:
    config = dataclasses.replace(CONFIGS["softmax"], cond_context=4)
    conditioning = make_network(config).conditioning.eval()
    given = inputs(config, 1, 30)
    before = conditioning(*given)
    conditioning.use_native()
    torch.testing.assert_close(conditioning(*given), before, rtol=0, atol=0)
