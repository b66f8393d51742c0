"""Recordings at another pitch: what moves, and what stays as it was recorded."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from training.data.dataset import SHIFTED_LOG_F0, PreparedSet
from training.data.pitch_shift import shifted, write_shifted
from vocoder.audio.mel import log_mel
from vocoder.errors import InputError

RATE = 16_000


def tone(f0: float) -> npt.NDArray[np.float32]:
    """As the corpus of these tests has them, at another pitch."""
    time = np.arange(2 * RATE) / RATE
    sound = sum(np.sin(2 * np.pi * f0 * harmonic * time) / harmonic for harmonic in range(1, 8))
    envelope = np.clip(np.sin(2 * np.pi * 3 * time), 0.05, None) * ((time > 0.3) & (time < 1.7))
    return (0.1 * sound * envelope).astype(np.float32)


@pytest.mark.parametrize("semitones", [-5.0, 6.0])
def test_harmonics_lie_where_those_of_a_tone_at_that_pitch_do(
    prepared: PreparedSet, semitones: float
) -> None:
    entry = prepared.entries(validation=False)[0]
    made, log_f0 = shifted(prepared, entry, semitones)
    voiced = prepared.conditions(entry).voicing > 0
    moved = 12 * np.log2(np.exp(log_f0 - prepared.conditions(entry).log_f0))
    np.testing.assert_allclose(moved[voiced], semitones, atol=1e-3)
    f0 = 150 * 2 ** (semitones / 12)
    ours, there, here = (
        spectrum[:, :20].mean(axis=0)  # up to 780 Hz, where all have harmonics
        for spectrum in (
            made[voiced],
            log_mel(tone(f0), prepared.audio)[35:165],
            log_mel(tone(150.0), prepared.audio)[35:165],
        )
    )
    near = np.corrcoef(np.diff(ours), np.diff(there))[0, 1]
    assert near > 0.8
    assert near > np.corrcoef(np.diff(ours), np.diff(here))[0, 1] + 0.3


def test_no_shift_and_no_voice_leave_a_recording_as_it_is(prepared: PreparedSet) -> None:
    entry = prepared.entries(validation=False)[0]
    conditions = prepared.conditions(entry)
    same, log_f0 = shifted(prepared, entry, 0.0)
    np.testing.assert_array_equal(log_f0, conditions.log_f0)
    np.testing.assert_allclose(same, conditions.log_mel, atol=1e-5)
    lower, _ = shifted(prepared, entry, -6.0)
    unvoiced = conditions.voicing == 0
    assert unvoiced.any()
    np.testing.assert_allclose(lower[unvoiced], conditions.log_mel[unvoiced], atol=1e-5)
    assert np.abs(lower - conditions.log_mel)[~unvoiced].mean() > 0.2


def test_f0_stays_within_what_the_analysis_looks_for(prepared: PreparedSet) -> None:
    _, log_f0 = shifted(prepared, prepared.entries(validation=False)[0], -48.0)
    assert np.exp(log_f0.min()) == pytest.approx(prepared.audio.f0_min, rel=1e-4)


def test_they_are_written_once_and_belong_to_one_data_set(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(prepared.folder, folder)
    for stale in folder.glob("shifted*"):
        stale.unlink()
    data = PreparedSet(folder)
    assert not data.has_shifted
    write_shifted(data)
    assert data.has_shifted
    written = (folder / SHIFTED_LOG_F0).stat().st_mtime_ns
    write_shifted(PreparedSet(folder))
    assert (folder / SHIFTED_LOG_F0).stat().st_mtime_ns == written
    entry = data.entries(validation=False)[0]
    np.testing.assert_array_equal(
        data.shifted(entry)[1], np.load(folder / SHIFTED_LOG_F0)[: entry.num_frames]
    )
    np.save(folder / SHIFTED_LOG_F0, np.zeros(7, np.float32))
    with pytest.raises(InputError, match="of another data set: 7 frames") as refused:
        PreparedSet(folder).shifted(entry)
    assert refused.value.field == str(folder / SHIFTED_LOG_F0)
