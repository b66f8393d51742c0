"""What is wrong with recordings is found, and told by the file's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.training.conftest import RATE, make_corpus
from training.data.corpus import read_ljspeech
from training.data.corpus_check import Finding, check
from vocoder.config import AudioConfig

Samples = np.ndarray


def findings_in(folder: Path) -> list[Finding]:
    return check(read_ljspeech(folder, speaker="tone", missing_too=True), AudioConfig(), workers=1)


def test_a_good_corpus_has_no_findings(corpus: Path) -> None:
    assert findings_in(corpus) == []


def change(path: Path, how: Callable[[Samples], Samples], rate: int = RATE) -> None:
    samples, _ = soundfile.read(path)
    soundfile.write(path, how(samples), rate)


DAMAGE: dict[str, tuple[Callable[[Path], object], str, bool]] = {
    "missing": (lambda path: path.unlink(), "no such file", True),
    "empty": (lambda path: path.write_bytes(b""), "empty file", True),
    "not sound": (lambda path: path.write_bytes(b"once upon a time" * 100), "not audio", True),
    "silent": (lambda path: change(path, lambda samples: samples * 1e-5), "silent", True),
    "too short": (lambda path: change(path, lambda samples: samples[:800]), "0.05 seconds", True),
    "clipped": (
        lambda path: change(path, lambda samples: np.clip(samples * 20, -1, 1)),
        "clipped",
        False,
    ),
    "noisy": (
        lambda path: change(
            path,
            lambda samples: samples + 0.05 * np.random.default_rng(0).standard_normal(len(samples)),
        ),
        "noisy",
        False,
    ),
    "of a low rate": (
        lambda path: change(path, lambda samples: samples[::2], RATE // 2),
        "8000 Hz",
        False,
    ),
    "with a long silence": (
        lambda path: change(path, lambda samples: np.pad(samples, (0, 2 * RATE))),
        "silence at an end",
        False,
    ),
    "too long for its text": (
        lambda path: change(path, lambda samples: np.tile(samples, 6)),
        "does the text fit",
        False,
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(tmp_path: Path, what: str) -> None:
    damage, said, fatal = DAMAGE[what]
    folder = make_corpus(tmp_path / "corpus")
    damage(folder / "wavs" / "utt2.wav")
    found = findings_in(folder)
    assert {finding.file.name for finding in found} == {"utt2.wav"}
    assert any(said in str(finding) and finding.fatal == fatal for finding in found), [
        str(finding) for finding in found
    ]


def test_a_text_with_nothing_to_speak_is_found(tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "corpus")
    metadata = folder / "metadata.csv"
    metadata.write_text(
        metadata.read_text(encoding="utf-8").replace("A test of speech.", "***"), encoding="utf-8"
    )
    (finding,) = findings_in(folder)
    assert finding.file.name == "utt3.wav"
    assert finding.fatal
    assert "nothing can be spoken" in finding.problem
