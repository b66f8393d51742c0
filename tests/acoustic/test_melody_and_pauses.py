"""What is done to the acoustic model's pitch and pauses by rule."""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.acoustic.melody import (
    LOWEST_HZ,
    NATS_PER_SEMITONE,
    RISE_SEMITONES,
    Bend,
    Melody,
    final_rise,
)
from vocoder.acoustic.pauses import BETWEEN_SENTENCES_SECONDS, SHORTEST_SECONDS, with_pauses
from vocoder.text import analyse
from vocoder.text.features import LinguisticFeatures


def features(text: str) -> LinguisticFeatures:
    (sentence,) = analyse(text).sentences
    return sentence.features


def applied(
    melody: Melody, log_f0: np.ndarray, voicing: np.ndarray, text: str = "Is the table ready?"
) -> np.ndarray:
    row = features(text)
    durations = np.full(row.num_phonemes, len(log_f0) // row.num_phonemes)
    durations[-1] += len(log_f0) - durations.sum()
    return melody.apply(log_f0, voicing, row, durations)


LOG_F0 = (5.2 + 0.1 * np.sin(np.arange(200) / 9)).astype(np.float32)
VOICING = (np.arange(200) % 20 < 14).astype(np.float32)


def test_nothing_asked_for_is_nothing_done() -> None:
    np.testing.assert_allclose(applied(Melody(), LOG_F0, VOICING), LOG_F0, rtol=1e-6)


def test_intonation_spreads_around_the_mean_of_what_is_voiced() -> None:
    made = applied(Melody(intonation=1.5), LOG_F0, VOICING)
    voiced = VOICING > 0
    assert made[voiced].mean() == pytest.approx(LOG_F0[voiced].mean(), abs=1e-5)
    assert made[voiced].std() == pytest.approx(1.5 * LOG_F0[voiced].std(), rel=1e-4)
    flat = applied(Melody(intonation=0.0), LOG_F0, VOICING)
    np.testing.assert_allclose(flat, LOG_F0[voiced].mean(), rtol=1e-6)


def test_pitch_moves_everything_by_as_many_semitones() -> None:
    np.testing.assert_allclose(
        applied(Melody(pitch=-3.0), LOG_F0, VOICING) - LOG_F0, -3 * NATS_PER_SEMITONE, rtol=1e-4
    )


def test_stretches_are_moved_about_their_own_mean_and_the_rise_stays_on_top() -> None:
    row = features("Is the table ready?")
    durations = np.full(row.num_phonemes, 10)
    log_f0, voicing = np.resize(LOG_F0, durations.sum()), np.ones(durations.sum(), np.float32)
    plain = Melody(rises=True).apply(log_f0, voicing, row, durations)
    bends = (
        Bend(first=1, behind=4, scale=1.5),
        Bend(first=4, behind=6, scale=0.0, offset_hz=120.0, spread=0.5),
        Bend(first=8, behind=9, offset_hz=-500.0),
    )
    bent = Melody(rises=True, bends=bends).apply(log_f0, voicing, row, durations)
    np.testing.assert_allclose((bent - plain)[10:40], np.log(1.5), atol=1e-5)
    assert bent[40:60].mean() == pytest.approx(np.log(120.0), abs=1e-5)
    assert bent[40:60].std() == pytest.approx(0.5 * plain[40:60].std(), rel=1e-3)
    assert np.exp(bent[80:90] - (plain - log_f0)[80:90]).mean() == pytest.approx(
        LOWEST_HZ, rel=0.02
    )
    others = np.r_[0:10, 60:80, 90 : durations.sum()]
    np.testing.assert_allclose(bent[others], plain[others], atol=1e-5)
    silent = Melody(bends=bends).apply(log_f0, 0 * voicing, row, durations)
    np.testing.assert_allclose(
        silent, Melody().apply(log_f0, 0 * voicing, row, durations), atol=1e-5
    )


def test_where_nothing_is_voiced_there_is_no_mean_to_spread_around() -> None:
    assert np.isfinite(
        applied(Melody(intonation=1.4, rises=True), LOG_F0, np.zeros(200, np.float32))
    ).all()


def test_a_question_rises_from_its_last_stress_to_its_end() -> None:
    row = features("Is the table ready?")
    durations = np.arange(1, row.num_phonemes + 1)
    rise = final_rise(row, durations)
    ends = np.cumsum(durations)
    ready = np.flatnonzero(row.word_index == 3)
    stressed = next(
        index for index in ready if row.categories[index, 1] == row.categories[:, 1].max()
    )
    assert len(rise) == ends[-1]
    assert (rise[: ends[stressed] - durations[stressed]] == 0).all()
    assert rise[ends[ready[-1]] - 1] == 1.0
    assert (rise[ends[ready[-1]] :] == 1.0).all()
    inside = rise[ends[stressed] - durations[stressed] : ends[ready[-1]]]
    assert (np.diff(inside) > 0).all()
    steady = np.full(ends[-1], 5.0, np.float32)
    made = Melody(rises=True).apply(steady, np.ones_like(steady), row, durations)
    assert made.max() - made.min() == pytest.approx(RISE_SEMITONES * NATS_PER_SEMITONE, rel=1e-4)


def test_pauses_are_not_shorter_than_they_may_be_and_nothing_else_changes() -> None:
    row = features("One, two; three.")
    short = np.linspace(0.5, 2.0, row.num_phonemes).astype(np.float32)
    made = with_pauses(short, row, frames_per_second=100.0, at_end=0.0)
    inside = np.flatnonzero(row.pauses)[1:-1]
    assert [round(float(made[index])) for index in inside] == [
        100 * SHORTEST_SECONDS["comma"],
        100 * SHORTEST_SECONDS["colon"],
    ]
    others = np.setdiff1d(np.arange(row.num_phonemes), inside)
    np.testing.assert_array_equal(made[others], short[others])
    followed = with_pauses(short, row, frames_per_second=100.0, at_end=0.3)
    assert followed[-1] == pytest.approx(100 * BETWEEN_SENTENCES_SECONDS)
    long = np.full(row.num_phonemes, 90.0, np.float32)
    np.testing.assert_array_equal(with_pauses(long, row, frames_per_second=100.0, at_end=0.3), long)
