"""The laws that every engine keeps (ARCHITECTURE.md), on every engine and instruction set that runs here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.small_networks import CONFIGS, FRAMES, HOP, make_conditioning, make_job, make_network, whole
from vocoder.engine import Engine, StreamState, make_engine
from vocoder.engine.native import NativeEngine, available_isas
from vocoder.errors import EngineError

TOTAL = FRAMES * HOP
KINDS = ("reference", *(f"native {isa}" for isa in available_isas()))


def engine_of(kind: str, config: str = "softmax") -> Engine:
    network = make_network(CONFIGS[config])
    if kind == "reference":
        return make_engine(network, "reference")
    return NativeEngine(network, isa=kind.split()[1])


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("kind", KINDS)
def test_step_is_forward(kind: str, config: str) -> None:
    """Law 2, and with it law 7: teacher-forced cached generation gives the outputs of the parallel network."""
    engine, network = engine_of(kind, config), make_network(CONFIGS[config])
    conditioning = make_conditioning(CONFIGS[config])
    codes = np.random.default_rng(1).integers(0, CONFIGS[config].quantisation_levels, TOTAL)
    stepped = engine.logits(make_job(engine.start(0), conditioning, TOTAL), codes)
    parallel = network.forward(torch.from_numpy(codes)[None], torch.from_numpy(conditioning)[None])[0].numpy()
    np.testing.assert_allclose(stepped, parallel, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("kind", KINDS[1:])
def test_fast_is_reference(kind: str, config: str) -> None:
    """Law 7: the same seed draws almost the same codes; one that differs by rounding changes all after it, so the first difference counts."""
    conditioning = make_conditioning(CONFIGS[config])
    expected = whole(engine_of("reference", config), seed=5, conditioning=conditioning)
    drawn = whole(engine_of(kind, config), seed=5, conditioning=conditioning)
    if CONFIGS[config].output == "softmax":
        np.testing.assert_array_equal(drawn, expected)
    else:
        assert np.abs(drawn - expected).max() <= 8  # of 65,536 levels: rounding of a continuous value, fed back


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, TOTAL), max_size=12))
def test_chunking_is_invisible(kind: str, cuts: list[int]) -> None:
    """Law 3."""
    for config in ("dilations from 8 on", "three taps"):
        engine = engine_of(kind, config)
        conditioning = make_conditioning(CONFIGS[config])
        state, parts = engine.start(9), []
        for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), TOTAL], strict=True):
            parts.append(engine.advance([make_job(state, conditioning, end - start)])[0])
        np.testing.assert_array_equal(np.concatenate(parts), whole(engine, seed=9, conditioning=conditioning))


@pytest.mark.parametrize("kind", KINDS)
def test_company_is_invisible(kind: str) -> None:
    """Law 4: streams join and leave, each is what it is alone."""
    engine = engine_of(kind)
    conditionings = [make_conditioning(CONFIGS["softmax"], seed=seed) for seed in range(3)]
    alone = [whole(engine, seed=seed, conditioning=conditionings[seed]) for seed in range(3)]
    states = [engine.start(seed) for seed in range(3)]
    made: list[list[np.ndarray]] = [[], [], []]
    for present, samples in (((0,), 7), ((0, 1), 20), ((2, 1, 0), 33), ((2, 0), 1), ((1,), 30)):
        jobs = [make_job(states[stream], conditionings[stream], samples) for stream in present]
        for stream, codes in zip(present, engine.advance(jobs), strict=True):
            made[stream].append(codes)
    for stream in range(3):
        together = np.concatenate(made[stream])
        np.testing.assert_array_equal(together, alone[stream][: len(together)])


@pytest.mark.parametrize("kind", KINDS)
def test_state_is_a_value(kind: str, tmp_path: Path) -> None:
    """Law 5: saved to bytes in the middle, loaded in another process, on to the same codes."""
    engine = engine_of(kind)
    conditioning = make_conditioning(CONFIGS["softmax"])
    state = engine.start(11)
    engine.advance([make_job(state, conditioning, 37)])
    (tmp_path / "state").write_bytes(state.to_bytes())
    program = f"""
