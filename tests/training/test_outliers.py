"""Utterances that stand out are found, told, drawn, set aside and put back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_voice import make_tiny_voice
from training.acoustic.regression import AcousticTask
from training.alignment.alignment_page import draw_alignment, write_alignment_page
from training.data import likelihood
from training.data.dataset import DatasetEntry, Header, PreparedSet
from training.data.likelihood import corpus_bits, utterance_bits
from training.data.outliers import rate_utterances, set_aside
from training.recipe_file import Recipe
from training.recogniser.task import RecogniserSegments, RecogniserTask
from training.stages import recogniser_config
from training.vocoder_task import SegmentConfig, VocoderTask
from vocoder.config import AudioConfig
from vocoder.errors import InputError
from vocoder.synthesis.voice import load_voice


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_voice(
        tmp_path_factory.mktemp("voices") / "tone", audio=AudioConfig(), speakers=("tone",)
    )


def entries(scores: list[float]) -> list[DatasetEntry]:
    return [
        DatasetEntry(
            id=f"u{index}",
            text="",
            speaker=0,
            validation=False,
            frame_start=0,
            num_frames=1,
            phoneme_start=0,
            score=score,
        )
        for index, score in enumerate(scores)
    ]


# Judging.


def test_the_worst_comes_first_whichever_figure_it_is_bad_in() -> None:
    judged = rate_utterances(
        entries([-40.0, -41.0, -42.0, -43.0, -60.0]),
        {"u0": 4.0, "u1": 9.0, "u2": 4.1, "u3": 3.9, "u4": 4.05},
    )
    assert [one.entry.id for one in judged[:2]] == ["u1", "u4"]
    assert judged[0].bits_above == pytest.approx(9.0 - 4.05)
    assert judged[0].deviations == pytest.approx((9.0 - 4.05) / (1.4826 * 0.05))
    assert judged[1].score_below == pytest.approx(18.0)
    assert judged[1].deviations == pytest.approx(18.0 / (1.4826 * 1.0))


def test_without_a_voice_the_score_alone_counts() -> None:
    judged = rate_utterances(entries([-40.0, -44.0, -41.0]), None)
    assert [one.entry.id for one in judged] == ["u1", "u2", "u0"]
    assert judged[0].bits is None
    assert "bits" not in str(judged[0])


def test_utterances_that_are_all_the_same_do_not_stand_out() -> None:
    assert [one.deviations for one in rate_utterances(entries([-40.0] * 4), None)] == [0.0] * 4


# Setting aside.


def bits_of(data: PreparedSet, bad: str) -> dict[str, float]:
    return {entry.id: 6.0 if entry.id == bad else 4.0 for entry in data.header.entries}


def test_what_costs_too_much_is_set_aside_by_name_and_nothing_is_trained_on_it(
    copied: PreparedSet,
) -> None:
    aside = set_aside(
        copied,
        rate_utterances(copied.header.entries, bits_of(copied, "utt2")),
        bits=1.0,
        score=None,
    )
    assert [(entry.id, entry.set_aside) for entry in aside] == [
        ("utt2", "6.000 bits per sample, 2.000 above the median")
    ]
    data = PreparedSet(copied.folder)
    kept = {"utt0", "utt1", "utt3", "utt4"}
    assert {entry.id for entry in data.entries(validation=False)} == kept
    assert {
        entry.id
        for entry in VocoderTask(data, Recipe.read().wavenet_for(data), SegmentConfig()).training
    } == kept
    assert {
        entry.id
        for entry in RecogniserTask(data, recogniser_config(data), RecogniserSegments()).training
    } == kept
    acoustic = {entry.id for entry in AcousticTask(data, Recipe.read().acoustic_for(data)).training}
    assert acoustic < kept  # it leaves out the lowest score itself
    # it is still there
    assert {entry.id for entry in data.header.entries} == kept | {
        "utt2",
        "utt5",
    }
    assert "utt2" in str(rate_utterances(data.header.entries, bits_of(data, "utt2"))[0])
    assert "set aside: 6.000 bits" in str(
        rate_utterances(data.header.entries, bits_of(data, "utt2"))[0]
    )


def test_a_score_too_low_is_set_aside_and_the_next_call_puts_back_what_it_does_not_name(
    copied: PreparedSet,
) -> None:
    original = (copied.folder / "dataset.json").read_text()
    low = tuple(
        dataclasses.replace(entry, score=-90.0 if entry.id == "utt1" else -40.0)
        for entry in copied.header.entries
    )
    dataclasses.replace(copied.header, entries=low).write(copied.folder)
    data = PreparedSet(copied.folder)
    aside = set_aside(data, rate_utterances(data.header.entries, None), bits=None, score=20.0)
    assert [(entry.id, entry.set_aside) for entry in aside] == [
        ("utt1", "alignment score -90.00, 50.00 below the median")
    ]
    data = PreparedSet(copied.folder)
    assert set_aside(data, rate_utterances(data.header.entries, None), bits=None, score=60.0) == []
    assert len(PreparedSet(copied.folder).entries(validation=False)) == 5
    assert (
        json.loads(original)["entries"][0].keys()
        == json.loads((copied.folder / "dataset.json").read_text())["entries"][0].keys()
    )


def test_what_is_held_out_is_never_set_aside(copied: PreparedSet) -> None:
    judged = rate_utterances(copied.header.entries, bits_of(copied, "utt5"))
    assert judged[0].entry.id == "utt5"
    assert set_aside(copied, judged, bits=0.5, score=None) == []
    assert [entry.id for entry in PreparedSet(copied.folder).entries(validation=True)] == ["utt5"]


def test_a_header_written_before_anything_could_be_set_aside_is_read(copied: PreparedSet) -> None:
    path = copied.folder / "dataset.json"
    old = json.loads(path.read_text())
    del old["aligned_by"]
    for entry in old["entries"]:
        del entry["set_aside"]
    path.write_text(json.dumps(old))
    header = Header.read(copied.folder)
    assert header.aligned_by == "mixtures"
    assert not any(entry.set_aside for entry in header.entries)


# The vocoder's likelihood.


def test_each_utterance_costs_what_the_voice_pays_for_it(copied: PreparedSet, pack: Path) -> None:
    found = corpus_bits(copied, pack)
    voice = load_voice(pack)
    assert list(found) == [entry.id for entry in copied.header.entries]
    entry = copied.header.entries[3]
    assert found["utt3"] == pytest.approx(
        utterance_bits(voice.engine, voice.pack.network, copied, entry) / (entry.num_frames * 160)
    )
    assert 7.0 < found["utt3"] < 9.0  # random weights: nearly uniform over 256 codes


def test_what_was_found_is_kept_until_the_alignment_or_the_voice_is_another(
    copied: PreparedSet, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers: Iterator[float] = iter(np.arange(1.0, 100.0))

    def answer(engine: object, network: object, data: PreparedSet, entry: DatasetEntry) -> float:
        asked.append(entry.id)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return next(answers) * entry.num_frames * 160

    monkeypatch.setattr(likelihood, "utterance_bits", answer)
    with pytest.raises(KeyboardInterrupt):
        corpus_bits(copied, pack)
    asked.extend(["..."])  # past the interruption
    found = corpus_bits(copied, pack)
    assert asked == ["utt0", "utt1", "utt2", "utt3", "...", "utt3", "utt4", "utt5"]
    assert list(found.values()) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert corpus_bits(PreparedSet(copied.folder), pack) == found
    assert len(asked) == 8
    durations = np.load(copied.folder / "durations.npy")
    np.save(copied.folder / "durations.npy", durations[::-1])
    assert list(corpus_bits(PreparedSet(copied.folder), pack).values()) == [
        7.0,
        8.0,
        9.0,
        10.0,
        11.0,
        12.0,
    ]


def test_a_pack_for_other_sound_is_refused(copied: PreparedSet, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="audio settings") as raised:
        corpus_bits(copied, make_tiny_voice(tmp_path / "other"))
    assert raised.value.field == "pack"


# The page.


def test_the_page_shows_the_worst_first_and_some_that_are_typical(
    copied: PreparedSet, tmp_path: Path
) -> None:
    set_aside(
        copied,
        rate_utterances(copied.header.entries, bits_of(copied, "utt2")),
        bits=1.0,
        score=None,
    )
    data = PreparedSet(copied.folder)
    judged = rate_utterances(data.header.entries, bits_of(data, "utt2"))
    write_alignment_page(tmp_path / "page.html", data, judged, worst=1)
    page = (tmp_path / "page.html").read_text()
    assert page.count("<img") == page.count("<audio") == 1 + 4
    worst, rest = page.split("<h2>Typical</h2>")
    assert "utt2: 6.000 bits" in worst
    table = rest.split("<h2>All</h2>")[1]
    assert table.count("<tr>") == 1 + len(data.header.entries)
    assert table.index("utt2") < table.index("utt0")
    assert "no: 6.000 bits per sample" in table
    assert "held out" in table
    assert "http" not in page


def test_a_picture_names_every_phoneme_that_has_frames(
    copied: PreparedSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.axes import Axes

    named: list[tuple[float, str]] = []
    lines: list[float] = []
    original_text, original_lines = Axes.text, Axes.vlines
    monkeypatch.setattr(
        Axes,
        "text",
        lambda self, x, y, s, **rest: (named.append((x, s)), original_text(self, x, y, s, **rest))[
            1
        ],
    )
    monkeypatch.setattr(
        Axes,
        "vlines",
        lambda self, x, *rest, **more: (lines.extend(x), original_lines(self, x, *rest, **more))[1],
    )
    entry = copied.header.entries[2]
    png = draw_alignment(entry, copied)
    assert png.startswith(b"\x89PNG")
    _, _, durations = copied.phonemes(entry)
    assert len(named) == int((durations > 0).sum())
    assert named[0][1] == named[-1][1] == "sil"
    assert lines == pytest.approx(np.cumsum(durations)[:-1] * 0.01)
    assert all(0 < x < entry.num_frames * 0.01 for x, _ in named)
