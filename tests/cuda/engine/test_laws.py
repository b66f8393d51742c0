"""The laws, for the engine of the GPU. Interpreted, a sample takes a tenth of a second: so there
are few of each.
"""

from __future__ import annotations

import functools
import gc
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
import torch

from tests.engine.engines import job_for, whole_conditioning, whole_predictors
from tests.wavenet.networks import CONFIGS, make_network, outputs, random_codes, small_config
from vocoder.cuda import packed_weights as packing
from vocoder.cuda.engine import INTERPRETED, CudaEngine
from vocoder.cuda.packed_weights import BLOCK
from vocoder.cuda.ring_slots import INITIAL_SLOTS
from vocoder.engine import Engine, StreamState, make_engine
from vocoder.errors import EngineError

DEVICE = "cpu" if INTERPRETED else "cuda"
TOLERANCE = {"fp32": 1e-4, "bf16": 0.1}  # as for the native engine, on the same loud networks
SHAPES = ("whole", "chain")
# What both shapes give the same bytes for, which is tested, need not be tested of both each time:
# of a chain it takes several times as long here.
THOROUGH = [pytest.mark.slow, pytest.mark.thorough]
EACH_SHAPE = ("whole", pytest.param("chain", marks=THOROUGH))
QUICK = ("softmax", "gaussian", "logistic mixture")
SAMPLES = 14  # more than a frame, and more than every ring of the first blocks has rows


def each_config(*more: object) -> list[object]:
    """Those that differ most in what the kernel does, and as thorough tests the rest."""
    return [pytest.param(name, *more, marks=() if name in QUICK else THOROUGH) for name in CONFIGS]


@functools.cache
def engine_of(precision: str = "fp32", config: str = "softmax", shape: str = "whole") -> CudaEngine:
    """`shape`: "chain" has a program for each block, as many as can be; "short chain" as few as
    fit.
    """
    with mock.patch.object(packing, "OWN_BYTES", 1 if shape == "chain" else packing.OWN_BYTES):
        return CudaEngine(
            make_network(CONFIGS[config]),
            device=DEVICE,
            precision=precision,
            shape=shape.removeprefix("short "),
        )


def codes_of(
    engine: Engine, seed: int, num_samples: int = SAMPLES, **options: float
) -> npt.NDArray[np.int64]:
    return engine.advance([job_for(engine.start(seed), num_samples, **options)])[0]


@pytest.mark.parametrize("shape", EACH_SHAPE)
@pytest.mark.parametrize(
    "config, precision",
    [
        *each_config("fp32"),
        ("softmax", "bf16"),
        pytest.param("more than one panel", "bf16", marks=pytest.mark.slow),
        pytest.param("three taps", "bf16", marks=THOROUGH),
        pytest.param("gaussian", "bf16", marks=pytest.mark.slow),
    ],
)
def test_step_is_forward(config: str, precision: str, shape: str) -> None:
    engine, frames = engine_of(precision, config, shape), 2
    codes = random_codes(engine.config, frames * engine.config.hop_length)
    stepped = engine.logits(job_for(engine.start(3), len(codes)), codes)
    added = torch.from_numpy(whole_conditioning(engine.config, 3, frames)).unsqueeze(0)
    parallel = outputs(
        make_network(engine.config),
        torch.from_numpy(codes).unsqueeze(0),
        added,
        whole_predictors(engine.config, 3, frames),
    )[0]
    assert parallel.std() > 0.1, "the network must say something"
    torch.testing.assert_close(
        torch.from_numpy(stepped), parallel, rtol=0, atol=TOLERANCE[precision]
    )


@pytest.mark.parametrize("shape", EACH_SHAPE)
@pytest.mark.parametrize("config", each_config())
def test_the_codes_are_the_references(config: str, shape: str) -> None:
    engine, reference = (
        engine_of("fp32", config, shape),
        make_engine(make_network(CONFIGS[config]), "reference"),
    )
    for seed, temperature in [(2**63 + 5, 0.7), (3, 0.0)]:
        made = codes_of(engine, seed, temperature=temperature)
        expected = codes_of(reference, seed, temperature=temperature)
        # a code on the edge between two may be the other one, and changes all after it
        assert (made == expected).mean() > 0.9, temperature


