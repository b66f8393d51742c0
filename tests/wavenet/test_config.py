"""A network's config refuses nonsense and survives its dictionary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wavenet.networks import CONFIGS, small_config
from vocoder.config import WaveNetConfig
from vocoder.errors import ConfigError


@pytest.mark.parametrize(
    "wrong",
    [
        {"kernel_size": 1},
        {"gate_channels": 31},
        {"num_cycles": 2},
        {"quantisation_levels": 1},
        {"output": "cauchy"},
        {"residual_channels": 0},
    ],
    ids=str,
)
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    plain = small_config().to_dict() | wrong
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        WaveNetConfig.from_dict(plain)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_dictionary_is_lossless(name: str) -> None:
    assert WaveNetConfig.from_dict(CONFIGS[name].to_dict()) == CONFIGS[name]


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ConfigError, match="colour"):
        WaveNetConfig.from_dict(small_config().to_dict() | {"colour": 1})
