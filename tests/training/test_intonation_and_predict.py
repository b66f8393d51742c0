"""What is made of the acoustic model after its training: its melody measured, its spectra predicted
for the vocoder.
"""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import training.acoustic.intonation
from training.acoustic.intonation import intonation
from training.acoustic.regression import AcousticTask, Predicted
from training.data.dataset import PREDICTED, DatasetEntry, PreparedSet
from training.data.predict import predict
from training.recipe_file import Recipe
from training.vocoder_task import SegmentConfig, VocoderTask
from vocoder.acoustic.model import AcousticModel
from vocoder.errors import InputError
from vocoder.voices.pack import MOST_INTONATION


@pytest.fixture(scope="module")
def acoustic(prepared: PreparedSet) -> AcousticModel:
    torch.manual_seed(0)
    return AcousticModel(Recipe.read().acoustic_for(prepared)).eval().requires_grad_(False)


@pytest.fixture
def data(prepared: PreparedSet, tmp_path: Path) -> PreparedSet:
    """A copy to write into."""
    return PreparedSet(Path(shutil.copytree(prepared.folder, tmp_path / "data")))


@pytest.mark.parametrize(
    ("flatness", "expected"),
    [(0.5, 2.0), (1.0, 1.0), (2.0, 1.0), (0.1, MOST_INTONATION), (0.0, 1.0)],
)
def test_a_flat_melody_is_made_up_for(
    prepared: PreparedSet,
    acoustic: AcousticModel,
    monkeypatch: pytest.MonkeyPatch,
    flatness: float,
    expected: float,
) -> None:
    """A model that predicts the recordings' own melody, a different one for each utterance, moving
    less or more.
    """
    melodies = {
        entry.id: np.sin(np.arange(entry.num_frames) / (5 + index)).astype(np.float32)
        for index, entry in enumerate(prepared.header.entries)
    }

    def spoken(self: PreparedSet, entry: DatasetEntry) -> object:
        return dataclasses.replace(
            true(self, entry),
            log_f0=5 + 0.2 * melodies[entry.id],
            voicing=np.ones(entry.num_frames, np.float32),
        )

    def predicted(self: AcousticTask, model: AcousticModel, entry: DatasetEntry) -> Predicted:
        return Predicted(
            log_f0=4.8 + flatness * 0.2 * melodies[entry.id],
            voicing=np.ones(entry.num_frames, np.float32),
            log_mel=np.zeros((0, 0), np.float32),
        )

    true = PreparedSet.conditions
    monkeypatch.setattr(PreparedSet, "conditions", spoken)
    monkeypatch.setattr(AcousticTask, "predict", predicted)
    assert intonation(acoustic, prepared, prepared.header.entries) == pytest.approx(
        expected, abs=0.03
    )
    assert (
        intonation(
            acoustic, prepared, prepared.header.entries[: training.acoustic.intonation.FEWEST - 1]
        )
        == 1.0
    )


def test_predicted_spectra_are_what_the_model_makes_of_the_true_durations_and_pitch(
    data: PreparedSet, acoustic: AcousticModel
) -> None:
    with pytest.raises(InputError, match="sonant-train predict"):
        _ = data.predicted_log_mel
    difference = predict(data, acoustic)
    again = PreparedSet(data.folder)
    for entry in again.header.entries:
        true, made = again.conditions(entry), again.conditions(entry, predicted=True)
        expected = AcousticTask(again, acoustic.config).predict(acoustic, entry).log_mel
        np.testing.assert_array_equal(made.log_mel, expected.astype(np.float16).astype(np.float32))
        np.testing.assert_array_equal(made.log_f0, true.log_f0)
        if entry.validation:
            assert difference == pytest.approx(np.abs(expected - true.log_mel).mean(), rel=1e-5)
    np.save(data.folder / PREDICTED, np.zeros((3, 2), np.float16))
    with pytest.raises(InputError, match="of another data set"):
        _ = PreparedSet(data.folder).predicted_log_mel


def test_predicted_spectra_depend_on_the_true_pitch_and_padding_changes_nothing(
    prepared: PreparedSet, acoustic: AcousticModel
) -> None:
    task = AcousticTask(prepared, acoustic.config)
    entries = prepared.header.entries[:2]
    made = task.predict(acoustic, entries[0]).log_mel
    batch = task.collate(list(entries))
    batch["log_f0"] = batch["log_f0"] + 0.3
    assert not np.allclose(
        training.acoustic.regression._outputs(acoustic, batch)[3][0, : len(made)].numpy(), made
    )


def test_as_many_segments_as_asked_for_are_of_predicted_spectra(
    data: PreparedSet, acoustic: AcousticModel
) -> None:
    predict(data, acoustic)
    again = PreparedSet(data.folder)
    config = Recipe.read().wavenet_for(again)

    def batches(share: float) -> list[dict[str, torch.Tensor]]:
        task = VocoderTask(again, config, SegmentConfig(predicted_share=share))
        return [
            dict(task.batch(np.random.Generator(np.random.Philox(key=1, counter=[0, 0, 0, step]))))
            for step in range(25)
        ]

    plain, all_predicted, half = batches(0.0), batches(1.0), batches(0.5)
    true = {
        tuple(row.flatten()[:400].tolist())
        for row in torch.from_numpy(again.log_mel[:].astype(np.float32)).unsqueeze(1)
    }

    def share_of_predicted(made: list[dict[str, torch.Tensor]]) -> float:
        rows = [row[0] for batch in made for row in batch["log_mel"]]
        return float(np.mean([tuple(row.tolist()) not in true for row in rows]))

    assert share_of_predicted(plain) == 0.0
    assert share_of_predicted(all_predicted) == 1.0
    assert 0.3 < share_of_predicted(half) < 0.7
    figures = VocoderTask(again, config, SegmentConfig(predicted_share=0.5))
    torch.manual_seed(0)
    assert set(figures.validate(figures.model, torch.device("cpu"))) == {
        "bits_per_sample",
        "bits_per_sample_audio_only",
        "bits_per_sample_predicted",
    }
