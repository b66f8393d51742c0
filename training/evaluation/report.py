"""The figures of a voice, with what they may be off by, as JSON and Markdown."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.bootstrap import BootstrapEstimate
from training.evaluation.figures import MEASURES
from training.evaluation.ladder import RECORDINGS, TEXT

Figures = Mapping[str, BootstrapEstimate]  # by the key of a measure


@dataclass(frozen=True, kw_only=True)
class CopyFigures:
    """One way of saying recordings again, held against them sample by sample or frame by frame."""

    pesq_wb: BootstrapEstimate
    stoi: BootstrapEstimate
    mcd_db: BootstrapEstimate
    f0_error_cents: BootstrapEstimate
    voicing_error: BootstrapEstimate
    click_level_db: BootstrapEstimate


@dataclass(frozen=True, kw_only=True)
class DeliveryFigures:
    """How sentences are spoken."""

    seconds: BootstrapEstimate  # of a sentence
    f0_mean_cents: float  # above 100 Hz, over all voiced frames
    f0_spread_cents: float  # standard deviation over the same
    quiet_level_db: BootstrapEstimate


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was measured, and on what.

    Attributes:
        sentences: how many held-out ones.
        listener: who wrote down the words.
        ladder: figures of each system on the held-out sentences, by its name, the recordings first.
        to_recordings: of each other system its differences to the recordings.
        to_step_above: its differences to the system before it.
        variance_ratios: of each other system, for each mel band, the lowest first: variance of
            log-mel as a multiple of the recordings'.
        unseen: of speech from text on the sentences of no corpus; empty where none were spoken.
        unseen_sentences: how many those are.
        misheard: of speech from text, sentences with errors, the worst first: errors and words,
            text, what was heard.
        bits_per_sample: of the held-out recordings under the vocoder, from the audio alone.
        copies: copy synthesis by name: "voice", "Griffin-Lim", "WORLD".
        spoken: how the voice speaks the held-out sentences from text; natural: how the speaker
            does.
        warped_mel: nats between the two, along the cheapest warping of time.
    """

    voice: str
    release: str
    engine: str
    machine: str
    date: str
    sentences: int
    temperature: float
    seed: int
    listener: str
    ladder: Mapping[str, Figures]
    to_recordings: Mapping[str, Figures]
    to_step_above: Mapping[str, Figures]
    variance_ratios: Mapping[str, list[float]]
    unseen: Figures
    unseen_sentences: int
    misheard: list[tuple[int, int, str, str]]
    bits_per_sample: BootstrapEstimate
    copies: Mapping[str, CopyFigures]
    spoken: DeliveryFigures
    natural: DeliveryFigures
    warped_mel: BootstrapEstimate

    def to_json(self) -> str:
        """For programs."""
        return to_json(dataclasses.asdict(self))

    @property
    def on_what(self) -> str:
        """Which data the figures are of."""
        return (
            f"Measured on {self.sentences} sentences of the corpus that were held out by prompt "
            f"and never trained on, by `sonant-train evaluate`, "
            f"{self.date}, {self.machine}, engine {self.engine}, temperature "
            f"{self.temperature:g}, seed {self.seed}; words by {self.listener}. "
            "[low, high] is a 95 % interval by bootstrap over sentences."
        )

    def tables(self) -> list[list[list[str]]]:
        """All tables, each with its heading first."""
        tables = [
            figure_rows("from the recording to speech from text", self.ladder),
            figure_rows("difference to the recordings", self.to_recordings, sign=True),
            figure_rows("difference to the step before", self.to_step_above, sign=True),
            self.copy_rows(),
            self.delivery_rows(),
        ]
        if self.unseen:
            tables.insert(
                3,
                figure_rows(f"{self.unseen_sentences} sentences of no corpus", {TEXT: self.unseen}),
            )
        return tables

    def copy_rows(self) -> list[list[str]]:
        """Copy synthesis, beside older vocoders."""
        kinds = list(self.copies)
        bits = ["bits per sample", self.bits_per_sample.shown(3), *[""] * (len(kinds) - 1)]
        rows = [["copy synthesis beside the recording", *kinds], bits]
        labels = {
            "PESQ-WB": "pesq_wb",
            "STOI": "stoi",
            "mel-cepstral distortion, dB": "mcd_db",
            "F0 error, median, cents": "f0_error_cents",
            "voicing error, share of frames": "voicing_error",
            "peak in the recording's pauses, dB above its own": "click_level_db",
        }
        return rows + [
            [label, *(getattr(copy, name).shown(3) for copy in self.copies.values())]
            for label, name in labels.items()
        ]

    def delivery_rows(self) -> list[list[str]]:
        """How the voice speaks, beside the speaker."""
        both = (self.natural, self.spoken)
        return [
            ["how it is spoken", RECORDINGS, TEXT],
            ["seconds per sentence", *(one.seconds.shown(2) for one in both)],
            ["F0, mean, cents above 100 Hz", *(f"{one.f0_mean_cents:.0f}" for one in both)],
            ["F0, spread, cents", *(f"{one.f0_spread_cents:.0f}" for one in both)],
            ["level of the quietest twentieth, dB", *(one.quiet_level_db.shown(1) for one in both)],
            ["log-mel distance under time warping, nats", "0", self.warped_mel.shown(3)],
        ]

    def to_markdown(self) -> str:
        """For people."""
        return "\n".join(
            [self.on_what, *(line for rows in self.tables() for line in ("", *markdown(rows)))]
        )


def figure_rows(
    title: str, systems: Mapping[str, Figures], *, sign: bool = False
) -> list[list[str]]:
    """A table with a row for each measure that any of the systems has, and a column for each
    system; `sign`: they are differences.
    """
    rows = [[title, *systems]]
    for measure in MEASURES:
        found = [figures.get(measure.key) for figures in systems.values()]
        if any(one is not None and np.isfinite(one.value) for one in found):
            rows.append(
                [
                    measure.title,
                    *("" if one is None else one.shown(measure.digits, sign=sign) for one in found),
                ]
            )
    return rows


def to_json(value: object) -> str:
    """Plain data as strict JSON: what is not a number becomes null."""
    return json.dumps(_with_nulls(value), indent=1, ensure_ascii=False, allow_nan=False)


def _with_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _with_nulls(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_with_nulls(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table as Markdown, line by line."""
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return [head, "|" + " --- |" * len(rows[0]), *body]