@pytest.mark.parametrize("shape", EACH_SHAPE)
def test_chunking_and_company_are_invisible(shape: str) -> None:
    engine = engine_of(shape=shape)
    alone = [engine.start(seed) for seed in range(3)]
    whole = [engine.advance([job_for(state, SAMPLES)])[0] for state in alone]
    shared = [engine.start(seed) for seed in range(3)]
    made: list[list[npt.NDArray[np.int64]]] = [[], [], []]
    for counts in ({0: 4, 1: 9}, {2: 3, 0: 0}, {1: 5, 2: 6, 0: 1}, {0: 9}, {2: 5}):
        for seed, some in zip(
            counts,
            engine.advance([job_for(shared[seed], count) for seed, count in counts.items()]),
            strict=True,
        ):
            made[seed].append(some)
    for seed in range(3):
        assert np.concatenate(made[seed]).tobytes() == whole[seed].tobytes()
        assert shared[seed].to_bytes() == alone[seed].to_bytes()


@pytest.mark.parametrize("shape", EACH_SHAPE)
def test_more_streams_than_one_program_holds(shape: str) -> None:
    engine = engine_of(shape=shape)
    # with two chains, one of them has two groups on its way
    many = [engine.start(seed) for seed in range(2 * BLOCK + 3)]
    together = engine.advance([job_for(state, 6 + state.seed % 2) for state in many])
    for seed in (0, BLOCK - 1, BLOCK, 2 * BLOCK + 2):
        assert together[seed].tobytes() == codes_of(engine, seed, 6 + seed % 2).tobytes()
    assert engine.slots.taken >= len(many) > INITIAL_SLOTS


@pytest.mark.parametrize("shape", EACH_SHAPE)
@pytest.mark.parametrize("precision", ["fp32", pytest.param("bf16", marks=THOROUGH)])
def test_a_parked_stream_goes_on_to_the_same_bytes(precision: str, shape: str) -> None:
    engine = engine_of(precision, "three taps", shape)
    state = engine.start(7)
    first = engine.advance([job_for(state, 8)])[0]
    parked = StreamState.from_bytes(state.to_bytes(), engine.config)
    # what is adopted is a copy, so the parked one is moved on once
    for restored in (
        parked,
        engine.adopt(parked),
        state.copy(),
        state,
    ):
        assert restored.position == 8
        second = engine.advance(
            [job_for(restored.copy() if restored is parked else restored, SAMPLES - 8)]
        )[0]
        assert np.concatenate([first, second]).tobytes() == codes_of(engine, 7).tobytes()


@pytest.mark.parametrize(
    "precision, config",
    [
        ("fp32", "softmax"),
        *(("bf16", name) for name in QUICK),
        *(pytest.param("fp32", name, marks=THOROUGH) for name in QUICK[1:]),
    ],
)
def test_both_shapes_give_the_same_bytes(precision: str, config: str) -> None:
    whole, chain, short = (
        engine_of(precision, config, shape) for shape in (*SHAPES, "short chain")
    )
    state = whole.start(9)
    # A stream may change from one to the other.
    made = [
        engine.advance([job_for(state, samples)])[0]
        for engine, samples in ((whole, 3), (chain, 3), (short, SAMPLES - 6))
    ]
    expected = whole.start(9)
    assert (
        np.concatenate(made).tobytes() == whole.advance([job_for(expected, SAMPLES)])[0].tobytes()
    )
    assert state.to_bytes() == expected.to_bytes()


def test_a_hidden_layer_of_several_slices() -> None:
    """Whose weights a chain keeps, or reads for every sample where they are too many."""
    network = make_network(small_config(head=40, skip=20))
    with mock.patch.object(packing, "SLICE", 16):
        kept = CudaEngine(network, device=DEVICE, precision="fp32", shape="chain")
        with mock.patch.object(packing, "OWN_BYTES", 1):
            read = CudaEngine(network, device=DEVICE, precision="fp32", shape="chain")
    expected = codes_of(make_engine(network, "reference"), 3, 8)
    for engine in (kept, read):
        np.testing.assert_array_equal(codes_of(engine, 3, 8), expected)


def test_a_state_that_lives_elsewhere_is_moved_on_in_place() -> None:
    engine = engine_of()
    resident, plain = engine.start(5), StreamState.initial(engine.config, 5)
    for samples in (6, 5):
        made = [
            engine.advance([job_for(state, samples)])[0].tobytes() for state in (resident, plain)
        ]
        assert made[0] == made[1]
    assert plain.to_bytes() == resident.to_bytes()


