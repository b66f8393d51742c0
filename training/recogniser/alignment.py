"""Which frames belong to which phoneme, by the recogniser: Viterbi of the known phonemes through
what it thinks of each frame.

A network gives p(phoneme | sound); a path through a chain needs p(sound | phoneme), which is that
divided by p(phoneme), but for a factor that all paths share (Bourlard and Morgan 1994,
"Connectionist Speech Recognition", chapter 7). An utterance's score is the mean of the logarithm of
that quotient.

F frames, N phonemes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from training.alignment.phoneme_chain import best_path, build_chain, pronounce, write_alignment
from training.data.dataset import PreparedSet
from training.recogniser.measure import frame_phonemes, log_posteriors
from training.recogniser.network import Recogniser

FloatArray = npt.NDArray[np.float32]
# frames of a phoneme, as many as the mixtures give it; with 2 the durations were harder to predict
# (docs/experiments/alignment.md)
SHORTEST = 3


def log_priors(data: PreparedSet, phonemes: int) -> FloatArray:
    """How often each phoneme is, of all frames that are trained on, by the alignment at hand:
    float32 [N], natural logarithms of probabilities, none of 0.
    """
    counts = np.ones(phonemes)
    for entry in data.entries(validation=False):
        counts += np.bincount(frame_phonemes(data, entry), minlength=phonemes)
    logs: FloatArray = np.log(counts / counts.sum()).astype(np.float32)
    return logs


def align_by_recogniser(data: PreparedSet, network: Recogniser) -> None:
    """Aligns a prepared data set in place; it has the alignment that the network was trained on.

    Raises:
        InputError: an utterance's text has nothing to speak, or does not fit its recording; `field`
            is the utterance.
    """
    priors = log_priors(data, network.config.num_phonemes)
    features, chains, best = [], [], []
    for entry in track(data.header.entries, "align", console=Console(stderr=True)):
        features.append(pronounce(entry))
        chains.append(build_chain(features[-1], parts=SHORTEST))
        quotients = log_posteriors(network, data, entry) - priors
        best.append(best_path(chains[-1], quotients[:, chains[-1].phonemes], entry))
    write_alignment(data, features, chains, best, aligned_by="recogniser")
