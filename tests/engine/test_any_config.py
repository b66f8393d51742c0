"""Any network at all: whatever the sizes, every engine says what the reference says, alone and in
company.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.engines import ENGINES, EXACT, engine_named, job_for
from tests.wavenet.networks import make_network, random_codes, small_config
from vocoder.config import WaveNetConfig


@st.composite
def configs(draw: st.DrawFn) -> WaveNetConfig:
    """Channels that are and are not multiples of a vector, one layer or several, rings of any
    length, few levels and many.
    """
    cycles = draw(st.integers(1, 3))
    sizes = st.integers(1, 40)
    output = draw(st.sampled_from(["softmax", "logistic_mixture", "gaussian"]))
    return small_config(
        output=output,  # type: ignore[arg-type]
        layers=cycles * draw(st.integers(1, 3)),
        cycles=cycles,
        kernel_size=draw(st.integers(2, 4)),
        residual=draw(sizes),
        gate=2 * draw(sizes),
        skip=draw(sizes),
        head=draw(sizes),
        levels=draw(st.sampled_from([2, 3, 17, 256, 512])),
        hop_length=draw(st.integers(1, 7)),
        prediction_order=draw(st.integers(0, 20)),
        max_lag=draw(st.integers(0, 30)),
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(config=configs())
def test_exact_engines_say_what_the_reference_says(config: WaveNetConfig) -> None:
    network = make_network(config)
    codes = random_codes(config, 20)
    reference, *others = (engine_named(name, network) for name in EXACT)
    expected = reference.logits(job_for(reference.start(1), 20), codes)
    scale = max(float(np.abs(expected).max()), 1.0)
    for engine in others:
        found = engine.logits(job_for(engine.start(1), 20), codes)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * scale)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(config=configs())
def test_company_is_invisible_in_any_network(config: WaveNetConfig) -> None:
    network = make_network(config)
    for name in ENGINES[1:]:
        engine = engine_named(name, network)
        together = engine.advance([job_for(engine.start(seed), 12 + seed) for seed in range(8)])
        for seed, codes in enumerate(together):
            assert (
                engine.advance([job_for(engine.start(seed), 12 + seed)])[0].tobytes()
                == codes.tobytes()
            ), name
