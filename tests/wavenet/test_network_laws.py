"""Law 1: causality, and the receptive field as it is measured."""

from __future__ import annotations

import pytest
import torch

from tests.engine.small_networks import CONFIGS, HOP, make_network
from vocoder.config import WaveNetConfig
from vocoder.errors import ConfigError

FRAMES = 20
TOTAL = FRAMES * HOP


@pytest.mark.parametrize("name", CONFIGS)
def test_causality_and_receptive_field(name: str) -> None:
    """A change of code t changes no output up to t, changes the next, and none further than the receptive field."""
    network = make_network(CONFIGS[name])
    field = network.receptive_field
    torch.manual_seed(0)
    conditioning = torch.randn(1, FRAMES, network.config.num_layers, network.config.gate_channels) * 0.5
    codes = torch.randint(0, network.config.quantisation_levels, (1, TOTAL))
    before = network.forward(codes, conditioning)
    at = 10
    changed = codes.clone()
    changed[0, at] = (changed[0, at] + network.config.quantisation_levels // 2) % network.config.quantisation_levels
    differs = (network.forward(changed, conditioning) != before).any(dim=-1)[0]
    touched = differs.nonzero().flatten()
    assert int(touched.min()) == at + 1
    assert int(touched.max()) == at + field


def test_conditioning_sees_its_frames_and_no_others() -> None:
    network = make_network(CONFIGS["softmax"])
    torch.manual_seed(0)
    frames = {
        "log_mel": torch.randn(1, FRAMES, 4),
        "log_f0": torch.randn(1, FRAMES) * 0.1 + 5,
        "voicing": torch.rand(1, FRAMES),
        "categories": torch.ones(1, FRAMES, 4, dtype=torch.long),
        "positions": torch.rand(1, FRAMES, 6),
        "speaker": torch.zeros(1, dtype=torch.long),
    }
    before = network.condition(**frames)
    assert before.shape == (1, FRAMES, network.config.num_layers, network.config.gate_channels)
    context = network.config.cond_context
    for name in ("log_mel", "log_f0", "voicing", "categories", "positions"):
        changed = {key: value.clone() for key, value in frames.items()}
        changed[name][0, 10] += 1
        touched = (network.condition(**changed) != before).flatten(2).any(-1)[0].nonzero().flatten()
        assert touched.tolist() == list(range(10 - context, 10 + context + 1)), name


@pytest.mark.parametrize(
    "wrong",
    [{"kernel_size": 1}, {"gate_channels": 31}, {"num_layers": 5}, {"quantisation_levels": 1}, {"output": "cauchy"}, {"residual_channels": 0}],
)
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        WaveNetConfig.from_dict(CONFIGS["softmax"].to_dict() | wrong | {"linguistic": CONFIGS["softmax"].linguistic.to_dict()})


def test_the_config_survives_its_dictionary() -> None:
    for config in CONFIGS.values():
        assert WaveNetConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ConfigError, match="colour"):
        WaveNetConfig.from_dict(CONFIGS["softmax"].to_dict() | {"colour": 1})
