"""The laws that every engine keeps (DESIGN and ARCHITECTURE), on every engine and instruction set
that runs here.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.engines import (
    ENGINES,
    engine_named,
    frames_from,
    job_for,
    tolerance,
    whole_conditioning,
    whole_predictors,
)
from tests.wavenet.networks import CONFIGS, make_network, outputs, random_codes
from vocoder.engine import Codes, Engine, StreamState

STREAMS = 4
# Who takes part in a call, and with how many samples: streams join, leave and finish at any time.
CALLS = st.lists(
    st.dictionaries(st.integers(0, STREAMS - 1), st.integers(0, 25), min_size=1),
    min_size=1,
    max_size=6,
)


@functools.cache
def engine_of(name: str, config: str = "softmax") -> Engine:
    return engine_named(name, make_network(CONFIGS[config]))


def generate(engine: Engine, seed: int, num_samples: int, **options: float) -> Codes:
    """The first codes of a stream, in one call."""
    return engine.advance([job_for(engine.start(seed), num_samples, **options)])[0]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", ENGINES)
def test_step_is_forward(name: str, config: str) -> None:
    """Law 2: teacher-forced cached generation gives the outputs of the parallel network."""
    engine, frames = engine_of(name, config), 6
    codes = random_codes(engine.config, frames * engine.config.hop_length)
    added = whole_conditioning(engine.config, 3, frames)
    stepped = engine.logits(job_for(engine.start(3), len(codes)), codes)
    predicted = whole_predictors(engine.config, 3, frames)
    parallel = outputs(
        make_network(engine.config),
        torch.from_numpy(codes).unsqueeze(0),
        torch.from_numpy(added).unsqueeze(0),
        predicted,
    )[0]
    assert parallel.std() > 0.1, "the network must say something"
    torch.testing.assert_close(torch.from_numpy(stepped), parallel, rtol=0, atol=tolerance(name))


@pytest.mark.parametrize(
    "name, config",
    [("reference", "softmax"), *((name, config) for name in ENGINES[1:] for config in CONFIGS)],
)
def test_chunking_and_company_are_invisible(name: str, config: str) -> None:
    """Laws 3 and 4: whatever calls a stream's samples are divided among, and whoever shares them,
    its codes and its state are the same bytes.
    """
    engine = engine_of(name, config)

    @settings(max_examples=10, deadline=None, derandomize=True)
    @given(calls=CALLS)
    def hold(calls: list[dict[int, int]]) -> None:
        states = [engine.start(seed) for seed in range(STREAMS)]
        made: list[list[Codes]] = [[] for _ in range(STREAMS)]
        for call in calls:
            codes = engine.advance(
                [job_for(states[stream], samples) for stream, samples in call.items()]
            )
            for stream, some in zip(call, codes, strict=True):
                made[stream].append(some)
        for stream in {stream for call in calls for stream in call}:
            together = np.concatenate(made[stream])
            alone = engine.start(stream)
            assert (
                engine.advance([job_for(alone, len(together))])[0].tobytes() == together.tobytes()
            )
            assert alone.to_bytes() == states[stream].to_bytes()

    hold()


@pytest.mark.parametrize("name", ENGINES)
def test_teacher_forcing_moves_the_state_as_generation_does(name: str) -> None:
    engine = engine_of(name)
    drawn, forced = engine.start(8), engine.start(8)
    codes = engine.advance([job_for(drawn, 43)])[0]
    outputs = [
        engine.logits(job_for(forced, 20), codes[:20]),
        engine.logits(job_for(forced, 23), codes[20:]),
    ]
    assert forced.to_bytes() == drawn.to_bytes()
    whole = engine.logits(job_for(engine.start(8), 43), codes)
    assert np.concatenate(outputs).tobytes() == whole.tobytes()


def test_state_goes_on_in_another_process(tmp_path: Path) -> None:
    """Law 5: saved to bytes in the middle, loaded elsewhere, on to the same codes and the same
    bytes.
    """
    for name in ENGINES:
        state = engine_of(name).start(2**63 + 5)
        engine_of(name).advance([job_for(state, 37, seed=1)])
        (tmp_path / name).write_bytes(state.to_bytes())
    program = """
