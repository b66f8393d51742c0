"""`benchmarks/gpu.py` before there is a GPU: that it runs, and that it sees what is wrong."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.wavenet.networks import make_network, small_config
from training.loop import Trainer
from vocoder.engine import Codes, Engine, Job
from vocoder.engine.reference import ReferenceEngine

ROOT = Path(__file__).parents[3]
SAMPLES, STREAMS = 40, 10


@pytest.fixture
def laws(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("gpu_laws")


@pytest.fixture(scope="module")
def reference() -> ReferenceEngine:
    return ReferenceEngine(make_network(small_config()))


class WrongEngine(Engine):
    """The reference, with one fault."""

    name, precision, isa = "wrong", "fp32", "test"

    def __init__(self, inner: Engine, fault: str) -> None:
        self.config, self._inner, self._fault = inner.config, inner, fault

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        company = self._fault == "company" and len(jobs) > 1
        made = self._inner.advance(jobs)
        return [(codes + company) % self.config.quantisation_levels for codes in made]

    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        if self._fault == "state" and job.state.position > 0:
            job.state.put_rings(np.zeros_like(job.state.rings))
        right = self._inner.logits(job, codes)
        return {"outputs": right + 0.01 * np.sign(right), "price": -right}.get(self._fault, right)


def test_what_is_right_has_no_fault(laws: Any, reference: ReferenceEngine) -> None:
    assert laws.check(reference, reference, SAMPLES, STREAMS) == []
    assert laws.same_bytes(reference, reference, SAMPLES, STREAMS) == []


@pytest.mark.parametrize(
    "fault, said",
    [
        ("outputs", "outputs differ by"),
        ("price", "bits per sample"),
        ("company", "differ in company"),
        ("state", "a stream that moves"),
    ],
)
def test_each_fault_is_seen(laws: Any, reference: ReferenceEngine, fault: str, said: str) -> None:
    wrong = laws.check(WrongEngine(reference, fault), reference, SAMPLES, STREAMS)
    assert any(said in line for line in wrong), wrong
    assert all(line.startswith("wrong fp32") for line in wrong)


def test_a_price_that_a_trained_voice_would_pay_is_seen(
    laws: Any, reference: ReferenceEngine
) -> None:
    network = make_network(small_config())
    assert laws.price_is_fair(reference, reference, network, SAMPLES) == []
    (line,) = laws.price_is_fair(WrongEngine(reference, "price"), reference, network, SAMPLES)
    assert line.startswith("wrong fp32: costs a trained voice")


def test_shapes_that_differ_are_seen(laws: Any, reference: ReferenceEngine) -> None:
    assert laws.same_bytes(reference, WrongEngine(reference, "company"), SAMPLES, STREAMS) != []


def test_a_voices_network_is_read_with_torch_alone(laws: Any) -> None:
    from vocoder.voices.pack import read_pack

    found, expected = (
        laws.trained_network(ROOT / "voices/kathleen"),
        read_pack(ROOT / "voices/kathleen").network,
    )
    assert found.config == expected.config
    for name, weight in expected.state_dict().items():
        assert (found.state_dict()[name] == weight).all(), name


@pytest.mark.slow
def test_a_training_that_loses_its_optimiser_where_it_is_stopped_is_seen(
    laws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert laws.check_training(tmp_path / "right", "cpu", 1, (1, 3, 5)) == []
    load = Trainer._load

    def forgetful(trainer: Trainer) -> None:
        load(trainer)
        trainer.optimiser.state.clear()

    monkeypatch.setattr(Trainer, "_load", forgetful)
    assert laws.check_training(tmp_path / "wrong", "cpu", 1, (1, 3, 5)) == [
        "training: a stopped run follows another curve"
    ]


def test_a_part_that_fails_keeps_no_other_from_being_done(
    laws: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = importlib.import_module("gpu").Results(tmp_path / "found.json", {"card": "none"})
    for name, work in {
        "first": lambda: {"wrong": [], "rows": [{"streams": 1}]},
        "second": lambda: 1 / 0,
        "third": lambda: {"wrong": ["a law"]},
    }.items():
        results.part(name, work)
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert found == {
        "card": "none",
        "wrong": ["second: ZeroDivisionError: division by zero", "a law"],
        "first": {"rows": [{"streams": 1}]},
        "second": {},
        "third": {},
    }
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.thorough
def test_all_of_it_can_be_rehearsed(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        str(ROOT / "benchmarks/gpu.py"),
        "--rehearse",
        "--json",
        str(tmp_path / "found.json"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert found["wrong"] == []
    kinds = [f"cuda {kind}" for kind in ("bf16 whole", "fp32 whole", "bf16 chain")]
    for kind in kinds:
        assert {row["engine"] for row in [*found[kind]["rows"], *found[kind]["at_once"]]} == {kind}
    for part in ("frames", "training"):
        assert found[part]["rows"], part
