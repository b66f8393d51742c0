"""The engine of CUDA graphs: its step, called where there is no card to replay it on. What needs a card is marked `gpu`."""

from __future__ import annotations

import functools
import threading
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from tests.engine.engines import job_for, whole_conditioning, whole_predictors
from tests.engine.test_any_config import configs
from tests.engine.test_bad_work import NOT_A_NUMBER
from tests.engine.test_laws import CALLS, STREAMS
from tests.wavenet.networks import CONFIGS, make_network, outputs, random_codes, small_config
from vocoder.config import WaveNetConfig
from vocoder.engine import Codes, Engine, Job, StreamState, sampling
from vocoder.engine.graphs import FRAMES, ROWS, GraphEngine, draw
from vocoder.engine.reference import ReferenceEngine
from vocoder.errors import EngineError

MIXED = ("softmax", "three taps", "logistic mixture", "gaussian", "more than one panel")  # what differs most
CPU = torch.device("cpu")


@functools.cache
def engine_of(config: str = "softmax", device: str = "cpu") -> GraphEngine:
    return GraphEngine(make_network(CONFIGS[config]), device=device)


@functools.cache
def reference_of(config: str = "softmax") -> ReferenceEngine:
    return ReferenceEngine(make_network(CONFIGS[config]))


def codes_of(engine: Engine, seed: int, num_samples: int = 40, **options: float) -> Codes:
    """The first codes of a stream, alone in its call."""
    return engine.advance([job_for(engine.start(seed), num_samples, **options)])[0]


def step_is_forward(engine: GraphEngine, config: str, frames: int) -> None:
    codes = random_codes(engine.config, frames * engine.config.hop_length)
    stepped = engine.logits(job_for(engine.start(3), len(codes)), codes)
    added = torch.from_numpy(whole_conditioning(engine.config, 3, frames)).unsqueeze(0)
    parallel = outputs(make_network(CONFIGS[config]), torch.from_numpy(codes).unsqueeze(0), added, whole_predictors(engine.config, 3, frames))[0]
    assert parallel.std() > 0.1, "the network must say something"
    torch.testing.assert_close(torch.from_numpy(stepped), parallel, rtol=0, atol=1e-4)


def codes_are_the_references(engine: GraphEngine, config: str) -> None:
    for seed, temperature in [(2**63 + 5, 0.7), (3, 0.0), (4, 1.0)]:
        made, expected = (codes_of(one, seed, 60, temperature=temperature) for one in (engine, reference_of(config)))
        assert (made == expected).mean() > 0.9, temperature  # a code on the edge between two may be the other one, and changes all after it


def row_does_not_matter(engine: GraphEngine) -> None:
    """The same stream in every row, alone, and among others: the same bytes."""
    alone = engine.start(5)
    (codes,) = engine.advance([job_for(alone, 33)])
    same = [engine.start(5) for _ in range(ROWS)]
    for made, state in zip(engine.advance([job_for(state, 33) for state in same]), same, strict=True):
        assert made.tobytes() == codes.tobytes()
        assert state.to_bytes() == alone.to_bytes()
    for row in (1, 8, ROWS - 1):
        states = [engine.start(5 if index == row else 100 + index) for index in range(ROWS)]
        assert engine.advance([job_for(state, 33) for state in states])[row].tobytes() == codes.tobytes()
        assert states[row].to_bytes() == alone.to_bytes()


@pytest.mark.parametrize("config", CONFIGS)
def test_step_is_forward(config: str) -> None:
    """Law 2."""
    step_is_forward(engine_of(config), config, 6)


@pytest.mark.parametrize("config", CONFIGS)
def test_the_codes_are_the_references(config: str) -> None:
    codes_are_the_references(engine_of(config), config)


@pytest.mark.parametrize("config", MIXED)
def test_the_row_does_not_matter(config: str) -> None:
    row_does_not_matter(engine_of(config))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(config=configs())
