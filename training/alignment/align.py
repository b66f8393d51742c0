"""Which frames belong to which phoneme: a hidden Markov model of single phones, trained on the
corpus itself.

Three states a phone, diagonal Gaussian mixtures over MFCCs with their first and second differences,
trained by Viterbi (hard EM) from a flat start (Rabiner 1989, sections III.C and V). The mean
log-likelihood per frame is kept as the utterance's score: a text that does not fit its recording
stands out.

N frames of the corpus, D observation dimensions, S states of the model, K states of one utterance's
chain, M mixture components.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track
from scipy.fft import dct

from training.alignment.phoneme_chain import (
    PhonemeChain,
    best_path,
    build_chain,
    pronounce,
    write_alignment,
)
from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.text.inventory import PAUSE, PHONEMES

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

STATES_PER_PHONE = 3
CEPSTRA = 13
VARIANCE_FLOOR = 0.02  # of the standardised observations
COMPONENTS = (1, 1, 1, 1, 2, 2, 2, 4, 4, 4, 4, 8, 8, 8)  # mixture components of each iteration
_PAUSE = PHONEMES.index(PAUSE)


def observations(log_mel: FloatArray) -> FloatArray:
    """log-mel [F, M] to MFCCs with first and second differences [F, 39]."""
    cepstra = dct(log_mel.astype(np.float64), axis=1, norm="ortho")[:, :CEPSTRA]
    first = _difference(cepstra)
    return np.concatenate([cepstra, first, _difference(first)], axis=1).astype(np.float32)


def _difference(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    padded = np.pad(x, ((2, 2), (0, 0)), mode="edge")
    slope: npt.NDArray[np.float64] = (
        2 * (padded[4:] - padded[:-4]) + padded[3:-1] - padded[1:-3]
    ) / 10
    return slope


class Mixtures:
    """Diagonal Gaussian mixtures of all states."""

    def __init__(self, num_states: int, dimensions: int) -> None:
        self.weights = np.ones((num_states, 1), np.float32)
        self.means = np.zeros((num_states, 1, dimensions), np.float32)
        self.variances = np.ones((num_states, 1, dimensions), np.float32)

    def components(self, x: FloatArray, states: IntArray) -> FloatArray:
        """Log of weight times density: x [F, D], states [J] to [F, J, M]."""
        precision = 1.0 / self.variances[states]
        constant = np.log(self.weights[states] + 1e-10) - 0.5 * np.sum(
            np.log(2 * np.pi * self.variances[states]), axis=-1
        )
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
        """One EM step given the state of every frame; states that own too few frames keep what they
        had.
        """
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


def _flat_start(chain: PhonemeChain, frames: int) -> IntArray:
    """Places in equal shares, optional pauses left out, a fifth of a second of pause at each
    end.
    """
    required = np.array(
        [place for place in range(len(chain.phonemes)) if chain.rows[chain.units[place]] >= 0]
    )
    inner = required[STATES_PER_PHONE:-STATES_PER_PHONE]
    edge = min(18, frames // 4)
    middle = inner[np.arange(frames - 2 * edge) * len(inner) // max(frames - 2 * edge, 1)]
    first = required[np.arange(edge) * STATES_PER_PHONE // edge]
    last = required[-STATES_PER_PHONE:][np.arange(edge) * STATES_PER_PHONE // edge]
    return np.concatenate([first, middle, last])


def align(folder: Path) -> None:
    """Aligns a prepared data set in place: writes categories, positions and durations, and then the
    header.

    Raises:
        InputError: an utterance's text has nothing to speak, or does not fit its recording; `field`
            is the utterance.
    """
    data = PreparedSet(folder)
    console = Console(stderr=True)
    features, chains, xs = [], [], []
    for entry in track(data.header.entries, "pronounce", console=console):
        features.append(pronounce(entry))
        chains.append(build_chain(features[-1], parts=STATES_PER_PHONE))
        xs.append(
            observations(data.log_mel[entry.frame_start : entry.frame_start + entry.num_frames])
        )
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
        model.update(
            together,
            np.concatenate(
                [_states(chains[index])[path] for index, path in zip(training, paths, strict=True)]
            ),
        )
        paths, total = [], 0.0
        for index in track(
            training, f"align {iteration + 1}/{len(COMPONENTS)}", console=console, transient=True
        ):
            path, score = _best(model, chains[index], xs[index], data.header.entries[index])
            paths.append(path)
            total += score
        console.print(
            f"iteration {iteration + 1}: {total / len(together):.3f} nats per frame, "
            f"{components} components a state"
        )
    best = [
        _best(model, chains[index], xs[index], entry)
        for index, entry in enumerate(data.header.entries)
    ]
    write_alignment(data, features, chains, best, aligned_by="mixtures")


def _states(chain: PhonemeChain) -> IntArray:
    """Which state of the model each place is: a pause has one state, whichever part of it."""
    return chain.phonemes * STATES_PER_PHONE + np.where(chain.phonemes == _PAUSE, 0, chain.parts)


def _best(
    model: Mixtures, chain: PhonemeChain, x: FloatArray, entry: DatasetEntry
) -> tuple[IntArray, float]:
    states, inverse = np.unique(_states(chain), return_inverse=True)
    return best_path(chain, model.log_likelihoods(x, states)[:, inverse], entry)
