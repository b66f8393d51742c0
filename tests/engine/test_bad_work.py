"""Work that does not fit is refused, moves no state, and never crashes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tests.engine.engines import ENGINES, job_for
from tests.engine.test_laws import engine_of
from tests.wavenet.networks import CONFIGS, predictors
from vocoder.engine import Engine, Job
from vocoder.errors import EngineError
from vocoder.seeds import MAX_SEED
from vocoder.wavenet.prediction import Predictors

LAYERS, GATE = CONFIGS["softmax"].num_layers, CONFIGS["softmax"].gate_channels
NOT_A_NUMBER = np.full((3, LAYERS, GATE), np.nan, np.float32)


def made(**wrong: Any) -> Predictors:
    return dataclasses.replace(predictors(CONFIGS["softmax"], 3), **wrong)


def good_job(engine: Engine) -> Job:
    return job_for(engine.start(0), 10, frames=3)


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"num_samples": 31}, "frames 0..3"),
        ({"num_samples": -1}, "negative"),
        ({"first_frame": 1}, "frames 0..0"),
        ({"conditioning": np.zeros((3, 1, GATE), np.float32)}, "conditioning"),
        ({"conditioning": np.zeros((3, LAYERS, GATE + 1), np.float32)}, "conditioning"),
        ({"conditioning": np.zeros((3, LAYERS * GATE), np.float32)}, "conditioning"),
        ({"conditioning": np.zeros((3, LAYERS, GATE), np.float64)}, "float64"),
        (
            {
                "conditioning": np.zeros((0, LAYERS, GATE), np.float32),
                "temperatures": np.zeros(0, np.float32),
                "predictors": made(
                    coefficients=np.zeros((0, 3), np.float32), lags=np.zeros(0, np.int32)
                ),
            },
            "frames",
        ),
        ({"conditioning": NOT_A_NUMBER}, "finite"),
        ({"predictors": made(coefficients=np.zeros((3, 2), np.float32))}, "coefficients"),
        ({"predictors": made(coefficients=np.zeros((3, 3), np.float64))}, "float64"),
        ({"predictors": made(coefficients=np.full((3, 3), np.inf, np.float32))}, "finite"),
        ({"predictors": made(lags=np.ones(2, np.int32))}, "lags"),
        ({"predictors": made(lags=np.ones(3, np.int64))}, "int64"),
        ({"predictors": made(lags=np.array([0, 1, 1], np.int32))}, r"lags must lie in 1\.\.12"),
        ({"predictors": made(lags=np.array([13, 1, 1], np.int32))}, r"lags must lie in 1\.\.12"),
        ({"temperatures": np.ones(2, np.float32)}, "temperatures"),
        ({"temperatures": np.ones(3, np.float64)}, "temperatures"),
        ({"temperatures": np.full(3, -0.1, np.float32)}, "temperatures"),
        ({"temperatures": np.full(3, np.inf, np.float32)}, "temperatures"),
    ],
)
def test_a_job_that_does_not_fit(name: str, wrong: dict[str, Any], said: str) -> None:
    engine = engine_of(name)
    good = good_job(engine)
    beside = good_job(engine)
    with pytest.raises(EngineError, match=said):
        engine.advance([beside, dataclasses.replace(good, **wrong)])
    for job in (good, beside):
        assert job.state.to_bytes() == engine.start(0).to_bytes(), "no state may have moved"


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "field, value",
    [
        ("rings", np.zeros(3, np.float32)),
        ("rings", np.zeros(CONFIGS["softmax"].receptive_field, np.float64)),
        ("history", np.full(12, 32, np.int32)),
        ("history", np.full(12, -1, np.int32)),
        ("history", np.zeros(11, np.int32)),
        ("history", np.zeros(12, np.int64)),
        ("position", -1),
        ("config", CONFIGS["three taps"]),
    ],
)
def test_a_state_that_does_not_fit(name: str, field: str, value: object) -> None:
    engine = engine_of(name)
    job = good_job(engine)
    setattr(job.state, field, value)
    with pytest.raises(EngineError):
        engine.advance([job])


@pytest.mark.parametrize("name", ENGINES)
def test_two_jobs_for_one_stream(name: str) -> None:
    job = good_job(engine_of(name))
    with pytest.raises(EngineError, match="share"):
        engine_of(name).advance([job, job])


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "codes",
    [
        np.zeros(9, np.int64),
        np.zeros(10, np.float32),
        np.full(10, 32),
        np.full(10, -1),
        np.zeros((10, 1), np.int64),
    ],
)
def test_codes_that_do_not_fit(name: str, codes: Any) -> None:
    with pytest.raises(EngineError, match="codes must"):
        engine_of(name).logits(good_job(engine_of(name)), codes)


@pytest.mark.parametrize("name", ENGINES)
def test_no_work_is_no_mistake(name: str) -> None:
    engine = engine_of(name)
    assert engine.advance([]) == []
    job = dataclasses.replace(good_job(engine), num_samples=0)
    assert engine.advance([job])[0].shape == (0,)
    assert engine.logits(job, np.zeros(0, np.int64)).shape == (0, engine.config.output_channels)
    assert job.state.to_bytes() == engine.start(0).to_bytes()


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_beyond_64_bits(seed: int) -> None:
    with pytest.raises(EngineError, match="seed"):
        engine_of("reference").start(seed)