def test_streams_move_between_the_card_and_the_processor() -> None:
    engine, reference = engine_of(), make_engine(make_network(CONFIGS["softmax"]), "reference")
    whole = codes_of(reference, 11)
    begun = engine.start(11)
    first = engine.advance([job_for(begun, 10)])[0]
    second = reference.advance([job_for(begun.copy(), SAMPLES - 10)])[0]
    assert (np.concatenate([first, second]) == whole).mean() > 0.9
    begun_there = reference.start(11)
    first = reference.advance([job_for(begun_there, 10)])[0]
    second = engine.advance([job_for(engine.adopt(begun_there), SAMPLES - 10)])[0]
    assert (np.concatenate([first, second]) == whole).mean() > 0.9


@pytest.mark.parametrize("shape", EACH_SHAPE)
def test_a_late_sample_draws_by_both_words_of_its_index(shape: str) -> None:
    """The counter of the random numbers is 64 bits wide."""
    engine, reference = (
        engine_of(shape=shape),
        make_engine(make_network(CONFIGS["softmax"]), "reference"),
    )
    late = 2**33 + 8  # where a frame begins
    made = []
    for one in (engine, reference):
        state = StreamState.initial(engine.config, 4)
        state.position = late
        job = job_for(StreamState.initial(engine.config, 4), 8)
        job = type(job)(
            **{
                **vars(job),
                "state": state,
                "first_frame": late // engine.config.hop_length,
                "num_samples": 3,
            }
        )
        made.append(one.advance([job])[0])
    assert made[0].tolist() == made[1].tolist()


def test_what_a_resident_state_shows_cannot_be_written_to() -> None:
    state = engine_of().start(1)
    with pytest.raises(ValueError, match="read-only"):
        state.rings[0] = 1.0


def test_a_state_that_is_gone_frees_its_slot() -> None:
    engine = make_engine(make_network(CONFIGS["one block"]), "cuda")
    assert isinstance(engine, CudaEngine)
    states = [engine.start(seed) for seed in range(3)]
    assert engine.slots.taken == 3
    del states
    gc.collect()
    assert engine.slots.taken == 0


def test_rows_grow_whoever_asks_for_them() -> None:
    """In a call, for states that live elsewhere; then outside of one."""
    engine = CudaEngine(make_network(CONFIGS["one block"]), device=DEVICE, precision="fp32")
    plain = [StreamState.initial(engine.config, seed) for seed in range(INITIAL_SLOTS + 1)]
    made = engine.advance([job_for(state, 2) for state in plain])
    kept = [engine.start(seed) for seed in range(2 * INITIAL_SLOTS + 1)]
    again = engine.advance([job_for(state, 2) for state in kept[: len(plain)]])
    assert [codes.tobytes() for codes in made] == [codes.tobytes() for codes in again]


def test_nothing_of_whoever_had_the_slot_before_is_heard() -> None:
    engine = make_engine(make_network(CONFIGS["softmax"]), "cuda")
    first = codes_of(engine, 1)
    gc.collect()
    assert codes_of(engine, 1).tobytes() == first.tobytes()


def test_one_call_may_be_begun_before_another_is_finished() -> None:
    engine = engine_of()
    assert engine.overlaps
    states = [engine.start(seed) for seed in range(2)]
    begun = [engine.begin([job_for(state, 6)]) for state in states]
    with pytest.raises(EngineError, match="not been finished"):
        engine.begin([job_for(states[0], 3)])
    made = [pending.finish()[0].tobytes() for pending in reversed(begun)]
    assert made == [codes_of(engine, seed, 6).tobytes() for seed in (1, 0)]
    assert [state.position for state in states] == [6, 6]
    assert len(engine.advance([job_for(states[0], 3)])[0]) == 3


def test_another_precision_is_refused() -> None:
    with pytest.raises(EngineError, match=r"int8.*fp32, bf16"):
        make_engine(make_network(CONFIGS["softmax"]), "cuda", precision="int8")


def test_another_shape_is_refused() -> None:
    with pytest.raises(EngineError, match=r"round.*auto, whole, chain"):
        CudaEngine(make_network(CONFIGS["softmax"]), device=DEVICE, shape="round")


def test_no_work_is_no_codes() -> None:
    engine = engine_of()
    assert engine.advance([]) == []
    assert engine.advance([job_for(engine.start(0), 0)])[0].shape == (0,)
