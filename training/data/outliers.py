"""Recordings that stand out: those that the voice's own vocoder finds improbable, or whose text did
not align well; and setting them aside.

Both figures have tails, so how far out an utterance lies is counted in robust deviations from the
median: 1.4826 times the median absolute deviation, which is the standard deviation where a
distribution is normal (Rousseeuw and Croux 1993). What is set aside stays in the data set, named
and with its reason, and can be put back; nothing is trained on it. Held-out utterances are judged
and never set aside: they are what a voice is measured on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.data.dataset import DatasetEntry, PreparedSet

_CONSISTENT = (
    1.4826  # standard deviations of a normal distribution in its median absolute deviation
)


@dataclass(frozen=True, kw_only=True)
class RatedUtterance:
    """One utterance beside all others.

    Attributes:
        entry: the utterance; its `score` is the aligner's, nats per frame.
        bits: per sample, by the vocoder; None where it was not asked.
        bits_above: bits per sample above the median utterance.
        score_below: nats per frame that the score lies below the median's.
        deviations: robust deviations from the median of the figure that stands out more, positive
            where it is bad.
    """

    entry: DatasetEntry
    bits: float | None
    bits_above: float
    score_below: float
    deviations: float

    def __str__(self) -> str:
        bits = "" if self.bits is None else f"{self.bits:.3f} bits per sample, "
        where = (
            "held out"
            if self.entry.validation
            else f"set aside: {self.entry.set_aside}"
            if self.entry.set_aside
            else "trained on"
        )
        return (
            f"{self.entry.id}: {bits}score {self.entry.score:.2f}, {self.deviations:.1f} "
            f"deviations ({where}): {self.entry.text}"
        )


def rate_utterances(
    entries: Sequence[DatasetEntry], bits: Mapping[str, float] | None
) -> list[RatedUtterance]:
    """All utterances, the worst first.

    Args:
        entries: aligned, at least one.
        bits: per sample, of each by its id; None to go by the alignment's score alone.
    """
    scores = np.array([entry.score for entry in entries])
    below = np.median(scores) - scores
    worst = below / _spread(below)
    paid = (
        np.zeros(len(entries)) if bits is None else np.array([bits[entry.id] for entry in entries])
    )
    above = paid - np.median(paid)
    if bits is not None:
        worst = np.maximum(worst, above / _spread(above))
    rated = [
        RatedUtterance(
            entry=entry,
            bits=None if bits is None else bits[entry.id],
            bits_above=float(above[index]),
            score_below=float(below[index]),
            deviations=float(worst[index]),
        )
        for index, entry in enumerate(entries)
    ]
    return sorted(rated, key=lambda one: -one.deviations)


def _spread(centred: np.ndarray) -> float:
    """Robust standard deviation of what has a median of 0; never 0, where more than half are the
    same.
    """
    return max(_CONSISTENT * float(np.median(np.abs(centred))), 1e-9)


def set_aside(
    data: PreparedSet, rated: Sequence[RatedUtterance], *, bits: float | None, score: float | None
) -> list[DatasetEntry]:
    """Sets utterances aside, and puts back all others; `dataset.json` is written anew.

    Args:
        data: the data set; its header is what it was until it is read again.
        rated: of all its utterances.
        bits: those that cost more than so many bits per sample above the median are set aside; None
            for none.
        score: those whose score lies more than so many nats per frame below the median are; None
            for none.

    Returns:
        what is set aside now, the worst first.
    """
    reasons = {one.entry.id: _reason(one, bits=bits, score=score) for one in rated}
    entries = tuple(
        dataclasses.replace(entry, set_aside=reasons[entry.id]) for entry in data.header.entries
    )
    dataclasses.replace(data.header, entries=entries).write(data.folder)
    now = {entry.id: entry for entry in entries}
    return [now[one.entry.id] for one in rated if reasons[one.entry.id]]


def _reason(one: RatedUtterance, *, bits: float | None, score: float | None) -> str:
    if one.entry.validation:
        return ""
    reasons = []
    if bits is not None and one.bits_above > bits:
        reasons.append(f"{one.bits:.3f} bits per sample, {one.bits_above:.3f} above the median")
    if score is not None and one.score_below > score:
        reasons.append(
            f"alignment score {one.entry.score:.2f}, {one.score_below:.2f} below the median"
        )
    return "; ".join(reasons)