def test_any_network_at_all(config: WaveNetConfig) -> None:
    """What the reference says, and the same bytes in any company."""
    network = make_network(config)
    engine, reference = GraphEngine(network, device="cpu"), ReferenceEngine(network)
    codes = random_codes(config, 20)
    expected = reference.logits(job_for(reference.start(1), 20), codes)
    found = engine.logits(job_for(engine.start(1), 20), codes)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * max(float(np.abs(expected).max()), 1.0))
    together = engine.advance([job_for(engine.start(seed), 12 + seed) for seed in range(8)])
    for seed, made in enumerate(together):
        assert codes_of(engine, seed, 12 + seed).tobytes() == made.tobytes()


@pytest.mark.parametrize("config", MIXED)
def test_chunking_and_company_are_invisible(config: str) -> None:
    """Laws 3 and 4."""
    engine = engine_of(config)

    @settings(max_examples=10, deadline=None, derandomize=True)
    @given(calls=CALLS)
    def hold(calls: list[dict[int, int]]) -> None:
        states = [engine.start(seed) for seed in range(STREAMS)]
        made: list[list[Codes]] = [[] for _ in range(STREAMS)]
        for call in calls:
            for stream, some in zip(call, engine.advance([job_for(states[stream], samples) for stream, samples in call.items()]), strict=True):
                made[stream].append(some)
        for stream in {stream for call in calls for stream in call}:
            together = np.concatenate(made[stream])
            alone = engine.start(stream)
            assert engine.advance([job_for(alone, len(together))])[0].tobytes() == together.tobytes()
            assert alone.to_bytes() == states[stream].to_bytes()

    hold()


def test_more_streams_than_rows_and_of_different_lengths() -> None:
    """Those that are done, and those that want nothing, stay as they are while others go on."""
    engine = engine_of("three taps")
    lengths = [3 * (seed % 5) for seed in range(2 * ROWS + 3)]
    many = [engine.start(seed) for seed in range(len(lengths))]
    together = engine.advance([job_for(state, length) for state, length in zip(many, lengths, strict=True)])
    for seed, length in enumerate(lengths):
        alone = engine.start(seed)
        (made,) = engine.advance([job_for(alone, length)])
        assert len(made) == length
        assert together[seed].tobytes() == made.tobytes()
        assert many[seed].to_bytes() == alone.to_bytes()


def test_a_call_longer_than_what_the_card_holds() -> None:
    """From the middle of a frame, beside a stream that needs one go alone; and where codes are given."""
    engine, reference = engine_of(), reference_of()
    held = FRAMES * engine.config.hop_length
    lengths = {0: 2 * held + 11, 1: 20, 2: held, 3: held + 1}
    states = [engine.start(seed) for seed in lengths]
    begun = engine.advance([job_for(state, 7) for state in states])
    made = engine.advance([job_for(state, length - 7) for state, length in zip(states, lengths.values(), strict=True)])
    for seed, length in lengths.items():
        alone = reference.start(seed)
        (expected,) = reference.advance([job_for(alone, length)])
        assert np.concatenate([begun[seed], made[seed]]).tolist() == expected.tolist()
        assert states[seed].position == length
        np.testing.assert_allclose(states[seed].rings, alone.rings, rtol=0, atol=1e-4)
    step_is_forward(engine, "softmax", 2 * FRAMES + 3)


def test_teacher_forcing_moves_the_state_as_generation_does() -> None:
    engine = engine_of()
    drawn, forced = engine.start(8), engine.start(8)
    (codes,) = engine.advance([job_for(drawn, 43)])
    found = [engine.logits(job_for(forced, 20), codes[:20]), engine.logits(job_for(forced, 23), codes[20:])]
    assert forced.to_bytes() == drawn.to_bytes()
    assert np.concatenate(found).tobytes() == engine.logits(job_for(engine.start(8), 43), codes).tobytes()
    other = engine.start(8)
    engine.logits(job_for(other, 43), (codes + 1) % engine.config.quantisation_levels)
    assert other.to_bytes() != drawn.to_bytes()


