"""The figures of a voice, and what they may be off by."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean and how far it may be off, 95 of 100 times."""

    mean: float
    margin: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Interval:
        """Over sentences, 1.96 standard errors; sentences without the figure (not a number) do not count."""
        found = np.array([value for value in values if np.isfinite(value)])
        if len(found) == 0:
            return cls(mean=float("nan"), margin=float("nan"))
        spread = float(np.std(found, ddof=1)) if len(found) > 1 else 0.0
        return cls(mean=float(found.mean()), margin=1.96 * spread / len(found) ** 0.5)

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.margin:.3f}"


@dataclass(frozen=True, kw_only=True)
class CopyFigures:
    """One way of saying recordings again, held against them."""

    pesq_wb: Interval
    stoi: Interval
    mcd_db: Interval
    f0_error_cents: Interval
    voicing_error: Interval
    click_level_db: Interval
    dnsmos: Interval


@dataclass(frozen=True, kw_only=True)
class SpeechFigures:
    """Sentences, spoken from text or by the speaker."""

    word_error_rate: Interval
    dnsmos: Interval
    seconds: Interval  # of a sentence
    f0_mean_cents: float  # above 100 Hz, over all voiced frames
    f0_spread_cents: float  # standard deviation over the same
    quiet_level_db: Interval


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was measured, and on what.

    Attributes:
        bits_per_sample: of the held-out recordings under the vocoder, from the audio alone.
        copies: by name: "voice", "Griffin-Lim", "WORLD".
        speech: of the voice, from text; natural: of the recordings of the same sentences.
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
    bits_per_sample: Interval
    copies: dict[str, CopyFigures]
    speech: SpeechFigures
    natural: SpeechFigures
    warped_mel: Interval

    def to_json(self) -> str:
        """For programs."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @property
    def on_what(self) -> str:
        """Which data the figures are of."""
        return (
            f"Measured on {self.sentences} sentences of the corpus that were held out by prompt and never trained on, by `sonant-train evaluate`, "
            f"{self.date}, {self.machine}, engine {self.engine}, temperature {self.temperature:g}, seed {self.seed}; ± is a 95 % interval over sentences."
        )

    def copy_rows(self) -> list[list[str]]:
        """Copy synthesis as a table, its heading first."""
        kinds = list(self.copies)
        rows = [["copy synthesis: the recording again from its own features", *kinds], ["bits per sample", str(self.bits_per_sample), *[""] * (len(kinds) - 1)]]
        labels = {
            "PESQ-WB": "pesq_wb",
            "STOI": "stoi",
            "mel-cepstral distortion, dB": "mcd_db",
            "F0 error, median, cents": "f0_error_cents",
            "voicing error, share of frames": "voicing_error",
            "peak in the recording's pauses, dB above its own": "click_level_db",
            "DNSMOS overall": "dnsmos",
        }
        figures = [dataclasses.asdict(copy) for copy in self.copies.values()]
        return rows + [[label, *(str(Interval(**figure[name])) for figure in figures)] for label, name in labels.items()]

    def speech_rows(self) -> list[list[str]]:
        """Speech from text as a table, its heading first."""
        both = (self.speech, self.natural)
        return [
            ["speech from text", "voice", "recordings of the same sentences"],
            ["word error rate by pocketsphinx", *(f"{one.word_error_rate.mean:.1%} ± {one.word_error_rate.margin:.1%}" for one in both)],
            ["DNSMOS overall", *(str(one.dnsmos) for one in both)],
            ["seconds per sentence", *(str(one.seconds) for one in both)],
            ["F0, mean, cents above 100 Hz", *(f"{one.f0_mean_cents:.0f}" for one in both)],
            ["F0, spread, cents", *(f"{one.f0_spread_cents:.0f}" for one in both)],
            ["level of the quietest twentieth, dB", *(str(one.quiet_level_db) for one in both)],
            ["log-mel distance under time warping, nats", str(self.warped_mel), "0"],
        ]

    def to_markdown(self) -> str:
        """For people."""
        return "\n".join([self.on_what, "", *_markdown(self.copy_rows()), "", *_markdown(self.speech_rows())])


def _markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return [head, "|" + " --- |" * len(rows[0]), *body]
