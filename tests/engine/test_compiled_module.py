"""The compiled module checks what it is given by itself: whatever is passed, the answer is an
exception and never a crash.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.wavenet.networks import CONFIGS, make_network, small_config
from vocoder import _native
from vocoder.engine import StreamState
from vocoder.engine.weights import EngineWeights

LAYERS, GATE = CONFIGS["softmax"].num_layers, CONFIGS["softmax"].gate_channels


def native_arguments() -> dict[str, Any]:
    """What `_native.Network` wants, for a small network."""
    config = small_config()
    network = make_network(config)
    quantiser, weights = network.quantiser, EngineWeights.of(network)
    return {
        "isa": "portable", "precision": "fp32", "threads": 1, "dilations": config.dilations,
        "hop_length": config.hop_length, "output": config.output,
        "mixtures": config.num_mixtures, "prediction_order": config.prediction_order,
        "max_lag": config.max_lag,
        "values": quantiser.values.astype(np.float64), "edges": quantiser.edges,
        **dataclasses.asdict(weights),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "inputs",
        "values",
        "edges",
        "taps",
        "residual",
        "residual_bias",
        "skip",
        "skip_bias",
        "head1",
        "head1_bias",
        "head2",
        "head2_bias",
    ],
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
        "rings": StreamState.initial(CONFIGS["softmax"], 0).rings, "conditioning": np.zeros((1,
        LAYERS, GATE), np.float32),
        "history": np.zeros(12, np.int32), "coefficients": np.zeros((1, 3), np.float32),
        "lags": np.ones(1, np.int32),
        "temperatures": np.zeros(1, np.float32), "codes": np.zeros(10, np.int64), "outputs": None,
        "seed": 0, "position": 0,
        "first_frame": 0, "forced": False,
    }  # fmt: skip
    network.generate([_native.Job(**good)])
    with pytest.raises(ValueError, match=r"."):
        network.generate([_native.Job(**(good | wrong))])
    with pytest.raises(ValueError, match="share"):
        network.generate([_native.Job(**good), _native.Job(**good)])


def windows_arguments() -> dict[str, Any]:
    """What `_native.Windows` wants: two mels of three bins each."""
    begins, columns, weights = (
        np.array([0, 2, 4], np.int32),
        np.array([0, 1, 1, 2], np.int32),
        np.ones(4, np.float32),
    )
    shares = (
        np.array([0, 1, 3, 4], np.int32),
        np.array([0, 0, 1, 1], np.int32),
        np.ones(4, np.float32),
    )
    return {
        "isa": "portable", "hop_length": 2, "points": 4, "window": np.ones(3, np.float32),
        "mel_begins": begins, "mel_columns": columns, "mel_weights": weights,
        "bin_begins": shares[0], "bin_columns": shares[1], "bin_weights": shares[2], "floor": 1e-5,
        "largest_gain": 3.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"isa": "sse9"},
        {"hop_length": 0},
        {"points": 6},
        {"points": 2},
        {"points": -4},
        {"window": np.ones(5, np.float32)},
        {"window": np.ones(0, np.float32)},
        {"mel_begins": np.array([], np.int32)},
        {"mel_begins": np.array([0, 3, 2], np.int32)},
        {"mel_begins": np.array([1, 2, 4], np.int32)},
        {"mel_columns": np.array([0, 1, 1, 3], np.int32)},
        {"mel_columns": np.array([0, 1, -1, 2], np.int32)},
        {"bin_columns": np.array([0, 0, 1, 2], np.int32)},
        {"bin_weights": np.ones(3, np.float32)},
        {"floor": 0.0},
        {"floor": float("nan")},
        {"largest_gain": 81.0},
        {"largest_gain": -1.0},
    ],
    ids=str,
)
def test_numbers_that_make_no_windows(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        _native.Windows(**(windows_arguments() | wrong))


@pytest.mark.parametrize(("samples", "added", "mels"), [(6, 7, 2), (7, 6, 2), (7, 7, 3)])
def test_windows_beyond_their_samples(samples: int, added: int, mels: int) -> None:
    windows = _native.Windows(**windows_arguments())
    windows.add_corrected(
        np.ones(7, np.float32), np.zeros((3, 2), np.float32), np.zeros(7, np.float32)
    )
    with pytest.raises(ValueError, match=r"beyond the samples|as many columns"):
        windows.add_corrected(
            np.ones(samples, np.float32),
            np.zeros((3, mels), np.float32),
            np.zeros(added, np.float32),
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"isa": "sse9"},
        {"bins": 2},
        {"bins": 8},
        {"bins": -1},
        {"window": np.ones(0)},
        {"window": np.ones(17)},
    ],
    ids=str,
)
def test_numbers_that_make_no_predictor(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"isa": "portable", "bins": 9, "window": np.ones(4)}
    predictor = _native.Predictor(**right)
    for powers, coefficients in [((2, 8), (2, 3)), ((2, 9), (2, 4)), ((2, 9), (3, 3))]:
        with pytest.raises(ValueError, match="powers must be"):
            predictor.predict(np.ones(powers), np.zeros(coefficients, np.float32))
    with pytest.raises(ValueError, match=r"."):
        _native.Predictor(**(right | wrong))


def stack_arguments() -> dict[str, Any]:
    """What `_native.Stack` wants: 3 inputs, 4 channels, 2 outputs, 2 layers."""
    shapes = {
        "enter": (4, 3), "enter_bias": (4, ), "norms": (3, 4), "norm_biases": (3, 4), "convs": (2,
        4, 4, 3), "conv_biases": (2, 4), "mixes": (2, 4, 4),
        "mix_biases": (2, 4), "leave": (2, 4), "leave_bias": (2,),
    }  # fmt: skip
    return {
        "isa": "portable",
        **{name: np.ones(shape, np.float32) for name, shape in shapes.items()},
    }


@pytest.mark.parametrize("name", [name for name in stack_arguments() if name != "isa"])
def test_layers_of_a_wrong_shape(name: str) -> None:
    arguments = stack_arguments()
    for axis in range(arguments[name].ndim):
        if (name, axis) in (("enter", 1), ("leave", 0)):
            continue  # any number of inputs and outputs will do, of outputs with as many biases
        wrong = arguments | {name: np.ascontiguousarray(np.delete(arguments[name], 0, axis))}
        with pytest.raises(ValueError, match=r"shape|taps"):
            _native.Stack(**wrong)


def test_layers_refuse_other_frames() -> None:
    layers: list[tuple[Any, int, int]] = [
        (_native.Stack(**stack_arguments()), 3, 2),
        (
            _native.Linear(
                isa="portable",
                activation="none",
                weight=np.ones((2, 3), np.float32),
                bias=np.ones(2, np.float32),
            ),
            3,
            2,
        ),
        (
            _native.Conv(
                isa="portable",
                activation="relu",
                weight=np.ones((2, 3, 5), np.float32),
                bias=np.ones(2, np.float32),
            ),
            3,
            2,
        ),
    ]
    for layer, inputs, outputs in layers:
        layer.forward(np.ones((5, inputs), np.float32), np.empty((5, outputs), np.float32))
        layer.forward(np.ones((0, inputs), np.float32), np.empty((0, outputs), np.float32))
        for x, out in [
            ((5, inputs + 1), (5, outputs)),
            ((5, inputs), (4, outputs)),
            ((5, inputs), (5, outputs + 1)),
        ]:
            with pytest.raises(ValueError, match="x must be"):
                layer.forward(np.ones(x, np.float32), np.empty(out, np.float32))


@pytest.mark.parametrize(
    ("weight", "bias", "activation"),
    [
        ((2, 3, 4), 2, "none"),
        ((2, 3, 9), 2, "none"),
        ((2, 3, 5), 3, "none"),
        ((0, 3, 5), 0, "none"),
        ((2, 0, 5), 2, "none"),
        ((2, 3, 5), 2, "tanh"),
    ],
)
def test_numbers_that_make_no_layer(
    weight: tuple[int, int, int], bias: int, activation: str
) -> None:
    with pytest.raises(ValueError, match=r"."):
        _native.Conv(
            isa="portable",
            activation=activation,
            weight=np.ones(weight, np.float32),
            bias=np.ones(bias, np.float32),
        )
    if weight[2] == 5:
        with pytest.raises(ValueError, match=r"."):
            _native.Linear(
                isa="portable",
                activation=activation,
                weight=np.ones(weight[:2], np.float32),
                bias=np.ones(bias, np.float32),
            )


def test_as_many_samples_without_emphasis_as_with_it() -> None:
    with pytest.raises(ValueError, match="as many samples"):
        _native.de_emphasise(np.ones(3, np.float32), 0.5, 0.0, np.empty(4, np.float32))
