"""The conditioning network: which frames it sees, and that every input counts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.wavenet.networks import make_network, small_config

FRAMES, CHANGED = 12, 6


def frames() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "log_mel": torch.randn(1, FRAMES, 4, generator=generator),
        "log_f0": torch.randn(1, FRAMES, generator=generator) * 0.1 + 5.0,
        "voicing": torch.rand(1, FRAMES, generator=generator),
        "categories": torch.ones(1, FRAMES, 4, dtype=torch.int64),
        "positions": torch.rand(1, FRAMES, 6, generator=generator),
        "speaker": torch.zeros(1, dtype=torch.int64),
    }


@pytest.mark.parametrize("name", ["log_mel", "log_f0", "voicing", "categories", "positions"])
def test_a_frame_reaches_its_context_and_no_further(name: str) -> None:
    config = small_config()
    network = make_network(config)
    before = network.condition(**frames())
    assert before.shape == (1, FRAMES, config.num_layers, config.gate_channels)
    changed = frames()
    changed[name][0, CHANGED] += 1
    touched = (network.condition(**changed) != before).flatten(2).any(-1)[0].nonzero().flatten()
    assert touched.tolist() == list(
        range(CHANGED - config.cond_context, CHANGED + config.cond_context + 1)
    )


def test_a_speaker_reaches_every_frame() -> None:
    network = make_network(small_config())
    other = frames() | {"speaker": torch.ones(1, dtype=torch.int64)}
    assert (network.condition(**frames()) != network.condition(**other)).flatten(2).any(-1).all()


def test_unknown_phonemes_add_nothing() -> None:
    """Category 0 means absent, in every column."""
    network = make_network(small_config())
    for embedding in network.conditioning.embeddings:
        assert not embedding(torch.zeros((), dtype=torch.int64)).any()
