"""A voice that speaks on a GPU: everything that is computed once per frame is computed there as
well. Interpreted: so of a few samples only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from torch import Tensor

from tests.engine.engines import job_for
from tests.tiny_voice import make_tiny_voice
from vocoder.cuda.acoustic_model import CudaAcousticModel
from vocoder.engine import make_engine
from vocoder.errors import EngineError
from vocoder.synthesis.utterance import Utterance
from vocoder.synthesis.voice import Voice, load_voice

TEXT = "Go."
SAMPLES = 9


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_voice(tmp_path_factory.mktemp("voices") / "tiny")


@pytest.fixture(scope="module")
def on_gpu(pack: Path) -> Voice:
    return load_voice(pack, engine="cuda", precision="fp32")


def begun(voice: Voice, *pieces: int) -> tuple[Utterance, npt.NDArray[np.int64]]:
    """An utterance and its first codes."""
    utterance = voice.utterance(voice.plan(TEXT), seed=5)
    codes = []
    for samples in pieces:
        codes.append(voice.engine.advance([utterance.job(samples)])[0])
        utterance.accept(codes[-1])
    return utterance, np.concatenate(codes)


def test_it_says_what_it_says_on_a_processor(pack: Path, on_gpu: Voice) -> None:
    elsewhere = load_voice(pack, engine="reference")
    assert isinstance(on_gpu.pack.acoustic, CudaAcousticModel)
    assert on_gpu.plan(TEXT).num_samples == elsewhere.plan(TEXT).num_samples
    found, expected = begun(on_gpu, SAMPLES)[1], begun(elsewhere, SAMPLES)[1]
    assert len(set(expected.tolist())) > 2, "it must say something"
    assert found.tolist() == expected.tolist()


def test_what_is_added_inside_the_gates_stays_on_the_card(on_gpu: Voice) -> None:
    job = begun(on_gpu, 1)[0].job(1)
    assert isinstance(job.conditioning, Tensor)
    assert job.conditioning.ndim == 2
    assert job.conditioning.device == on_gpu.engine.device  # type: ignore[attr-defined]


def test_pieces_company_and_parking_change_no_byte(on_gpu: Voice) -> None:
    utterance, whole = begun(on_gpu, SAMPLES)
    half, first = begun(on_gpu, 4)
    going_on = on_gpu.utterance(on_gpu.plan(TEXT), saved=half.to_bytes())
    # whose conditioning is an array: both kinds may share a call
    stranger = job_for(on_gpu.engine.start(1), SAMPLES)
    second = on_gpu.engine.advance(
        [stranger, going_on.job(SAMPLES - 4), job_for(on_gpu.engine.start(2), 2)]
    )[1]
    going_on.accept(second)
    assert np.concatenate([first, second]).tobytes() == whole.tobytes()
    assert going_on.to_bytes() == utterance.to_bytes()


def test_a_strangers_conditioning_is_refused(on_gpu: Voice) -> None:
    job = begun(on_gpu, 1)[0].job(1)
    with pytest.raises(EngineError, match=r"resident conditioning must be float32 \(frames, \d+\)"):
        on_gpu.engine.advance(
            [type(job)(**{**vars(job), "conditioning": job.conditioning[:, :-1]})]
        )
    with pytest.raises(EngineError, match="must be an array for the reference engine"):
        make_engine(on_gpu.pack.network, "reference").advance([job])
