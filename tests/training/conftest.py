"""A corpus of two seconds a sentence, made of tones and noise, and what is prepared from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from training.alignment.align import align
from training.data.corpus import read_ljspeech
from training.data.dataset import PreparedSet
from training.data.prepare import prepare
from vocoder.config import AudioConfig

TEXTS = (
    "Hello there.",
    "The cat sat on the mat.",
    "One, two, three.",
    "A test of speech.",
    "Nothing at all.",
    "See you soon.",
)
RATE = 16_000
torch.set_num_threads(1)  # models this small lose more time to threads than they win


def make_corpus(folder: Path) -> Path:
    """LJSpeech's layout: a harmonic tone with a syllable-like envelope between two silences for
    each text.
    """
    (folder / "wavs").mkdir(parents=True)
    rng = np.random.default_rng(1)
    lines = []
    for index, text in enumerate(TEXTS):
        time = np.arange(2 * RATE) / RATE
        tone = sum(np.sin(2 * np.pi * 150 * harmonic * time) / harmonic for harmonic in range(1, 8))
        envelope = np.clip(np.sin(2 * np.pi * 3 * time), 0.05, None) * ((time > 0.3) & (time < 1.7))
        samples = 0.1 * tone * envelope + 0.001 * rng.standard_normal(len(time))
        soundfile.write(folder / "wavs" / f"utt{index}.wav", samples, RATE)
        lines.append(f"utt{index}|{text}|{text}")
    (folder / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "valid.txt").write_text("utt5\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the corpus."""
    return make_corpus(tmp_path_factory.mktemp("corpus") / "tones")


@pytest.fixture(scope="session")
def prepared(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedSet:
    """Prepared and aligned."""
    folder = tmp_path_factory.mktemp("prepared")
    prepare(read_ljspeech(corpus, speaker="tone"), folder, AudioConfig(), workers=1)
    align(folder)
    return PreparedSet(folder)


@pytest.fixture
def copied(prepared: PreparedSet, tmp_path: Path) -> PreparedSet:
    """The same, of one's own: it may be written to."""
    shutil.copytree(prepared.folder, tmp_path / "data")
    return PreparedSet(tmp_path / "data")
