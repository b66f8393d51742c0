"""From rows to figures: each measure, pairs of systems, and what they may be off by."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from training.bootstrap import BootstrapEstimate, rate, weights
from training.evaluation.figures import differences, figures, variance_ratios
from training.evaluation.judge import Row
from training.evaluation.report import to_json
from training.evaluation.spectra import MODULATION_HZ


def row(identity: str, **values: object) -> Row:
    plain: dict[str, object] = {
        "system": "s", "text": "t", "heard": "h", "errors": 0, "words": 10, "seconds": 1.0,
        "distillmos": 3.0, "p808": 3.0,
        "band_variances": (1.0, 1.0), "modulation_powers": (1.0, 1.0, 1.0, 1.0), "key": "k",
    }  # fmt: skip
    return Row(**(plain | values), id=identity)  # type: ignore[arg-type]


def several(name: str, values: Sequence[object]) -> list[Row]:
    return [row(str(index), **{name: value}) for index, value in enumerate(values)]


def test_a_difference_is_paired_over_sentences() -> None:
    """Sentences differ by far more than the systems do: only pairs can tell."""
    hard = np.linspace(1.5, 4.5, 20)
    worse, better = several("distillmos", hard), several("distillmos", hard + 0.1)
    alone = figures(better)["distillmos"]
    difference = differences(better, worse)["distillmos"]
    assert alone.high - alone.low > 0.5
    assert (difference.value, difference.low, difference.high) == pytest.approx((0.1, 0.1, 0.1))


def test_only_the_same_sentences_are_compared() -> None:
    with pytest.raises(AssertionError):
        differences(several("p808", [1.0, 2.0]), several("p808", [1.0, 2.0])[::-1])


def test_word_error_rates_count_words_not_sentences() -> None:
    rows = [row("0", errors=1, words=2), row("1", errors=0, words=18)]
    assert figures(rows)["word_error_rate_percent"].value == pytest.approx(5.0)
    assert differences(rows, several("errors", [0, 0]))[
        "word_error_rate_percent"
    ].value == pytest.approx(5.0)


def test_a_variance_is_told_as_a_multiple_of_the_recordings_band_by_band() -> None:
    recordings, flat = (
        several("band_variances", [(2.0, 40.0), (4.0, 20.0)]),
        several("band_variances", [(1.0, 20.0), (2.0, 10.0)]),
    )
    half_in_one = several("band_variances", [(1.0, 40.0), (2.0, 20.0)])
    assert figures(recordings, recordings)["variance_ratio"].value == pytest.approx(1.0)
    assert figures(flat, recordings)["variance_ratio"].value == pytest.approx(0.5)
    assert figures(half_in_one, recordings)["variance_ratio"].value == pytest.approx(0.75)
    assert variance_ratios(half_in_one, recordings) == [0.5, 1.0]


def test_a_modulation_is_told_in_db_to_the_recordings() -> None:
    recordings, made = (
        several("modulation_powers", [(4.0, 3.0, 2.0, 1.0)] * 3),
        several("modulation_powers", [(4.0, 3.0, 1.0, 0.1)] * 3),
    )
    found = figures(made, recordings)
    assert [
        found[f"modulation_{low:g}_{high:g}_hz_db"].value for low, high in MODULATION_HZ
    ] == pytest.approx([0, 0, -3.0103, -10])
    assert "modulation_25_50_hz_db" not in figures(made)


def test_an_interval_is_as_wide_as_bootstrap_makes_it() -> None:
    values = np.random.default_rng(0).standard_normal(400)
    interval = BootstrapEstimate.of_mean(values.tolist())
    assert interval.value == pytest.approx(values.mean())
    assert (interval.high - interval.low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.05)
    assert BootstrapEstimate.of_mean([1.0, float("nan"), 3.0]).value == 2.0
    assert np.isnan(BootstrapEstimate.of_mean([float("nan")]).value)


def test_draws_are_always_the_same_and_the_first_counts_each_sentence_once() -> None:
    assert (weights(7) == weights(7)).all()
    assert (weights(7)[0] == 1).all()
    assert (weights(7).sum(axis=1) == 7).all()
    assert rate([(1, 10), (3, 10)]).value == 0.2


def test_figures_are_shown_with_their_interval() -> None:
    assert (
        BootstrapEstimate(value=-0.004, low=-0.1, high=0.25).shown(2, sign=True)
        == "+0.00 [-0.10, +0.25]"
    )
    assert BootstrapEstimate(value=4.218, low=4.1, high=4.3).shown(2) == "4.22 [4.10, 4.30]"


def test_json_is_strict_where_something_could_not_be_measured() -> None:
    nothing = {"a": [BootstrapEstimate.of_mean([float("nan")]).value, 1.5], "b": ("x", 2)}
    assert json.loads(to_json(nothing), parse_constant=pytest.fail) == {
        "a": [None, 1.5],
        "b": ["x", 2],
    }