import sys
import numpy as np
from tests.engine.small_networks import CONFIGS, make_conditioning, make_job
from tests.engine.test_laws import TOTAL, engine_of
from vocoder.engine import StreamState
engine = engine_of({kind!r})
state = StreamState.from_bytes(open(sys.argv[1], "rb").read(), engine.config)
codes = engine.advance([make_job(state, make_conditioning(CONFIGS["softmax"]), TOTAL - 37)])[0]
np.save(sys.argv[2], codes)
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "state"), str(tmp_path / "codes.npy")], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), whole(engine, seed=11, conditioning=conditioning)[37:])


def test_engines_exchange_their_states() -> None:
    """Law 5 across engines: a stream begun by one goes on in the other."""
    reference, native = engine_of("reference"), engine_of(KINDS[1])
    conditioning = make_conditioning(CONFIGS["softmax"])
    expected = whole(reference, seed=2, conditioning=conditioning)
    for first, second in ((reference, native), (native, reference)):
        state = first.start(2)
        head = first.advance([make_job(state, conditioning, 41)])[0]
        tail = second.advance([make_job(state.copy(), conditioning, TOTAL - 41)])[0]
        np.testing.assert_array_equal(np.concatenate([head, tail]), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_randomness_is_a_function_of_the_seed(kind: str) -> None:
    """Law 6: the same seed the same codes, another seed others; temperature 0 needs none."""
    engine, conditioning = engine_of(kind), make_conditioning(CONFIGS["softmax"])
    first = whole(engine, seed=1, conditioning=conditioning)
    np.testing.assert_array_equal(first, whole(engine, seed=1, conditioning=conditioning))
    assert (first != whole(engine, seed=1 + 2**32, conditioning=conditioning)).any()
    cold = [whole(engine, seed=seed, conditioning=conditioning, temperature=0.0) for seed in (1, 2)]
    np.testing.assert_array_equal(*cold)


def test_argmax_is_the_most_probable_code() -> None:
    engine, conditioning = engine_of("reference"), make_conditioning(CONFIGS["softmax"])
    codes = whole(engine, seed=0, conditioning=conditioning, temperature=0.0)
    logits = engine.logits(make_job(engine.start(0), conditioning, TOTAL), codes)
    np.testing.assert_array_equal(codes, logits.argmax(axis=1))


@pytest.mark.parametrize("kind", KINDS)
def test_bad_work_is_refused_and_moves_nothing(kind: str) -> None:
    engine, conditioning = engine_of(kind), make_conditioning(CONFIGS["softmax"])
    state = engine.start(0)
    before = state.to_bytes()
    for job in (
        make_job(state, conditioning, TOTAL + 1),
        make_job(state, conditioning[:, :1], 1),
        make_job(state, conditioning, 1, first_frame=1),
        make_job(state, conditioning, 1, temperature=-1.0),
        make_job(state, conditioning, -1),
    ):
        with pytest.raises(EngineError):
            engine.advance([job])
    with pytest.raises(EngineError):
        engine.advance([make_job(state, conditioning, 1), make_job(state, conditioning, 1)])
    assert state.to_bytes() == before


def test_a_foreign_or_damaged_state_is_refused() -> None:
    engine = engine_of("reference")
    saved = engine.start(0).to_bytes()
    with pytest.raises(EngineError):
        StreamState.from_bytes(saved, CONFIGS["three taps"])
    for damaged in (b"", saved[:10], saved[:-1], saved + b"\0", b"x" + saved[1:]):
        with pytest.raises(EngineError):
            StreamState.from_bytes(damaged, engine.config)


def test_what_does_not_exist_is_refused() -> None:
    network = make_network(CONFIGS["softmax"])
    with pytest.raises(EngineError, match="abacus"):
        make_engine(network, "abacus")
    with pytest.raises(EngineError, match="sse9"):
        NativeEngine(network, isa="sse9")
