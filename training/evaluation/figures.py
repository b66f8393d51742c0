"""From rows to figures: each measure of a system over its sentences, and the difference of two
systems that spoke the same ones.

N sentences, D draws, M mels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from training.bootstrap import BootstrapEstimate, Float64Array, weights
from training.evaluation.judge import Row
from training.evaluation.spectra import MODULATION_HZ

Rows = Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure.

    Attributes:
        key: in JSON.
        title: in tables.
        digits: behind the point.
        draws: of the rows of a system and those of the recordings of the same sentences, with
            `weights` float64 [1 + D, N], gives float64 [1 + D].
        beside_recordings: whether it needs the latter.
    """

    key: str
    title: str
    digits: int
    draws: Callable[[Rows, Rows, Float64Array], Float64Array]
    beside_recordings: bool = False


def _column(rows: Rows, name: str) -> Float64Array:
    return np.array([getattr(row, name) for row in rows], np.float64)


def _mean_of(name: str) -> Callable[[Rows, Rows, Float64Array], Float64Array]:
    def draws(rows: Rows, _: Rows, counts: Float64Array) -> Float64Array:
        mean: Float64Array = counts @ _column(rows, name) / counts.sum(axis=1)
        return mean

    return draws


def _word_error_rate(rows: Rows, _: Rows, counts: Float64Array) -> Float64Array:
    rate: Float64Array = (
        100 * (counts @ _column(rows, "errors")) / (counts @ _column(rows, "words"))
    )
    return rate


def _variance_ratio(rows: Rows, recordings: Rows, counts: Float64Array) -> Float64Array:
    """Mean over mel bands of each band's variance as a multiple of the recordings'."""
    ratio: Float64Array = (
        counts @ _column(rows, "band_variances") / (counts @ _column(recordings, "band_variances"))
    ).mean(axis=1)
    return ratio


def _modulation_db(band: int) -> Callable[[Rows, Rows, Float64Array], Float64Array]:
    def draws(rows: Rows, recordings: Rows, counts: Float64Array) -> Float64Array:
        made, true = (
            counts @ _column(each, "modulation_powers")[:, band] for each in (rows, recordings)
        )
        decibels: Float64Array = 10 * np.log10(made / true)
        return decibels

    return draws


MEASURES = (
    Measure(key="distillmos", title="Distill-MOS", digits=2, draws=_mean_of("distillmos")),
    Measure(key="p808", title="DNSMOS P.808", digits=2, draws=_mean_of("p808")),
    Measure(
        key="word_error_rate_percent", title="word error rate, %", digits=1, draws=_word_error_rate
    ),
    Measure(
        key="variance_ratio",
        title="variance of log-mel, times the recordings'",
        digits=2,
        draws=_variance_ratio,
        beside_recordings=True,
    ),
    *(
        Measure(
            key=f"modulation_{low:g}_{high:g}_hz_db",
            title=f"modulation {low:g}-{high:g} Hz, dB to the recordings",
            digits=1,
            draws=_modulation_db(band),
            beside_recordings=True,
        )
        for band, (low, high) in enumerate(MODULATION_HZ)
    ),
)


def figures(rows: Rows, recordings: Rows = ()) -> dict[str, BootstrapEstimate]:
    """Every measure of one system, by its key; without recordings those that need none."""
    counts = weights(len(rows))
    return {
        measure.key: BootstrapEstimate.of_draws(measure.draws(rows, recordings, counts))
        for measure in _possible(recordings)
    }


def differences(rows: Rows, others: Rows, recordings: Rows = ()) -> dict[str, BootstrapEstimate]:
    """Every measure of one system minus that of another, paired over sentences: rows of the same
    ids in the same order.

    Without recordings those measures that need none; those that do say by themselves how far a
    system is from the recordings.
    """
    assert [row.id for row in rows] == [row.id for row in others]
    counts = weights(len(rows))
    return {
        measure.key: BootstrapEstimate.of_draws(
            measure.draws(rows, recordings, counts) - measure.draws(others, recordings, counts)
        )
        for measure in _possible(recordings)
    }


def variance_ratios(rows: Rows, recordings: Rows) -> list[float]:
    """Of each mel band, the lowest first: the system's variance as a multiple of the
    recordings'.
    """
    ratios: Float64Array = _column(rows, "band_variances").mean(axis=0) / _column(
        recordings, "band_variances"
    ).mean(axis=0)
    return [round(float(ratio), 4) for ratio in ratios]


def _possible(recordings: Rows) -> list[Measure]:
    return [measure for measure in MEASURES if recordings or not measure.beside_recordings]
