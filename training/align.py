"""Which frames belong to which phoneme: a hidden Markov model of single phones, trained on the corpus itself.

Three states a phone, diagonal Gaussian mixtures over MFCCs with their first and second differences, trained by Viterbi (hard EM) from a flat start
(Rabiner 1989, sections III.C and V). Pauses between words are optional; where one is found without a mark in the text, a pause row is added to the
utterance's features. The mean log-likelihood per frame is kept as the utterance's score: a text that does not fit its recording stands out.

N frames of the corpus, D observation dimensions, S states of the model, K states of one utterance's chain, M mixture components.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from scipy.fft import dct

from training.dataset import Entry, PreparedSet
from vocoder.errors import InputError
from vocoder.text import analyse
from vocoder.text.features import LinguisticFeatures, category_sizes, feature_hash
from vocoder.text.inventory import PAUSE, PHONEMES

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

STATES_PER_PHONE = 3
CEPSTRA = 13
VARIANCE_FLOOR = 0.02  # of the standardised observations
COMPONENTS = (1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8)  # mixture components of each iteration
SHORTEST_ADDED_PAUSE = 5  # frames: a shorter silence between words is a closure, not a pause
_PAUSE = PHONEMES.index(PAUSE)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The states that an utterance passes, left to right.

    Attributes:
        states: int64 [K], which state of the model each place is.
        skip_to: int64 [K], the place before an optional pause that this place may follow directly, -1 for none.
        units: int64 [K], which unit (phoneme row or optional pause) each place is part of.
        rows: for each unit its row in the features, or -1 for an optional pause that the features do not have.
        after: for each unit the row before it.
    """

    states: IntArray
    skip_to: IntArray
    units: IntArray
    rows: tuple[int, ...]
    after: tuple[int, ...]


def observations(log_mel: FloatArray) -> FloatArray:
    """log-mel [F, M] to MFCCs with first and second differences [F, 39]."""
    cepstra = dct(log_mel.astype(np.float64), axis=1, norm="ortho")[:, :CEPSTRA]
    first = _difference(cepstra)
    return np.concatenate([cepstra, first, _difference(first)], axis=1).astype(np.float32)


