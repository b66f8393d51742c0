"""All stages in one go, with what is wrong and how long it takes told first, and nothing done
twice.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.conftest import make_corpus
from tests.training.test_command import sonant_train
from training.estimate import duration
from vocoder.synthesis.voice import load_voice


def command(corpus: Path, root: Path, *more: str) -> tuple[str, ...]:
    where = (
        "--corpus",
        str(corpus),
        "--voice",
        "tone",
        "--runs",
        str(root / "runs"),
        "-o",
        str(root / "voices"),
    )
    training = (
        "--acoustic-steps",
        "2",
        "--adversarial-steps",
        "2",
        "--vocoder-steps",
        "2",
        "--workers",
        "1",
        "--threads",
        "1",
    )
    steps = (*training, "--sentences", "1", "--unseen", "1")
    return ("all", *where, "--licence", "CC0-1.0", "--source", "tones", *steps, *more)


def test_a_recording_that_is_missing_is_named_before_anything_is_done(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus")
    (corpus / "wavs" / "utt1.wav").unlink()
    done = sonant_train(*command(corpus, tmp_path), code=2)
    assert "utt1.wav: no such file" in done.stdout
    assert "--leave-out" in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_from_a_folder_to_a_voice_and_again_without_doing_anything_twice(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus")
    (corpus / "wavs" / "utt1.wav").unlink()
    done = sonant_train(*command(corpus, tmp_path, "--leave-out"))
    assert "still to come" in done.stdout
    assert "| PESQ-WB |" in done.stdout
    voice = load_voice(tmp_path / "voices" / "tone")
    assert voice.manifest.precision_prices.int8 is not None or voice.engine.name == "reference"
    assert (tmp_path / "runs" / "tone" / "report.html").is_file()
    prepared = (tmp_path / "runs" / "tone" / "data" / "samples.npy").stat().st_mtime_ns
    again = sonant_train(*command(corpus, tmp_path, "--leave-out"))
    assert "in all about 0 seconds" in again.stdout
    assert (tmp_path / "runs" / "tone" / "data" / "samples.npy").stat().st_mtime_ns == prepared


def test_durations_are_for_people() -> None:
    assert [duration(seconds) for seconds in (5.4, 89, 90, 3600, 5400, 36_000)] == [
        "5 seconds",
        "89 seconds",
        "2 minutes",
        "60 minutes",
        "1.5 hours",
        "10.0 hours",
    ]
