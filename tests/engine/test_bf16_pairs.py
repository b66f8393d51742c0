"""AVX512_BF16: the native engine says, to the last bit, what the definition of its instruction
says, step by step in numpy.

Where the processor has the instruction, or the native engine was built with it emulated (`make
bf16`).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.engine.engines import PAIRED, job_for, whole_conditioning
from tests.wavenet.networks import CONFIGS, make_network, random_codes, small_config
from vocoder import _native
from vocoder.compiled import available_isas
from vocoder.engine import Codes
from vocoder.engine.native import NativeEngine
from vocoder.engine.weights import EngineWeights
from vocoder.wavenet.network import WaveNet

Floats = npt.NDArray[np.float32]

# the smallest normal float, and from where on numbers are rounded up to it
SMALLEST, BELOW = (
    2.0**-126,
    2.0**-126 * (1 - 2.0**-25),
)
SIZES = {
    "even": small_config(prediction_order=0, max_lag=0),
    "odd": small_config(
        kernel_size=3, residual=7, gate=26, skip=19, head=37, prediction_order=0, max_lag=0
    ),
    "more than one panel": small_config(
        kernel_size=2,
        residual=33,
        gate=150,
        skip=150,
        head=20,
        levels=256,
        prediction_order=0,
        max_lag=0,
    ),
}

needs_instruction = pytest.mark.skipif(
    not PAIRED, reason="no AVX512_BF16 here, and this build does not emulate it: make bf16 does"
)


def nearest(x: Floats) -> Floats:
    """To bf16, ties to even; denormals to zero. As floats."""
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)
    return np.where(np.abs(x) < SMALLEST, np.float32(0), rounded)


def fused(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], sums: Floats) -> Floats:
    """a * b + sums, rounded once; what is denormal is zero. (Of two bf16 the product is exact in
    double, see native/pairs.h.)
    """
    exact = a * b + sums.astype(np.float64)
    return np.where(np.abs(exact) < BELOW, 0.0, exact).astype(np.float32)


def product(begin: Floats, x: Floats, weights: Floats) -> Floats:
    """begin [O] + x [I] times weights [I, O], in pairs of inputs of which the second comes
    first.
    """
    odd = len(x) % 2
    inputs, rows = (
        np.pad(nearest(x), (0, odd)).astype(np.float64),
        np.pad(nearest(weights), ((0, odd), (0, 0))).astype(np.float64),
    )
    sums = begin
    for i in range(0, len(inputs), 2):
        sums = fused(inputs[i + 1], rows[i + 1], sums)
        sums = fused(inputs[i], rows[i], sums)
    return sums


def gate(isa: str, pre: Floats) -> Floats:
    """The kernel's own, whose accuracy is tested elsewhere, of the halves of [G]."""
    half = len(pre) // 2
    whole = -(-half // 16) * 16
    out = np.empty(whole, np.float32)
    _native.gate(
        isa,
        "bf16",
        np.pad(pre[:half], (0, whole - half)),
        np.pad(pre[half:], (0, whole - half)),
        out,
    )
    return out[:half]


def outputs_by_definition(network: WaveNet, codes: Codes, conditioning: Floats, isa: str) -> Floats:
    """The equations of `vocoder.wavenet` under teacher forcing, T samples, every product as above.
    [T, O].
    """
    config, weights = network.config, EngineWeights.of(network)
    size = config.residual_channels
    pasts = [
        [np.zeros(size, np.float32)] * ((config.kernel_size - 1) * dilation)
        for dilation in config.dilations
    ]
    previous = config.quantisation_levels // 2
    found = []
    for t, code in enumerate(codes):
        x, gates = weights.inputs[0, previous], []
        for layer, dilation in enumerate(config.dilations):
            sums = np.zeros(config.gate_channels, np.float32)
            for tap in range(config.kernel_size - 1):
                taps = weights.taps[layer, tap * size : (tap + 1) * size]
                sums = product(
                    sums,
                    pasts[layer][len(pasts[layer]) - (config.kernel_size - 1 - tap) * dilation],
                    taps,
                )
            pre = product(
                sums + conditioning[t // config.hop_length, layer],
                x,
                weights.taps[layer, (config.kernel_size - 1) * size :],
            )
            pasts[layer].append(x)
            gates.append(gate(isa, pre))
            if layer < config.num_layers - 1:
                x = product(x + weights.residual_bias[layer], gates[-1], weights.residual[layer])
        sums = weights.skip_bias
        # no pair has gates of two blocks
        for z, rows in zip(gates, np.split(weights.skip, config.num_layers), strict=True):
            sums = product(sums, z, rows)
        hidden = product(weights.head1_bias, np.maximum(sums, 0), weights.head1)
        found.append(product(weights.head2_bias, np.maximum(hidden, 0), weights.head2))
        previous = int(code)
    return np.stack(found)


@needs_instruction
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("isa", PAIRED)
def test_outputs_are_those_of_the_definition(isa: str, size: str) -> None:
    network = make_network(SIZES[size])
    engine = NativeEngine(network, isa=isa, precision="bf16")
    codes = random_codes(engine.config, 30)
    found = engine.logits(job_for(engine.start(2), len(codes)), codes)
    np.testing.assert_array_equal(
        found, outputs_by_definition(network, codes, whole_conditioning(engine.config, 2, 3), isa)
    )


@pytest.mark.skipif(
    len(PAIRED) < 2,
    reason=(
        "not both here; the program of `make bf16` compares them wherever the processor has "
        "the instruction"
    ),
)
def test_the_instruction_and_its_definition_say_the_same() -> None:
    """Where a build that emulates it runs on a processor that offers it; tests/native/pairs.cpp
    compares them by themselves.
    """
    for config in CONFIGS.values():
        network = make_network(config)
        engines = [NativeEngine(network, isa=isa, precision="bf16") for isa in PAIRED]
        assert (
            len({engine.advance([job_for(engine.start(3), 60)])[0].tobytes() for engine in engines})
            == 1
        )


@pytest.mark.skipif("SONANT_NATIVE" in os.environ, reason="not the native engine that is installed")
def test_what_is_installed_emulates_nothing() -> None:
    assert not [isa for isa in available_isas() if isa.endswith("emulated")]


@pytest.mark.skipif("avx512bf16" not in available_isas(), reason="no AVX512_BF16 here")
def test_intels_processors_take_the_instruction_only_by_name() -> None:
    """There it is slower than what bf16 is made of otherwise."""
    fastest = next(isa for isa in available_isas() if not isa.endswith("emulated"))
    assert (fastest == "avx512bf16") == (
        "GenuineIntel" not in Path("/proc/cpuinfo").read_text("utf-8")
    )