import sys
from pathlib import Path
import tests.conftest  # the same native engine
from tests.engine.engines import ENGINES, job_for
from tests.engine.test_laws import engine_of
from vocoder.engine import StreamState
for name in ENGINES:
    file = Path(sys.argv[1]) / name
    state = StreamState.from_bytes(file.read_bytes(), engine_of(name).config)
    codes = engine_of(name).advance([job_for(state, 40, seed=1)])[0]
    file.write_bytes(codes.tobytes() + state.to_bytes())
"""
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, cwd=Path(__file__).parents[2]
    )
    for name in ENGINES:
        state = engine_of(name).start(2**63 + 5)
        codes = engine_of(name).advance([job_for(state, 77, seed=1)])[0]
        assert (tmp_path / name).read_bytes() == codes[37:].tobytes() + state.to_bytes()


@pytest.mark.parametrize("name", ENGINES)
def test_a_copy_is_independent(name: str) -> None:
    engine = engine_of(name)
    state = engine.start(4)
    engine.advance([job_for(state, 13)])
    before, copied = state.to_bytes(), state.copy()
    (codes,) = engine.advance([job_for(copied, 20)])
    assert state.to_bytes() == before
    assert engine.advance([job_for(state, 20)])[0].tobytes() == codes.tobytes()


@pytest.mark.parametrize("name", ENGINES)
def test_randomness_is_a_function_of_the_seed(name: str) -> None:
    """Law 6: the same seed, the same codes; another seed in any bit, others; temperature 0 needs
    none.
    """
    engine = engine_of(name)

    def codes(seed: int, temperature: float) -> bytes:
        job = job_for(engine.start(seed), 40, seed=1, temperature=temperature)
        return engine.advance([job])[0].tobytes()

    assert codes(1, 1.0) == codes(1, 1.0)
    assert len({codes(seed, 1.0) for seed in (1, 2, 1 + 2**32, 1 + 2**63)}) == 4
    assert len({codes(seed, 0.0) for seed in (1, 2, 1 + 2**32, 1 + 2**63)}) == 1


@pytest.mark.parametrize("name", ENGINES)
def test_argmax_is_the_most_probable_code(name: str) -> None:
    engine = engine_of(name)
    codes = generate(engine, 0, 60, temperature=0.0)
    logits = engine.logits(job_for(engine.start(0), 60), codes)
    np.testing.assert_array_equal(codes, logits.argmax(axis=1))


@pytest.mark.parametrize("name", ENGINES)
def test_the_frames_of_a_job_are_found_wherever_it_starts(name: str) -> None:
    """A job may bring more frames than its samples need, from any first frame on."""
    engine = engine_of(name)
    whole, parts = engine.start(6), engine.start(6)
    (expected,) = engine.advance([job_for(whole, 75)])
    added, predicted = (
        whole_conditioning(engine.config, 6, 9),
        whole_predictors(engine.config, 6, 9),
    )
    found = []
    for samples, first in ((25, 0), (14, 1), (36, 3)):
        job = job_for(parts, samples)
        fields = {
            "conditioning": added[first:],
            "predictors": frames_from(predicted, first),
            "first_frame": first,
            "temperatures": np.ones(9 - first, np.float32),
        }
        found.append(engine.advance([type(job)(state=job.state, num_samples=samples, **fields)])[0])
    assert np.concatenate(found).tobytes() == expected.tobytes()


def test_the_state_is_under_a_mebibyte_at_the_reference_size() -> None:
    from vocoder.engine.benchmark import reference_config

    assert StreamState.initial(reference_config(), 0).nbytes < 2**20
