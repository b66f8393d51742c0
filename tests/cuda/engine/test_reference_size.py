"""The bars of the engine of the GPU at the size that they are set for: outputs beside the reference
engine's, in the midst of a stream.

By then every queue is full and has been gone round, the longest of 512 samples; from its beginning
on that would be interpreted for minutes.
`pytest -s -m slow` shows the figures.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
import torch

from tests.cuda.engine.test_laws import DEVICE, THOROUGH
from tests.engine.engines import job_for
from vocoder.cuda.engine import CudaEngine
from vocoder.engine import Codes, StreamState
from vocoder.engine.benchmark import reference_config
from vocoder.engine.reference import ReferenceEngine
from vocoder.wavenet.network import WaveNet

BARS = {"fp32": 1e-3, "bf16": 2e-2}
BEFORE, SAMPLES = 1040, 12


@functools.cache
def network() -> WaveNet:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return WaveNet(reference_config()).eval()


@functools.cache
def said() -> tuple[bytes, Codes]:
    """A stream's state in its midst, and what it says next."""
    reference = ReferenceEngine(network())
    state = reference.start(3)
    reference.advance([job_for(state, BEFORE)])
    parked = state.to_bytes()
    (codes,) = reference.advance([job_for(state, SAMPLES)])
    return parked, codes


@pytest.mark.slow
@pytest.mark.parametrize(
    "precision, shape",
    [
        ("bf16", "chain"),
        pytest.param("bf16", "whole", marks=THOROUGH),
        pytest.param("fp32", "whole", marks=THOROUGH),
    ],
)
def test_outputs_in_the_midst_of_a_stream_are_the_references(precision: str, shape: str) -> None:
    parked, codes = said()
    engine, reference = (
        CudaEngine(network(), device=DEVICE, precision=precision, shape=shape),
        ReferenceEngine(network()),
    )
    config = engine.config
    assert max(config.dilations) * (config.kernel_size - 1) < BEFORE / 2
    found = engine.logits(
        job_for(engine.adopt(StreamState.from_bytes(parked, config)), SAMPLES), codes
    )
    expected = reference.logits(job_for(StreamState.from_bytes(parked, config), SAMPLES), codes)
    forgotten = StreamState.from_bytes(parked, config)
    forgotten.put_rings(np.zeros_like(forgotten.rings))
    without = reference.logits(job_for(forgotten, SAMPLES), codes)
    apart, past = float(np.abs(found - expected).max()), float(np.abs(without - expected).max())
    print(
        f"{precision} {shape}: at most {apart:.1e} apart; without a past {past:.1e}; deviation "
        f"{expected.std():.2f}"
    )
    assert past > 2 * max(BARS.values()), "the past must show"
    assert apart <= BARS[precision]
