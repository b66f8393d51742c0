"""Law 7: the native engine says what the reference engine says, with every instruction set, and
each is as exact as it claims.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.engine.engines import ENGINES, EXACT, PAIRED, engine_named, job_for, tolerance
from tests.engine.test_laws import engine_of
from tests.wavenet.networks import CONFIGS, make_network, random_codes, small_config
from vocoder import _native
from vocoder.compiled import available_isas
from vocoder.engine import Codes
from vocoder.engine.native import PRECISIONS, NativeEngine
from vocoder.engine.philox import philox4x32
from vocoder.errors import EngineError

NATIVE = ENGINES[1:]
PIECE = 10


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", NATIVE)
def test_outputs_agree(name: str, config: str) -> None:
    reference, native = engine_of("reference", config), engine_of(name, config)
    codes = random_codes(reference.config, 60, seed=5)
    expected = reference.logits(job_for(reference.start(1), 60), codes)
    np.testing.assert_allclose(
        native.logits(job_for(native.start(1), 60), codes), expected, rtol=0, atol=tolerance(name)
    )


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("name", EXACT[1:])
def test_codes_agree_but_for_ties(name: str, config: str) -> None:
    """Piece by piece from the reference's own state, which the native engine takes over: a tie in
    one piece does not spoil the next.
    """
    reference, native = engine_of("reference", config), engine_of(name, config)
    state = reference.start(12)
    differing = 0
    for _ in range(12):
        taken = state.copy()
        (expected,) = reference.advance([job_for(state, PIECE)])
        (found,) = native.advance([job_for(taken, PIECE)])
        # A continuous value lies near the edge of one of 65,536 codes quite often, and is then off
        # by that one code.
        tolerance = 2 if reference.config.quantisation_levels > 1024 else 0
        differing += int((np.abs(found - expected) > tolerance).any())
        np.testing.assert_allclose(taken.rings, state.rings, rtol=0, atol=1e-4)
    assert differing <= 1


@pytest.mark.parametrize("config", ["softmax", "more than one panel"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_fused_instruction_sets_agree_to_the_last_bit(config: str, precision: str) -> None:
    """AVX-512 (of any kind) and AVX2 do the same operations in the same order; portable code has no
    fused multiply-add and rounds otherwise.
    """
    # In bf16 the vector's width decides which weights share a lane, and the instruction for it
    # takes inputs in pairs.
    apart = ("portable", "avx2", *PAIRED) if precision == "bf16" else ("portable",)
    fused = [
        name for name in NATIVE if name.endswith(precision) and name.split("-")[1] not in apart
    ]
    made = {
        engine_of(name, config)
        .advance([job_for(engine_of(name, config).start(3), 100)])[0]
        .tobytes()
        for name in fused
    }
    assert len(made) <= 1


@pytest.mark.parametrize("precision, error", [("fp32", 3e-7), ("bf16", 3e-7), ("int8", 1e-4)])
@pytest.mark.parametrize("isa", available_isas())
def test_gates_are_as_exact_as_they_claim(isa: str, precision: str, error: float) -> None:
    """native/vector.h: how far tanh x sigmoid may be off."""
    grid = np.concatenate(
        [
            np.linspace(-40, 40, 400),
            np.linspace(-1, 1, 400),
            [-1e30, -100.0, 0.0, 1e-20, 100.0, 1e30],
        ]
    )
    a, b = (values.ravel().astype(np.float32) for values in np.meshgrid(grid, grid[::5]))
    short = len(a) % 16
    a, b = a[short:].copy(), b[short:].copy()
    out = np.empty_like(a)
    _native.gate(isa, precision, a, b, out)
    with np.errstate(over="ignore"):
        expected = np.tanh(a.astype(np.float64)) / (1.0 + np.exp(-b.astype(np.float64)))
    assert np.abs(out - expected).max() < error
    assert np.abs(out).max() <= 1.0, "what int8 rounds has no room for more"


@pytest.mark.parametrize("isa", available_isas())
def test_exponentials_are_as_exact_as_they_claim(isa: str) -> None:
    """native/vector.h: relative error below 2e-7."""
    x = np.linspace(-87, 87, 16_000, dtype=np.float32)
    out = np.empty_like(x)
    _native.exponential(isa, x, out)
    assert np.abs(out / np.exp(x.astype(np.float64)) - 1.0).max() < 2e-7


@pytest.mark.parametrize("isa", available_isas())
def test_bf16_weights_are_the_nearest(isa: str) -> None:
    """Weights are rounded to 8 bits of mantissa: with weights that have no more, outputs are those
    of fp32, but for what rounding of inputs makes in pairs.
    """
    network = make_network(CONFIGS["more than one panel"])
    for parameter in network.parameters():
        parameter.copy_(parameter.bfloat16().float())
    # The upper weight of a pair of lanes carries the lower one's bits in its own last ones: half a
    # unit of bf16 at most.
    exact, rounded = (
        NativeEngine(network, isa=isa),
        NativeEngine(network, isa=isa, precision="bf16"),
    )
    codes = random_codes(exact.config, 50)
    expected = exact.logits(job_for(exact.start(0), 50), codes)
    found = rounded.logits(job_for(rounded.start(0), 50), codes)
    assert (
        np.abs(found - expected).max() < (0.01 if isa in PAIRED else 0.004) * np.abs(expected).max()
    )


def test_philox_is_the_same_in_both_languages() -> None:
    rng = np.random.default_rng(3)
    for counter, key in zip(
        rng.integers(2**32, size=(50, 4)), rng.integers(2**32, size=(50, 2)), strict=True
    ):
        low, high = key.tolist()
        assert (
            _native.philox(counter.tolist(), low, high)
            == philox4x32(counter[np.newaxis].astype(np.uint32), (low, high))[0].tolist()
        )


def test_threads_may_share_an_engine() -> None:
    """Generation releases the interpreter's lock; streams of different threads do not touch each
    other.
    """
    engine = engine_of(NATIVE[0], "more than one panel")
    expected = [engine.advance([job_for(engine.start(seed), 600)])[0] for seed in range(4)]
    found: list[Codes] = [np.zeros(0, np.int64)] * 4

    def work(seed: int) -> None:
        found[seed] = engine.advance([job_for(engine.start(seed), 600)])[0]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [codes.tobytes() for codes in found] == [codes.tobytes() for codes in expected]


def test_an_instruction_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(EngineError, match=r"sse9.*portable"):
        NativeEngine(make_network(small_config()), isa="sse9")


def test_a_precision_that_is_not_there_is_refused() -> None:
    with pytest.raises(EngineError, match=r"fp8.*fp32, bf16, int8"):
        NativeEngine(make_network(small_config()), precision="fp8")


def test_a_weight_that_is_no_number_is_refused() -> None:
    network = make_network(small_config())
    network.head1.weight[0, 0] = float("nan")
    for name in ENGINES:
        with pytest.raises(EngineError, match="head1"):
            engine_named(name, network)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("threads", [2, 3])
def test_the_pool_changes_no_byte(threads: int, precision: str) -> None:
    """However many threads and streams: also streams of different lengths, one alone, and more
    calls at once than threads.
    """
    network = make_network(CONFIGS["more than one panel"])
    alone, shared = (
        NativeEngine(network, precision=precision),
        NativeEngine(network, precision=precision, threads=threads),
    )
    for count in (1, 2, 7, 20):
        lengths = [5 + 3 * (seed % 4) for seed in range(count)]
        states = [shared.start(seed) for seed in range(count)]
        found = shared.advance(
            [job_for(state, length) for state, length in zip(states, lengths, strict=True)]
        )
        for seed in range(count):
            state = alone.start(seed)
            assert (
                alone.advance([job_for(state, lengths[seed])])[0].tobytes() == found[seed].tobytes()
            )
            assert state.to_bytes() == states[seed].to_bytes()


def test_calls_of_several_threads_share_one_pool() -> None:
    engine = NativeEngine(make_network(CONFIGS["softmax"]), threads=2)
    expected = [
        codes.tobytes()
        for codes in engine.advance([job_for(engine.start(seed), 200) for seed in range(8)])
    ]
    found: list[list[bytes]] = [[] for _ in range(4)]

    def work(caller: int) -> None:
        for _ in range(5):
            found[caller] = [
                codes.tobytes()
                for codes in engine.advance([job_for(engine.start(seed), 200) for seed in range(8)])
            ]

    callers = [threading.Thread(target=work, args=(caller,)) for caller in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [expected] * 4


def test_no_thread_is_refused() -> None:
    with pytest.raises(EngineError, match="threads"):
        NativeEngine(make_network(small_config()), threads=0)