def test_a_parked_stream_goes_on_to_the_same_bytes() -> None:
    engine = engine_of("three taps")
    state = engine.start(2**63 + 7)
    (first,) = engine.advance([job_for(state, 18, seed=1)])
    parked = StreamState.from_bytes(state.to_bytes(), engine.config)
    engine.advance([job_for(engine.start(9), 30)])  # another lies where it lay
    (whole,) = engine.advance([job_for(engine.start(2**63 + 7), 40, seed=1)])
    for resumed in (parked, state.copy(), state):
        (second,) = engine.advance([job_for(resumed, 22, seed=1)])
        assert np.concatenate([first, second]).tobytes() == whole.tobytes()


def test_streams_move_between_this_engine_and_the_reference() -> None:
    engines = (engine_of(), reference_of())
    whole = codes_of(engines[1], 11)
    for one, other in (engines, engines[::-1]):
        state = one.start(11)
        first, second = one.advance([job_for(state, 17)])[0], other.advance([job_for(state, 23)])[0]
        assert (np.concatenate([first, second]) == whole).mean() > 0.9


def test_a_late_sample_draws_by_both_words_of_its_index() -> None:
    late = 2**33 + 8  # where a frame begins
    made = []
    for engine in (engine_of(), reference_of()):
        state = StreamState.initial(engine.config, 4)
        state.position = late
        job = job_for(StreamState.initial(engine.config, 4), 30)
        job = Job(**{**vars(job), "state": state, "first_frame": late // engine.config.hop_length, "num_samples": 20})
        made.append(engine.advance([job])[0])
        assert state.position == late + 20
    assert made[0].tolist() == made[1].tolist()


def test_the_frames_of_a_job_are_found_wherever_it_starts() -> None:
    """A job may bring more frames than it needs; its arrays may be such that nobody can write to them."""
    engine = engine_of()
    added, predicted = whole_conditioning(engine.config, 6, 9), whole_predictors(engine.config, 6, 9)
    temperatures = np.ones(9, np.float32)
    for array in (added, predicted.coefficients, predicted.lags, temperatures):
        array.flags.writeable = False
    state, found = engine.start(6), []
    for samples in (25, 14, 36):
        job = Job(state=state, conditioning=added, predictors=predicted, first_frame=0, temperatures=temperatures, num_samples=samples)
        found.append(engine.advance([job])[0])
    assert np.concatenate(found).tobytes() == codes_of(engine, 6, 75).tobytes()


def test_each_frame_has_its_temperature() -> None:
    made = []
    for engine in (engine_of(), reference_of()):
        state = engine.start(6)
        for samples in (25, 50):  # on from the middle of a frame
            job = job_for(state, samples)
            temperatures = np.random.default_rng(state.position).choice(np.array([0.0, 0.5, 1.5], np.float32), len(job.temperatures))
            made.append(engine.advance([Job(**{**vars(job), "temperatures": temperatures})])[0].tolist())
        job = job_for(state, 30)
        whole = Job(**{**vars(job), "conditioning": whole_conditioning(engine.config, 6, 11), "predictors": whole_predictors(engine.config, 6, 11),
                       "first_frame": 0, "temperatures": np.arange(11, dtype=np.float32) % 3})  # fmt: skip
        made.append(engine.advance([whole])[0].tolist())
    assert made[:3] == made[3:]


def test_bad_work_is_refused_and_moves_nothing() -> None:
    engine = engine_of()
    good, bad = job_for(engine.start(0), 10, frames=3), job_for(engine.start(1), 10, frames=3)
    with pytest.raises(EngineError, match="finite"):
        engine.advance([good, Job(**{**vars(bad), "conditioning": NOT_A_NUMBER})])
    assert good.state.to_bytes() == engine.start(0).to_bytes()


def test_no_work_is_no_mistake() -> None:
    engine = engine_of()
    state = engine.start(0)
    assert engine.advance([]) == []
    assert engine.advance([job_for(state, 0)])[0].shape == (0,)
    assert engine.logits(job_for(state, 0), np.zeros(0, np.int64)).shape == (0, engine.config.output_channels)
    assert state.to_bytes() == engine.start(0).to_bytes()


def test_threads_may_share_an_engine() -> None:
    engine = engine_of()
    expected = [codes_of(engine, seed, 300).tobytes() for seed in range(4)]
    found: list[bytes] = [b""] * 4

    def work(seed: int) -> None:
        found[seed] = codes_of(engine, seed, 300).tobytes()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


@pytest.mark.parametrize("device", ["meta", "cuda:99", *(() if torch.cuda.is_available() else ("cuda",))])
def test_a_device_that_is_no_card_is_refused(device: str) -> None:
    with pytest.raises(EngineError, match=f"CUDA GPU.*{device}"):
        GraphEngine(make_network(small_config()), device=device)


@pytest.mark.parametrize("output", ["softmax", "logistic_mixture", "gaussian"])
def test_a_code_is_drawn_as_sampling_says(output: Any) -> None:
    config = small_config(output=output, levels=300)
    rng = np.random.default_rng(1)
    said = rng.standard_normal((500, config.output_channels)).astype(np.float32)
    said[:20] *= 100.0  # far outside
    temperatures = rng.choice(np.array([0.0, 1e-30, 0.3, 0.7, 1.0, 2.0], np.float32), 500)
    uniform = rng.uniform(1e-6, 1 - 1e-6, (500, 2))
    uniform[20:30] = 2.0**-25
    uniform[30:40] = 1 - 2.0**-25
    with np.errstate(over="ignore"):
        expected = sampling.draw(config, said, temperatures, uniform)
    edges = torch.from_numpy(make_network(config).quantiser.edges)
    found = draw(config, torch.from_numpy(said), torch.from_numpy(temperatures).double(), torch.from_numpy(uniform), edges)
    assert found.tolist() == expected.tolist()
    assert len(set(expected)) > 100


def test_a_value_on_an_edge_has_the_upper_code() -> None:
    config = small_config(output="gaussian", levels=17)  # edges that floating point has exactly
    edges = make_network(config).quantiser.edges
    said = np.stack([edges, np.zeros(16)], axis=1).astype(np.float32)
    uniform, cold = np.full((16, 2), 0.5), np.zeros(16, np.float32)
    found = draw(config, torch.from_numpy(said), torch.from_numpy(cold).double(), torch.from_numpy(uniform), torch.from_numpy(edges))
    assert found.tolist() == sampling.draw(config, said, cold, uniform).tolist() == list(range(1, 17))


# The same laws with what is really recorded. Nothing of this runs where there is no card.


@pytest.mark.gpu
@pytest.mark.parametrize("config", CONFIGS)
def test_replayed_it_keeps_the_laws(config: str) -> None:
    engine = engine_of(config, "cuda")
    step_is_forward(engine, config, 6)
    codes_are_the_references(engine, config)
    row_does_not_matter(engine)


@pytest.mark.gpu
def test_replayed_it_is_exact_whatever_the_process_chose() -> None:
    torch.backends.cuda.matmul.fp32_precision = "tf32"
    try:
        chosen = GraphEngine(make_network(CONFIGS["more than one panel"]))
    finally:
        torch.backends.cuda.matmul.fp32_precision = "none"
    assert codes_of(chosen, 1, 200).tobytes() == codes_of(engine_of("more than one panel", "cuda"), 1, 200).tobytes()
    step_is_forward(chosen, "more than one panel", 3)


@pytest.mark.gpu
def test_replayed_a_stream_is_the_same_in_any_pieces_and_threads() -> None:
    engine = engine_of("three taps", "cuda")
    assert engine.isa == torch.cuda.get_device_name()
    state = engine.start(5)
    pieces = []

    def work(length: int) -> None:
        pieces.append(engine.advance([job_for(state, length), job_for(engine.start(6), 9)])[0])

    for length in (7, 0, 30, 700):
        thread = threading.Thread(target=work, args=(length,))
        thread.start()
        thread.join()
    assert np.concatenate(pieces).tobytes() == codes_of(engine, 5, 737).tobytes()
