"""How well a recogniser hears, on whole held-out utterances.

F frames, T samples, N phonemes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from training.bootstrap import rate
from training.data.dataset import DatasetEntry, PreparedSet
from training.data.segments import segment_codes
from training.recogniser.decoding import Errors, compare, decode
from training.recogniser.network import Recogniser
from vocoder.wavenet.distributions import log_prob

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
# its index in the inventory (`vocoder.text.inventory`, which a machine with torch and numpy alone
# cannot import)
PAUSE = 1
PREDICTED_SECONDS = 40.0  # of held-out speech on which the next sample is predicted


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was found.

    Attributes:
        errors: of each utterance, by its id: the phonemes heard beside those of its text, pauses
            left out of both.
        frame_accuracy: share of frames whose most probable phoneme is the alignment's.
        next_sample_bits: bits per sample, of the first seconds.
    """

    errors: dict[str, Errors]
    frame_accuracy: float
    next_sample_bits: float

    @property
    def total(self) -> Errors:
        """Of all utterances together."""
        return Errors.total(list(self.errors.values()))

    @property
    def margin(self) -> float:
        """What the phoneme error rate may be off by, 95 of 100 times."""
        interval = rate([(errors.count, errors.length) for errors in self.errors.values()])
        return (interval.high - interval.low) / 2

    def figures(self) -> dict[str, float]:
        """The three figures, by name."""
        return {
            "frame_accuracy": self.frame_accuracy,
            "phoneme_error_rate": self.total.rate,
            "next_sample_bits": self.next_sample_bits,
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        total = self.total
        return {
            **self.figures(),
            "phoneme_error_rate_margin": self.margin,
            "phonemes": total.length,
            "substitutions": total.substitutions,
            "deletions": total.deletions,
            "insertions": total.insertions,
            "utterances": {identity: errors.rate for identity, errors in self.errors.items()},
        }

    def __str__(self) -> str:
        total = self.total
        return (
            f"phoneme error rate {total.rate:.1%} ± {self.margin:.1%} ({total.substitutions} "
            f"substitutions, {total.deletions} deletions, {total.insertions} "
            f"insertions in {total.length} phonemes of {len(self.errors)} held-out utterances), "
            f"frame accuracy {self.frame_accuracy:.1%}, "
            f"{self.next_sample_bits:.3f} bits per next sample"
        )


@torch.no_grad()
def measure(network: Recogniser, data: PreparedSet, device: torch.device) -> Measured:
    """Hears all held-out utterances; the network is put into evaluation mode."""
    network.eval()
    errors: dict[str, Errors] = {}
    right = frames = samples = 0
    nats = 0.0
    for entry in data.entries(validation=True):
        codes = (
            torch.from_numpy(segment_codes(data, network.quantiser, entry, 0, entry.num_frames))
            .unsqueeze(0)
            .to(device)
        )
        heard = network.hear(codes)
        found = functional.log_softmax(network.phonemes(heard)[0].float(), dim=-1).cpu().numpy()
        right += int((found.argmax(axis=1) == frame_phonemes(data, entry)).sum())
        frames += entry.num_frames
        errors[entry.id] = phoneme_errors(data, entry, found)
        if samples < PREDICTED_SECONDS * data.audio.sample_rate:
            nats -= float(
                log_prob(network.config.wavenet, network.next_code(heard), codes).double().sum()
            )
            samples += codes.numel()
    return Measured(
        errors=errors, frame_accuracy=right / frames, next_sample_bits=nats / samples / math.log(2)
    )


@torch.no_grad()
def log_posteriors(network: Recogniser, data: PreparedSet, entry: DatasetEntry) -> FloatArray:
    """What a network on the CPU thinks of each frame of an utterance: float32 [F, N], natural
    logarithms of probabilities.
    """
    network.eval()
    codes = torch.from_numpy(
        segment_codes(data, network.quantiser, entry, 0, entry.num_frames)
    ).unsqueeze(0)
    found: FloatArray = functional.log_softmax(
        network.phonemes(network.hear(codes))[0].float(), dim=-1
    ).numpy()
    return found


def frame_phonemes(data: PreparedSet, entry: DatasetEntry) -> IntArray:
    """Which phoneme each frame of an aligned utterance belongs to: int64 [F], indices of the
    inventory.
    """
    categories, _, durations = data.phonemes(entry)
    return np.repeat(categories[:, 0], durations)


def phoneme_errors(data: PreparedSet, entry: DatasetEntry, found: FloatArray) -> Errors:
    """How the row of phonemes heard in `found`, log-posteriors [F, N], differs from that of the
    utterance's text; pauses are left out of both.
    """
    categories, _, _ = data.phonemes(entry)
    return compare(
        [row for row in categories[:, 0].tolist() if row != PAUSE],
        [row for row in decode(found).tolist() if row != PAUSE],
    )