def _difference(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    padded = np.pad(x, ((2, 2), (0, 0)), mode="edge")
    slope: npt.NDArray[np.float64] = (2 * (padded[4:] - padded[:-4]) + padded[3:-1] - padded[1:-3]) / 10
    return slope


def build_chain(features: LinguisticFeatures) -> Chain:
    """The chain of one utterance: its pauses inside the sentence, and one between any two words, may be skipped."""
    states: list[int] = []
    skip_to: list[int] = []
    units: list[int] = []
    rows: list[int] = []
    after: list[int] = []

    def add(phoneme: int, row: int, *, optional: bool, follows: int) -> int:
        """Adds a unit; returns the place that what comes next may skip to, -1 if none."""
        before = len(states) - 1
        for place in range(STATES_PER_PHONE):
            states.append(phoneme * STATES_PER_PHONE + (0 if phoneme == _PAUSE else place))
            skip_to.append(follows if place == 0 else -1)
            units.append(len(rows))
        rows.append(row)
        after.append(row if row >= 0 else rows[-2])
        return before if optional else -1

    last = features.num_phonemes - 1
    follows = -1
    for row in range(features.num_phonemes):
        word = features.word_index[row]
        starts_word = row > 0 and word >= 0 and features.word_index[row - 1] >= 0 and word != features.word_index[row - 1]
        if starts_word:
            follows = add(_PAUSE, -1, optional=True, follows=-1)
        optional = word < 0 and 0 < row < last
        follows = add(int(features.categories[row, 0]), row, optional=optional, follows=follows)
    return Chain(states=np.array(states), skip_to=np.array(skip_to), units=np.array(units), rows=tuple(rows), after=tuple(after))


def viterbi(emissions: FloatArray, skip_to: IntArray) -> tuple[IntArray, float]:
    """The best path through a chain.

    Args:
        emissions: float32 [F, K], log-likelihood of each frame in each place.
        skip_to: int64 [K], see `Chain`.

    Returns:
        int64 [F], the place of each frame, beginning at 0 and ending at K-1; and the path's log-likelihood.

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


class Mixtures:
    """Diagonal Gaussian mixtures of all states."""

    def __init__(self, num_states: int, dimensions: int) -> None:
        self.weights = np.ones((num_states, 1), np.float32)
        self.means = np.zeros((num_states, 1, dimensions), np.float32)
        self.variances = np.ones((num_states, 1, dimensions), np.float32)

    def components(self, x: FloatArray, states: IntArray) -> FloatArray:
        """Log of weight times density: x [F, D], states [J] to [F, J, M]."""
        precision = 1.0 / self.variances[states]
        constant = np.log(self.weights[states] + 1e-10) - 0.5 * np.sum(np.log(2 * np.pi * self.variances[states]), axis=-1)
        constant = constant - 0.5 * np.sum(self.means[states] ** 2 * precision, axis=-1)
        shape = constant.shape
        flat = precision.reshape(-1, x.shape[1])
        cross = (self.means[states] * precision).reshape(-1, x.shape[1])
        quadratic = (x**2) @ flat.T
        logs: FloatArray = (x @ cross.T - 0.5 * quadratic).reshape(len(x), *shape) + constant
        return logs

    def log_likelihoods(self, x: FloatArray, states: IntArray) -> FloatArray:
        """Of frames x [F, D] in states [J]: [F, J]."""
        logs = self.components(x, states)
        peak = logs.max(axis=-1)
        total: FloatArray = peak + np.log(np.exp(logs - peak[..., None]).sum(axis=-1))
        return total

    def split(self) -> None:
        """Twice as many components, each pair a little apart."""
        offset = np.float32(0.2) * np.sqrt(self.variances)
        self.means = np.concatenate([self.means - offset, self.means + offset], axis=1)
        self.variances = np.concatenate([self.variances, self.variances], axis=1)
        self.weights = np.concatenate([self.weights, self.weights], axis=1) * np.float32(0.5)

    def update(self, x: FloatArray, assigned: IntArray) -> None:
        """One EM step given the state of every frame; states that own too few frames keep what they had."""
        order = np.argsort(assigned, kind="stable")
        bounds = np.searchsorted(assigned[order], np.arange(len(self.weights) + 1))
        for state in range(len(self.weights)):
            mine = x[order[bounds[state] : bounds[state + 1]]]
            if len(mine) < 10:
                continue
            logs = self.components(mine, np.array([state]))[:, 0]
            shares = np.exp(logs - logs.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            mass = shares.sum(axis=0) + 1e-3
            self.weights[state] = mass / mass.sum()
            self.means[state] = (shares.T @ mine) / mass[:, None]
            second = (shares.T @ mine**2) / mass[:, None]
            self.variances[state] = np.maximum(second - self.means[state] ** 2, VARIANCE_FLOOR)


def _flat_start(chain: Chain, frames: int) -> IntArray:
    """Places in equal shares, optional pauses left out, a fifth of a second of pause at each end."""
    required = np.array([place for place in range(len(chain.states)) if chain.rows[chain.units[place]] >= 0])
    inner = required[STATES_PER_PHONE:-STATES_PER_PHONE]
    edge = min(18, frames // 4)
    middle = inner[np.arange(frames - 2 * edge) * len(inner) // max(frames - 2 * edge, 1)]
    first = required[np.arange(edge) * STATES_PER_PHONE // edge]
    last = required[-STATES_PER_PHONE:][np.arange(edge) * STATES_PER_PHONE // edge]
    return np.concatenate([first, middle, last])


def align(folder: Path) -> None:
    """Aligns a prepared data set in place: writes categories, positions and durations, and then the header.

    Raises:
        InputError: an utterance's text has nothing to speak, or does not fit its recording; `field` is the utterance.
    """
    data = PreparedSet(folder)
    console = Console(stderr=True)
    features, chains, xs = [], [], []
    for entry in track(data.header.entries, "pronounce", console=console):
        sentences = analyse(entry.text).sentences
        if not sentences:
            raise InputError(f"{entry.id}: nothing to speak in {entry.text!r}", field=entry.id)
        features.append(_join([sentence.features for sentence in sentences]))
        chains.append(build_chain(features[-1]))
        xs.append(observations(data.log_mel[entry.frame_start : entry.frame_start + entry.num_frames]))
    together = np.concatenate(xs)
    centre, spread = together.mean(axis=0), together.std(axis=0)
    xs = [(x - centre) / spread for x in xs]
    training = [index for index, entry in enumerate(data.header.entries) if not entry.validation]
    model = Mixtures(len(PHONEMES) * STATES_PER_PHONE, together.shape[1])
    together = np.concatenate([xs[index] for index in training])
    paths = [_flat_start(chains[index], len(xs[index])) for index in training]
    for iteration, components in enumerate(COMPONENTS):
        while model.weights.shape[1] < components:
            model.split()
        model.update(together, np.concatenate([chains[index].states[path] for index, path in zip(training, paths, strict=True)]))
        paths, total = [], 0.0
        for index in track(training, f"align {iteration + 1}/{len(COMPONENTS)}", console=console, transient=True):
            path, score = _best(model, chains[index], xs[index], data.header.entries[index])
            paths.append(path)
            total += score
        console.print(f"iteration {iteration + 1}: {total / len(together):.3f} nats per frame, {components} components a state")
    _write(data, features, chains, [_best(model, chains[index], xs[index], entry) for index, entry in enumerate(data.header.entries)])


def _best(model: Mixtures, chain: Chain, x: FloatArray, entry: Entry) -> tuple[IntArray, float]:
    states, inverse = np.unique(chain.states, return_inverse=True)
    try:
        return viterbi(model.log_likelihoods(x, states)[:, inverse], chain.skip_to)
    except ValueError as error:
        raise InputError(f"{entry.id}: the text does not fit the recording: {error}", field=entry.id) from error


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


def _write(data: PreparedSet, features: Sequence[LinguisticFeatures], chains: Sequence[Chain], best: Sequence[tuple[IntArray, float]]) -> None:
    categories, positions, durations, entries = [], [], [], []
    start = 0
    for entry, own, chain, (path, score) in zip(data.header.entries, features, chains, best, strict=True):
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
        entries.append(dataclasses.replace(entry, phoneme_start=start, num_phonemes=count, score=score / len(path)))
        start += count
    np.save(data.folder / "categories.npy", np.stack(categories).astype(np.int64))
    np.save(data.folder / "positions.npy", np.stack(positions).astype(np.float32))
    np.save(data.folder / "durations.npy", np.array(durations, np.int64))
    header = dataclasses.replace(data.header, entries=tuple(entries), category_sizes=category_sizes(), feature_hash=feature_hash())
    header.write(data.folder)
