"""Which engine is made, and what is said where the fast one is missing."""

from __future__ import annotations

import importlib.util
import logging

import numpy as np
import numpy.typing as npt
import pytest
import torch

import vocoder.engine
from tests.engine.engines import NATIVE_BUILT, job_for
from tests.wavenet.networks import make_network, small_config
from vocoder.engine import make_engine, precisions_of
from vocoder.engine.reference import ReferenceEngine
from vocoder.errors import EngineError
from vocoder.wavenet.network import WaveNet


@pytest.fixture
def without_native(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where no compiler was found."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


def test_auto_takes_the_fastest_there_is() -> None:
    engine = make_engine(make_network(small_config()))
    assert engine.name == ("native" if NATIVE_BUILT else "reference")
    assert engine.precision == "fp32"


@pytest.mark.usefixtures("without_native")
def test_without_a_compiler_the_reference_serves_and_one_line_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
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


@pytest.fixture
def without_triton(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """As with a GPU and no Triton; the devices that the engine in its place was asked for. It
    computes here.
    """
    devices: list[str] = []
    found = importlib.util.find_spec

    class Here(ReferenceEngine):
        def __init__(self, network: WaveNet, *, device: str) -> None:
            devices.append(device)
            super().__init__(network, device=device)
            self.device = torch.device("cpu")

        def _tensor(self, array: npt.NDArray[np.float32]) -> torch.Tensor:
            return torch.from_numpy(array)

    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "triton" else found(name)
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(vocoder.engine, "ReferenceEngine", Here)
    return devices


def test_without_triton_the_reference_serves_on_the_gpu_and_one_line_says_what_that_costs(
    without_triton: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        engine = make_engine(make_network(small_config()), "cuda")
    assert (engine.name, engine.precision) == ("cuda-reference", "fp32")
    assert without_triton == ["cuda"]
    (record,) = caplog.records
    for part in ("triton was not found", "reference engine", "fp32", "slower"):
        assert part in record.getMessage()
    assert len(engine.advance([job_for(engine.start(0), 5)])[0]) == 5


@pytest.mark.usefixtures("without_triton")
def test_without_triton_a_precision_is_refused_and_none_is_announced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(EngineError, match=r"triton.*fp32.*bf16"):
        make_engine(make_network(small_config()), "cuda", precision="bf16")
    assert not caplog.records
    assert precisions_of("cuda") == ("fp32",)


def test_without_triton_and_without_a_gpu_cuda_is_refused(
    without_triton: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for precision in ("fp32", "bf16"):
        with pytest.raises(EngineError, match="needs triton"):
            make_engine(make_network(small_config()), "cuda", precision=precision)
    assert not without_triton


def test_an_engine_can_be_made_again_by_its_name(
    without_triton: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """As each thread that renders has its own; what it costs has been said by then."""
    engine = make_engine(make_network(small_config()), "cuda-reference")
    assert engine.name == "cuda-reference"
    assert without_triton == ["cuda"]
    assert not caplog.records
    assert precisions_of("cuda-reference") == ("fp32",)


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="triton is not installed")
def test_with_triton_its_precisions_are_announced() -> None:
    assert precisions_of("cuda") == ("fp32", "bf16")


@pytest.mark.parametrize(
    "options, said",
    [
        ({"name": "abacus"}, "abacus.*auto, native, reference"),
        ({"precision": "fp8"}, "fp8"),
        ({"name": "reference", "precision": "int8"}, "reference.*int8"),
        ({"name": "native", "device": "cuda"}, "cuda"),
        ({"name": "cuda-reference", "precision": "bf16"}, r"reference.*bf16"),
        pytest.param(
            {"name": "cuda-reference"},
            "GPU",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is one"),
        ),
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


@pytest.mark.gpu
def test_on_a_gpu_the_reference_engine_draws_the_same_codes() -> None:
    network = make_network(small_config())
    made = [
        engine.advance([job_for(engine.start(3), 60)])[0]
        for engine in (make_engine(network, "cuda-reference"), make_engine(network, "reference"))
    ]
    assert (
        made[0] == made[1]
    ).mean() > 0.9  # a code on the edge between two may be the other one, and changes all after it
