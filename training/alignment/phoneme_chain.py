"""The phonemes of an utterance as a chain of states, the best path of its frames through that
chain, and what is written of it.

Whatever says how well a frame fits a phoneme can align with this: the mixtures of
`training.alignment.align`, or the network of `training.recogniser`. Pauses between words are
optional; where one is found without a mark in the text, a pause row is added to the utterance's
features.

F frames, K states of one utterance's chain.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.errors import InputError
from vocoder.text import analyse
from vocoder.text.features import LinguisticFeatures, category_sizes, feature_hash
from vocoder.text.inventory import PAUSE, PHONEMES

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

SHORTEST_ADDED_PAUSE = 5  # frames: a shorter silence between words is a closure, not a pause
_PAUSE = PHONEMES.index(PAUSE)


@dataclass(frozen=True, kw_only=True)
class PhonemeChain:
    """The states that an utterance passes, left to right.

    Attributes:
        phonemes: int64 [K], index in the inventory of the phoneme that each place is part of.
        parts: int64 [K], which part of that phoneme, from 0.
        skip_to: int64 [K], the place before an optional pause that this place may follow directly,
            -1 for none.
        units: int64 [K], which unit (phoneme row or optional pause) each place is part of.
        rows: for each unit its row in the features, or -1 for an optional pause that the features
            do not have.
        after: for each unit the row before it.
    """

    phonemes: IntArray
    parts: IntArray
    skip_to: IntArray
    units: IntArray
    rows: tuple[int, ...]
    after: tuple[int, ...]


def build_chain(features: LinguisticFeatures, *, parts: int) -> PhonemeChain:
    """The chain of one utterance: its pauses inside the sentence, and one between any two words,
    may be skipped.

    Args:
        features: of the utterance.
        parts: places of each phoneme, at least 1: the fewest frames it lasts.
    """
    phonemes: list[int] = []
    numbers: list[int] = []
    skip_to: list[int] = []
    units: list[int] = []
    rows: list[int] = []
    after: list[int] = []

    def add(phoneme: int, row: int, *, optional: bool, follows: int) -> int:
        """Adds a unit; returns the place that what comes next may skip to, -1 if none."""
        before = len(phonemes) - 1
        for part in range(parts):
            phonemes.append(phoneme)
            numbers.append(part)
            skip_to.append(follows if part == 0 else -1)
            units.append(len(rows))
        rows.append(row)
        after.append(row if row >= 0 else rows[-2])
        return before if optional else -1

    last = features.num_phonemes - 1
    follows = -1
    for row in range(features.num_phonemes):
        word = features.word_index[row]
        starts_word = (
            row > 0
            and word >= 0
            and features.word_index[row - 1] >= 0
            and word != features.word_index[row - 1]
        )
        if starts_word:
            follows = add(_PAUSE, -1, optional=True, follows=-1)
        optional = word < 0 and 0 < row < last
        follows = add(int(features.categories[row, 0]), row, optional=optional, follows=follows)
    return PhonemeChain(
        phonemes=np.array(phonemes),
        parts=np.array(numbers),
        skip_to=np.array(skip_to),
        units=np.array(units),
        rows=tuple(rows),
        after=tuple(after),
    )


def viterbi(emissions: FloatArray, skip_to: IntArray) -> tuple[IntArray, float]:
    """The best path through a chain.

    Args:
        emissions: float32 [F, K], log-likelihood of each frame in each place.
        skip_to: int64 [K], see `PhonemeChain`.

    Returns:
        int64 [F], the place of each frame, beginning at 0 and ending at K-1; and the path's
        log-likelihood.

    Raises:
        ValueError: there are fewer frames than the shortest path has places.
    """
    frames, places = emissions.shape
    best = np.full(places, -np.inf, np.float32)
    best[0] = emissions[0, 0]
    moves = np.zeros((frames, places), np.int8)
    skips = np.flatnonzero(skip_to >= 0)
    sources = skip_to[skips]
    for frame in range(1, frames):
        forward = np.empty_like(best)
        forward[0] = -np.inf
        forward[1:] = best[:-1]
        move = moves[frame]
        np.greater(forward, best, out=move, casting="unsafe")
        new = np.maximum(forward, best)
        skipped = best[sources]
        better = skipped > new[skips]
        new[skips[better]] = skipped[better]
        move[skips[better]] = 2
        best = new + emissions[frame]
    if not np.isfinite(best[-1]):
        raise ValueError(f"{frames} frames are too few for this text")
    path = np.empty(frames, np.int64)
    place = places - 1
    for frame in range(frames - 1, -1, -1):
        path[frame] = place
        move_taken = moves[frame, place]
        place = place - 1 if move_taken == 1 else int(skip_to[place]) if move_taken == 2 else place
    return path, float(best[-1])


def best_path(
    chain: PhonemeChain, emissions: FloatArray, entry: DatasetEntry
) -> tuple[IntArray, float]:
    """`viterbi` for an utterance of a data set; InputError, with its name as `field`, where it is
    too short for its text.
    """
    try:
        return viterbi(emissions, chain.skip_to)
    except ValueError as error:
        raise InputError(
            f"{entry.id}: the text does not fit the recording: {error}", field=entry.id
        ) from error


def pronounce(entry: DatasetEntry) -> LinguisticFeatures:
    """The features of an utterance's text, all its sentences in one; InputError, with its name as
    `field`, where there is nothing to speak.
    """
    sentences = analyse(entry.text).sentences
    if not sentences:
        raise InputError(f"{entry.id}: nothing to speak in {entry.text!r}", field=entry.id)
    return _join([sentence.features for sentence in sentences])


def write_alignment(
    data: PreparedSet,
    features: Sequence[LinguisticFeatures],
    chains: Sequence[PhonemeChain],
    best: Sequence[tuple[IntArray, float]],
    *,
    aligned_by: str,
) -> None:
    """Writes categories, positions and durations of a prepared data set, and then its header.

    Args:
        data: in whose folder.
        features: of each utterance, in the header's order.
        chains: likewise.
        best: likewise, the place of each frame and the path's log-likelihood, as from `viterbi`.
        aligned_by: what aligned it, for the header.
    """
    categories, positions, durations, entries = [], [], [], []
    start = 0
    for entry, own, chain, (path, score) in zip(
        data.header.entries, features, chains, best, strict=True
    ):
        lengths = np.bincount(chain.units[path], minlength=len(chain.rows))
        count = 0
        spare = 0
        for unit, row in enumerate(chain.rows):
            length = int(lengths[unit])
            if row < 0 and length < SHORTEST_ADDED_PAUSE:
                spare += length  # too short for a pause: the next phoneme takes these frames
                continue
            source = chain.after[unit] if row < 0 else row
            category = own.categories[source].copy()
            if row < 0:
                pause = own.categories[0]
                category[:3] = pause[:3]
            categories.append(category)
            positions.append(own.positions[source] * (np.array([0, 0, 1, 0]) if row < 0 else 1))
            durations.append(length + spare)
            spare = 0
            count += 1
        entries.append(
            dataclasses.replace(
                entry, phoneme_start=start, num_phonemes=count, score=score / len(path)
            )
        )
        start += count
    np.save(data.folder / "categories.npy", np.stack(categories).astype(np.int64))
    np.save(data.folder / "positions.npy", np.stack(positions).astype(np.float32))
    np.save(data.folder / "durations.npy", np.array(durations, np.int64))
    header = dataclasses.replace(
        data.header, entries=tuple(entries), category_sizes=category_sizes(),
        feature_hash=feature_hash(), aligned_by=aligned_by
    )  # fmt: skip
    header.write(data.folder)


def _join(parts: Sequence[LinguisticFeatures]) -> LinguisticFeatures:
    """The features of a recording of several sentences: the pause between two is kept once."""
    if len(parts) == 1:
        return parts[0]
    offset = 0
    phonemes: list[str] = []
    categories, positions, words = [], [], []
    for number, part in enumerate(parts):
        keep = slice(None) if number == len(parts) - 1 else slice(None, -1)
        categories.append(part.categories[keep])
        positions.append(part.positions[keep])
        phonemes.extend(part.phonemes[keep])
        words.append(np.where(part.word_index[keep] < 0, -1, part.word_index[keep] + offset))
        offset += int(part.word_index.max()) + 1
    return LinguisticFeatures(
        categories=np.concatenate(categories),
        positions=np.concatenate(positions),
        phonemes=tuple(phonemes),
        word_index=np.concatenate(words),
    )
