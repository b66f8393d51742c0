"""Several speakers in one corpus: one model that speaks as each of them, from recordings to a voice
pack.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import make_corpus
from training import stages
from training.alignment.align import align
from training.data.corpus import read_ljspeech
from training.data.prepare import prepare
from training.export import export
from training.recipe import VocoderOptions
from vocoder.config import AudioConfig
from vocoder.synthesis.voice import load_voice


@pytest.mark.slow
def test_one_model_speaks_as_each_of_them(tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "corpus")
    rows = [f"utt{index},{'anna' if index % 2 else 'otto'}" for index in range(6)]
    (folder / "speakers.csv").write_text("id,speaker\n" + "\n".join(rows), encoding="utf-8")
    run = stages.Run(name="both", root=tmp_path / "runs")
    prepare(read_ljspeech(folder, speaker="nobody"), run.data, AudioConfig(), workers=1)
    align(run.data)
    data = run.dataset()
    assert set(data.header.speakers) == {"anna", "otto"}
    stages.train_acoustic(run, steps=2, seconds=None, device="cpu")
    trainer = stages.train_vocoder(run, VocoderOptions(), steps=2, seconds=None)
    moved = (
        trainer.model.conditioning.speaker.weight.detach()
        - trainer.average.conditioning.speaker.weight
    )  # type: ignore[union-attr, operator]
    assert (moved.abs().sum(dim=1) > 0).all(), "each speaker's embedding must learn"
    voice = load_voice(
        export(run, tmp_path / "voices" / "both", licence="CC0-1.0", source="tones", release="1")
    )
    assert voice.manifest.speakers == data.header.speakers
    anna, otto = (
        voice.synthesize("Hello there.", seed=1, speaker=name) for name in ("anna", "otto")
    )
    assert len(anna) != len(otto) or np.any(anna != otto)
