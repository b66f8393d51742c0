from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.training.conftest import make_corpus
from training.data.corpus import read_corpus, read_ljspeech
from training.data.dataset import PreparedSet
from training.data.prepare import SPEECH_LEVEL_DB
from vocoder.audio.mel import log_mel
from vocoder.errors import InputError
from vocoder.text.features import category_sizes, feature_hash


def test_reads_the_layout_and_the_split(corpus: Path) -> None:
    recordings = read_ljspeech(corpus, speaker="tone")
    assert [recording.id for recording in recordings] == [f"utt{index}" for index in range(6)]
    assert [recording.validation for recording in recordings] == [False] * 5 + [True]


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: (folder / "metadata.csv").unlink(), "metadata.csv"),
        (lambda folder: (folder / "metadata.csv").write_text("only one field"), "metadata.csv:1"),
        (lambda folder: (folder / "wavs" / "utt3.wav").unlink(), "utt3"),
        (lambda folder: (folder / "metadata.csv").write_text(""), "metadata.csv"),
        (lambda folder: (folder / "takes.csv").write_text("id,prompt\nutt4,p\nutt5,p\n"), "utt4"),
    ],
)
def test_a_damaged_corpus_is_refused_by_name(tmp_path: Path, damage: object, named: str) -> None:
    folder = make_corpus(tmp_path / "corpus")
    damage(folder)  # type: ignore[operator]
    with pytest.raises(InputError, match=named):
        read_ljspeech(folder, speaker="tone")


def test_several_speakers_are_told_apart_by_name(corpus: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(corpus, tmp_path / "two"))
    rows = [f"utt{index},{'anna' if index % 2 else 'otto'}" for index in range(6)]
    (folder / "speakers.csv").write_text("id,speaker\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert [recording.speaker for recording in read_ljspeech(folder, speaker="nobody")] == [
        "otto",
        "anna",
    ] * 3
    (folder / "speakers.csv").write_text("id,speaker\n" + "\n".join(rows[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match=r"speakers\.csv: does not say who speaks utt5"):
        read_ljspeech(folder, speaker="nobody")
    (folder / "speakers.csv").write_text("name,id\nanna,utt0\n", encoding="utf-8")
    with pytest.raises(InputError, match="must name the columns id and speaker"):
        read_ljspeech(folder, speaker="nobody")


def test_a_public_corpus_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="LJSPEECH"):
        read_corpus(f"LJSPEECH:{tmp_path}", speaker="linda")


def test_reads_ljspeech_through_torchaudio(tmp_path: Path) -> None:
    make_corpus(tmp_path / "LJSpeech-1.1")
    recordings = read_corpus(f"LJSPEECH:{tmp_path}", speaker="linda")
    assert [recording.id for recording in recordings] == [f"utt{index}" for index in range(6)]
    assert all(
        recording.path.is_file() and recording.speaker == "linda" for recording in recordings
    )
    assert recordings[1].text == "The cat sat on the mat."


def write(path: Path, text: str | None = None) -> None:
    """A text, or a tenth of a second of silence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        soundfile.write(path, np.zeros(1600), 16_000)
    else:
        path.write_text(text, encoding="utf-8")


def test_reads_vctk_through_torchaudio(tmp_path: Path) -> None:
    root = tmp_path / "VCTK-Corpus-0.92"
    for speaker, text in (
        ("p225", "Please call Stella."),
        ("p226", "Ask her to bring these things."),
    ):
        write(root / "txt" / speaker / f"{speaker}_001.txt", text)
        write(root / "wav48_silence_trimmed" / speaker / f"{speaker}_001_mic2.flac")
    recordings = read_corpus(f"VCTK_092:{tmp_path}", speaker="nobody")
    assert [(recording.speaker, recording.text) for recording in recordings] == [
        ("p225", "Please call Stella."),
        ("p226", "Ask her to bring these things."),
    ]
    assert all(recording.path.is_file() for recording in recordings)


def test_reads_libritts_through_torchaudio(tmp_path: Path) -> None:
    for speaker, chapter in (("19", "198"), ("26", "495")):
        base = (
            tmp_path
            / "LibriTTS"
            / "train-clean-100"
            / speaker
            / chapter
            / f"{speaker}_{chapter}_000000_000000"
        )
        write(base.with_suffix(".wav"))
        write(base.with_suffix(".original.txt"), "It cost $3.")
        write(base.with_suffix(".normalized.txt"), f"It cost {speaker} dollars.")
    recordings = read_corpus(f"LIBRITTS:{tmp_path}", speaker="nobody")
    assert [(recording.id, recording.speaker, recording.text) for recording in recordings] == [
        ("19_198_000000_000000", "19", "It cost 19 dollars."),
        ("26_495_000000_000000", "26", "It cost 26 dollars."),
    ]
    assert all(recording.path.is_file() for recording in recordings)


def test_reads_cmu_arctic_through_torchaudio(tmp_path: Path) -> None:
    folder = tmp_path / "ARCTIC" / "cmu_us_aew_arctic"
    write(
        folder / "etc" / "txt.done.data",
        (
            '( arctic_a0001 "Author of the danger trail." )\n( arctic_a0002 "Not at this '
            "particular "
            'case." )\n'
        ),
    )
    for name in ("arctic_a0001", "arctic_a0002"):
        write(folder / "wav" / f"{name}.wav")
    recordings = read_corpus(f"CMUARCTIC:{tmp_path}", speaker="aew")
    assert [(recording.id, recording.speaker, recording.text) for recording in recordings] == [
        ("arctic_a0001", "aew", "Author of the danger trail."),
        ("arctic_a0002", "aew", "Not at this particular case."),
    ]
    assert all(recording.path.is_file() for recording in recordings)


def test_the_prepared_sound_is_levelled_and_its_features_are_its_own(prepared: PreparedSet) -> None:
    for entry in prepared.header.entries:
        wave = prepared.wave(entry)
        levels = 10 * np.log10(
            np.mean(wave.reshape(-1, prepared.audio.hop_length) ** 2, axis=1) + 1e-12
        )
        assert np.percentile(levels, 95) == pytest.approx(SPEECH_LEVEL_DB, abs=0.5)
        conditions = prepared.conditions(entry)
        # stored in float16
        np.testing.assert_allclose(conditions.log_mel, log_mel(wave, prepared.audio), atol=0.01)
        voiced = conditions.voicing > 0
        assert np.median(np.exp(conditions.log_f0[voiced])) == pytest.approx(150, rel=0.01)


def test_the_alignment_covers_every_frame_once(prepared: PreparedSet) -> None:
    assert prepared.header.category_sizes == category_sizes()
    assert prepared.header.feature_hash == feature_hash()
    for entry in prepared.header.entries:
        categories, positions, durations = prepared.phonemes(entry)
        assert len(categories) == len(positions) == len(durations) == entry.num_phonemes
        assert durations.sum() == entry.num_frames
        assert durations.min() >= 0
        assert (categories >= 1).all()
        assert (categories < np.array(category_sizes())).all()


def test_the_pauses_at_the_ends_are_found(prepared: PreparedSet) -> None:
    for entry in prepared.header.entries:
        _, _, durations = prepared.phonemes(entry)
        energies = np.mean(prepared.wave(entry).reshape(-1, prepared.audio.hop_length) ** 2, axis=1)
        loud = np.flatnonzero(energies > 0.01 * energies.max())
        assert abs(int(durations[0]) - int(loud[0])) <= 12, entry.id
