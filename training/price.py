"""What less exact arithmetic costs a network, on held-out speech: measured through the engine that will speak, teacher-forced.

T samples.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from training.dataset import PreparedSet
from vocoder.audio.emphasis import pre_emphasise
from vocoder.engine import Engine, Job, make_engine, native_built
from vocoder.pack import PrecisionPrices
from vocoder.utterance import condition
from vocoder.wavenet.distributions import log_prob
from vocoder.wavenet.network import WaveNet

SECONDS = 30.0  # of held-out speech


def precision_prices(network: WaveNet, data: PreparedSet) -> PrecisionPrices:
    """Bits per sample of each precision above those of fp32, from the true conditions; not measured where the native engine was not built."""
    if not native_built():
        return PrecisionPrices()
    exact = bits_per_sample(make_engine(network, "native"), network, data)
    prices = {name: bits_per_sample(make_engine(network, "native", precision=name), network, data) - exact for name in ("bf16", "int8")}
    return PrecisionPrices(bf16=round(prices["bf16"], 6), int8=round(prices["int8"], 6))


def bits_per_sample(engine: Engine, network: WaveNet, data: PreparedSet) -> float:
    """What an engine pays for the first half minute of the held-out utterances."""
    nats, samples = 0.0, 0
    for entry in data.entries(validation=True):
        codes = network.quantiser.encode(pre_emphasise(data.wave(entry), data.audio.pre_emphasis))
        conditioning, predictors = condition(network, data.audio, data.conditions(entry))
        job = Job(
            state=engine.start(0),
            conditioning=conditioning[0].numpy(),
            predictors=predictors,
            first_frame=0,
            temperatures=np.ones(entry.num_frames, np.float32),
            num_samples=len(codes),
        )
        outputs = torch.from_numpy(engine.logits(job, codes))
        nats -= float(log_prob(network.config, outputs, torch.from_numpy(codes)).double().sum())
        samples += len(codes)
        if samples > SECONDS * data.audio.sample_rate:
            break
    return nats / samples / math.log(2)
