"""What less exact arithmetic costs a network, on held-out speech: measured through the engine that
will speak, teacher-forced.
"""

from __future__ import annotations

import torch

from training.data.dataset import PreparedSet
from training.data.likelihood import utterance_bits
from vocoder.engine import Engine, make_engine, native_built
from vocoder.voices.pack import PrecisionPrices
from vocoder.wavenet.network import WaveNet

SECONDS = 30.0  # of held-out speech


def precision_prices(network: WaveNet, data: PreparedSet) -> PrecisionPrices:
    """Bits per sample of each precision above those of fp32, from the true conditions; not measured
    where the native engine was not built.
    """
    if not native_built():
        return PrecisionPrices()
    exact = bits_per_sample(make_engine(network, "native"), network, data)
    prices = {
        name: bits_per_sample(make_engine(network, "native", precision=name), network, data) - exact
        for name in ("bf16", "int8")
    }
    return PrecisionPrices(bf16=round(prices["bf16"], 6), int8=round(prices["int8"], 6))


@torch.no_grad()
def centre_logits(network: WaveNet) -> None:
    """Takes from the last layer of a softmax what all its outputs share, in place.

    Probabilities stay, for a softmax does not see a number that is added to all logits. The weights
    become smaller, and so do the steps in which int8 holds them.
    """
    if network.config.output == "softmax":
        for shared in (network.head2.weight, network.head2.bias):
            shared.sub_(shared.mean(dim=0, keepdim=True))


def bits_per_sample(engine: Engine, network: WaveNet, data: PreparedSet) -> float:
    """What an engine pays for the first half minute of the held-out utterances."""
    bits, samples = 0.0, 0
    for entry in data.entries(validation=True):
        bits += utterance_bits(engine, network, data, entry)
        samples += entry.num_frames * data.audio.hop_length
        if samples > SECONDS * data.audio.sample_rate:
            break
    return bits / samples
