from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.tiny_voice import make_tiny_voice
from training.data.dataset import DatasetEntry, PreparedSet
from training.evaluation.samples import SENTENCES
from training.evaluation.sentences import choose
from training.evaluation.temperatures import try_temperatures
from training.stages import read_average
from vocoder.synthesis.voice import load_voice


def sonant_train(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys, warnings; warnings.simplefilter('ignore'); from training.cli import "
        "main; sys.argv[0] = 'sonant-train'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done


def entry(identity: str, text: str) -> DatasetEntry:
    return DatasetEntry(
        id=identity, text=text, speaker=0, validation=True, frame_start=0, num_frames=1
    )


def test_every_text_is_chosen_once_before_any_twice() -> None:
    entries = [entry("a1", "a"), entry("a2", "a"), entry("b1", "b"), entry("c1", "c")]
    assert len({chosen.text for chosen in choose(entries, 3)}) == 3
    assert len({chosen.id for chosen in choose(entries, 4)}) == 4
    assert choose(entries, 2) == choose(entries, 2)


def test_a_missing_stage_is_named(tmp_path: Path) -> None:
    done = sonant_train("vocoder", "--voice", "nobody", "--runs", str(tmp_path), code=2)
    assert "sonant-train prepare" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    done = sonant_train(
        "prepare",
        "--corpus",
        str(tmp_path / "nowhere"),
        "--voice",
        "nobody",
        "--runs",
        str(tmp_path),
        code=2,
    )
    assert "nowhere/metadata.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recogniser_that_was_not_trained_is_named(prepared: PreparedSet, tmp_path: Path) -> None:
    shutil.copytree(prepared.folder, tmp_path / "tone" / "data")
    done = sonant_train(
        "align", "--voice", "tone", "--runs", str(tmp_path), "--by", "recogniser", code=2
    )
    assert "sonant-train recogniser" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.thorough  # test_recogniser.py and test_outliers.py have its parts
def test_alignment_by_the_recogniser_and_what_stands_out(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    where = ("--voice", "tone", "--runs", str(tmp_path))
    folder = tmp_path / "tone" / "data"
    shutil.copytree(prepared.folder, folder)
    done = sonant_train("recogniser", *where, "--steps", "3", "--threads", "1")
    assert "phoneme error rate" in done.stdout
    figures = json.loads((tmp_path / "tone" / "recogniser" / "phoneme_errors.json").read_text())
    assert figures["steps"] == 3
    assert figures["phonemes"] == 7  # of "See you soon."
    assert figures["utterances"]["utt5"] == figures["phoneme_error_rate"]
    assert f"phoneme error rate {figures['phoneme_error_rate']:.1%}" in done.stdout
    done = sonant_train("align", *where, "--by", "recogniser")
    assert "phonemes begin" in done.stdout
    assert PreparedSet(folder).header.aligned_by == "recogniser"
    pack = make_tiny_voice(
        tmp_path / "voices" / "tone", audio=PreparedSet(folder).audio, speakers=("tone",)
    )
    judge = ("alignment", *where, "--pack", str(pack))
    done = sonant_train(
        *judge,
        "--worst",
        "2",
        "--page",
        str(tmp_path / "page.html"),
        "--set-aside",
        "0",
        "--set-aside-score",
        "1000",
    )
    aside = [entry.id for entry in PreparedSet(folder).header.entries if entry.set_aside]
    assert 2 <= len(aside) <= 3  # above the median, and not held out
    assert all(f"{identity}: " in done.stdout for identity in aside)
    assert (tmp_path / "page.html").read_text().count("<img") == 2 + 4
    sonant_train(*judge, "--set-aside", "1", "--score-only", code=2)
    sonant_train(*judge, "--set-aside", "1", "--put-back", code=2)
    assert [entry.id for entry in PreparedSet(folder).header.entries if entry.set_aside] == aside
    done = sonant_train("alignment", *where, "--put-back")
    assert f"{len(aside)} utterances put back" in done.stdout
    assert not any(entry.set_aside for entry in PreparedSet(folder).header.entries)
    done = sonant_train("alignment", *where, "--score-only", "--worst", "3")
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.slow
@pytest.mark.thorough  # `sonant-train all` (test_pipeline.py) goes the same way
def test_from_recordings_to_a_measured_voice(corpus: Path, tmp_path: Path) -> None:
    where = ("--voice", "tone", "--runs", str(tmp_path / "runs"))
    pack = tmp_path / "voices" / "tone"
    sonant_train("prepare", "--corpus", str(corpus), *where, "--workers", "1")
    sonant_train("align", *where)
    sonant_train("acoustic", *where, "--steps", "2", "--threads", "1")
    missing = sonant_train(
        "vocoder", *where, "--steps", "2", "--threads", "1", "--predicted-share", "0.5", code=2
    )
    assert "sonant-train predict" in missing.stderr
    sonant_train("predict", *where)
    sonant_train("vocoder", *where, "--steps", "2", "--threads", "1", "--predicted-share", "0.5")
    sonant_train(
        "export",
        *where,
        "--licence",
        "CC0-1.0",
        "--source",
        "tones",
        "--note",
        "of no use",
        "-o",
        str(tmp_path / "voices"),
    )
    voice = load_voice(pack)
    assert voice.manifest.speakers == ("tone",)
    measure = (
        "evaluate",
        *where,
        "--pack",
        str(pack),
        "--sentences",
        "1",
        "--unseen",
        "2",
        "--json",
    )
    done = sonant_train(
        *measure,
        "--card",
        "--page",
        str(tmp_path / "page.html"),
        "--clips",
        str(tmp_path / "clips"),
    )
    assert "- of no use" in (pack / "README.md").read_text()
    report = json.loads(done.stdout)
    # two steps teach little
    assert report["bits_per_sample"]["value"] == pytest.approx(8.0, abs=0.5)
    assert list(report["ladder"]) == [
        "recordings",
        "copy synthesis",
        "copy, predicted mel",
        "copy, predicted mel, F0, voicing",
        "speech from text",
    ]
    assert report["listener"] == "pocketsphinx"
    assert report["unseen_sentences"] == 2
    assert "| PESQ-WB |" in (pack / "README.md").read_text()
    page = (tmp_path / "page.html").read_text()
    assert page.count("<audio") == page.count("<img") == 7
    assert "http" not in page
    assert len(list((tmp_path / "clips").rglob("*.wav"))) == 5 + 2
    judged = (tmp_path / "runs" / "tone" / "evaluation.jsonl").read_text()
    assert len(judged.splitlines()) == 5 + 2
    assert json.loads(sonant_train(*measure).stdout)["ladder"] == report["ladder"]
    compared = json.loads(
        sonant_train(
            "compare", str(pack), str(pack), *where, "--sentences", "1", "--unseen", "2", "--json"
        ).stdout
    )
    assert compared["figures"]["sentences of no corpus"][0] == report["unseen"]
    assert {
        figure["value"] for kind in compared["differences"].values() for figure in kind.values()
    } == {0.0}
    assert (
        tmp_path / "runs" / "tone" / "evaluation.jsonl"
    ).read_text() == judged  # nothing was judged again
    sonant_train("samples", "--voice", "tone", "--pack", str(pack), "-o", str(tmp_path / "samples"))
    assert (
        len(list((tmp_path / "samples").glob("*.flac")))
        == len(list((tmp_path / "samples").glob("*.png")))
        == len(SENTENCES)
        == 10
    )
    said, rate = soundfile.read(tmp_path / "samples" / "03.flac", dtype="int16")
    assert rate == voice.sample_rate
    np.testing.assert_array_equal(said, voice.synthesize(SENTENCES[2], seed=0))
    assert all(
        f"[{number:02}.flac]" in (tmp_path / "samples" / "README.md").read_text()
        for number in range(1, 11)
    )
    further = tmp_path / "runs" / "further"
    shutil.copytree(tmp_path / "runs" / "tone" / "data", further / "data")
    begin = ("--begin-with", str(pack), "--learning-rate", "1e-6", "--steps", "1", "--threads", "1")
    for stage, model in (("vocoder", voice.pack.network), ("acoustic", voice.pack.acoustic_model)):
        sonant_train(stage, "--voice", "further", "--runs", str(tmp_path / "runs"), *begin)
        weights, _, _ = read_average(further / stage)
        for name, tensor in model.state_dict().items():
            torch.testing.assert_close(weights[name], tensor, rtol=0, atol=1e-5)
    trials = try_temperatures(
        PreparedSet(tmp_path / "runs" / "tone" / "data"),
        pack,
        sentences=1,
        temperatures=(1.0, 0.0),
        voiced_ratios=(1.0,),
        passes=(0, 2),
        measured=0,
    )
    assert {(trial.temperature, trial.passes) for trial in trials} == {
        (1.0, 0),
        (0.0, 0),
        (1.0, 2),
        (0.0, 2),
    }
    assert trials[0].pesq_wb.value >= trials[1].pesq_wb.value >= trials[3].pesq_wb.value
    assert trials[0].passes == 2
    assert sum(path.stat().st_size for path in pack.iterdir()) < 12e6
