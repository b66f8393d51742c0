"""The compiled module checks what it is given by itself: whatever is passed, the answer is an exception and never a crash."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.wavenet.networks import CONFIGS, make_network, small_config
from vocoder.engine import StreamState, _native
from vocoder.engine.weights import EngineWeights

LAYERS, GATE = CONFIGS["softmax"].num_layers, CONFIGS["softmax"].gate_channels


def native_arguments() -> dict[str, Any]:
    """What `_native.Network` wants, for a small network."""
    config = small_config()
    network = make_network(config)
    quantiser, weights = network.quantiser, EngineWeights.of(network)
    return {
        "isa": "portable", "precision": "fp32", "threads": 1, "dilations": config.dilations, "hop_length": config.hop_length, "output": config.output,
        "mixtures": config.num_mixtures, "prediction_order": config.prediction_order, "max_lag": config.max_lag,
        "values": quantiser.values.astype(np.float64), "edges": quantiser.edges, **dataclasses.asdict(weights),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["inputs", "values", "edges", "taps", "residual", "residual_bias", "skip", "skip_bias", "head1", "head1_bias", "head2", "head2_bias"]
)
def test_weights_of_a_wrong_shape(name: str) -> None:
    arguments = native_arguments()
    arguments[name] = np.ascontiguousarray(arguments[name][:-1])
    with pytest.raises(ValueError, match=name):
        _native.Network(**arguments)


@pytest.mark.parametrize(
    "wrong",
    [
        {"dilations": ()},
        {"dilations": (1, 2, 4, 8, 0)},
        {"hop_length": 0},
        {"output": "cauchy"},
        {"isa": "sse9"},
        {"precision": "fp8"},
        {"threads": 0},
        {"mixtures": 0},
        {"prediction_order": -1},
        {"max_lag": -1},
    ],
    ids=str,
)
def test_numbers_that_make_no_network(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        _native.Network(**(native_arguments() | wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rings": np.zeros(7, np.float32)},
        {"conditioning": np.zeros((1, LAYERS, GATE + 2), np.float32)},
        {"temperatures": np.zeros(2, np.float32)},
        {"outputs": np.zeros((9, 32), np.float32)},
        {"history": np.full(12, 32, np.int32)},
        {"history": np.full(12, -1, np.int32)},
        {"history": np.zeros(11, np.int32)},
        {"coefficients": np.zeros((1, 2), np.float32)},
        {"lags": np.zeros(1, np.int32)},
        {"lags": np.full(1, 13, np.int32)},
        {"lags": np.ones(2, np.int32)},
        {"position": -1},
        {"position": 2**62},
        {"first_frame": 1},
        {"first_frame": -1},
        {"codes": np.zeros(11, np.int64)},
        {"codes": np.full(10, 32), "forced": True},
    ],
    ids=str,
)
def test_jobs_that_do_not_fit(wrong: dict[str, Any]) -> None:
    network = _native.Network(**native_arguments())
    good: dict[str, Any] = {
        "rings": StreamState.initial(CONFIGS["softmax"], 0).rings, "conditioning": np.zeros((1, LAYERS, GATE), np.float32),
        "history": np.zeros(12, np.int32), "coefficients": np.zeros((1, 3), np.float32), "lags": np.ones(1, np.int32),
        "temperatures": np.zeros(1, np.float32), "codes": np.zeros(10, np.int64), "outputs": None, "seed": 0, "position": 0,
        "first_frame": 0, "forced": False,
    }  # fmt: skip
    network.generate([_native.Job(**good)])
    with pytest.raises(ValueError, match=r"."):
        network.generate([_native.Job(**(good | wrong))])
    with pytest.raises(ValueError, match="share"):
        network.generate([_native.Job(**good), _native.Job(**good)])
