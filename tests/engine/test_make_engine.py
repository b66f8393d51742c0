"""Which engine is made, and what is said where the fast one is missing."""

from __future__ import annotations

import importlib.util
import logging

import pytest
import torch

from tests.engine.engines import NATIVE_BUILT, job_for
from tests.wavenet.networks import make_network, small_config
from vocoder.engine import make_engine
from vocoder.errors import EngineError


@pytest.fixture
def without_native(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where no compiler was found."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_auto_takes_the_fastest_there_is() -> None:
    engine = make_engine(make_network(small_config()))
    assert engine.name == ("native" if NATIVE_BUILT else "reference")
    assert engine.precision == "fp32"


@pytest.mark.usefixtures("without_native")
def test_without_a_compiler_the_reference_serves_and_one_line_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        engine = make_engine(make_network(small_config()))
    assert engine.name == "reference"
    assert len(caplog.records) == 1
    assert "native engine" in caplog.text
    assert "slower than real time" in caplog.text
    (codes,) = engine.advance([job_for(engine.start(0), 5)])
    assert len(codes) == 5


@pytest.mark.usefixtures("without_native")
def test_without_a_compiler_a_precision_is_refused() -> None:
    with pytest.raises(EngineError, match=r"int8.*compiler"):
        make_engine(make_network(small_config()), precision="int8")


@pytest.mark.usefixtures("without_native")
def test_without_a_compiler_native_is_refused() -> None:
    with pytest.raises(EngineError, match="compiler"):
        make_engine(make_network(small_config()), "native")


@pytest.mark.parametrize(
    "options, said",
    [
        ({"name": "abacus"}, "abacus.*auto, native, reference"),
        ({"precision": "fp8"}, "fp8"),
        ({"name": "reference", "precision": "int8"}, "reference.*int8"),
        ({"name": "native", "device": "cuda"}, "cuda"),
    ],
)
def test_what_does_not_exist_is_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(EngineError, match=said):
        make_engine(make_network(small_config()), **options)


def test_torch_keeps_its_threads() -> None:
    """The reference engine computes on one, and leaves torch as it was."""
    before = torch.get_num_threads()
    engine = make_engine(make_network(small_config()), "reference")
    engine.advance([job_for(engine.start(0), 5)])
    assert torch.get_num_threads() == before
