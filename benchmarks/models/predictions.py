"""How near linear prediction comes to the codes of held-out recordings, by its order and its
smoothing: before any network is trained.

python benchmarks/models/predictions.py --voice kathleen [--sentences 12]

Needs a prepared run (`sonant-train prepare`). The figure is the mean over frames of log2(mean
distance in codes + 1/2): 1 less is one bit less per sample, as far as the network would not have
found the same by itself.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from training import stages
from training.data.dataset import PreparedSet
from training.evaluation.sentences import choose
from training.recipe_file import Recipe
from vocoder.audio.emphasis import pre_emphasise
from vocoder.audio.mel import log_mel
from vocoder.audio.quantise import Quantiser
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.prediction import linear_prediction

ORDERS = (16, 24, 32, 64, 96, 128, 192)
SMOOTHINGS = (40.0, 20.0, 10.0)  # Hz
FloatArray = npt.NDArray[np.float32]


def distance(
    mel: FloatArray,
    codes: npt.NDArray[np.int64],
    quantiser: Quantiser,
    data: PreparedSet,
    order: int,
    smoothing_hz: float,
) -> npt.NDArray[np.float64]:
    """One figure for each frame: float32 [F, M] and int64 [F * hop_length] to [F]."""
    coefficients = linear_prediction(mel, data.audio, order, smoothing_hz).astype(np.float64)
    values = quantiser.values[codes].astype(np.float64)
    past = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([np.zeros(order), values]), order
    )[:-1, ::-1]
    expected = (past * coefficients.repeat(data.audio.hop_length, axis=0)).sum(axis=1)
    apart = np.abs(np.searchsorted(quantiser.edges, expected, side="right") - codes).reshape(
        len(mel), -1
    )
    nearness: npt.NDArray[np.float64] = np.log2(apart.mean(axis=1) + 0.5)
    return nearness


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--sentences", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = stages.Run(name=options.voice, root=options.runs).dataset()
    quantiser = WaveNet(Recipe.read().wavenet_for(data)).quantiser
    heard = []
    for entry in choose(data.entries(validation=True), options.sentences):
        samples = np.asarray(data.wave(entry))
        samples = samples[: len(samples) // data.audio.hop_length * data.audio.hop_length]
        codes = quantiser.encode(pre_emphasise(samples, data.audio.pre_emphasis)).astype(np.int64)
        heard.append((log_mel(samples, data.audio), codes))
    print("order" + "".join(f"{f'over {smoothing:g} Hz':>14}" for smoothing in SMOOTHINGS))
    for order in ORDERS:
        figures = [
            np.concatenate(
                [distance(mel, codes, quantiser, data, order, smoothing) for mel, codes in heard]
            ).mean()
            for smoothing in SMOOTHINGS
        ]
        print(f"{order:5}" + "".join(f"{figure:14.3f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
