"""Copy synthesis of a held-out sentence while the vocoder trains, for TensorBoard: what the figures
sound like.
"""

from __future__ import annotations

import copy

import numpy as np
import torch

from training.data.dataset import PreparedSet
from training.monitor import TrainingMonitor
from vocoder.audio.decode import PcmDecoder
from vocoder.audio.mel import log_mel
from vocoder.engine import Job, make_engine
from vocoder.synthesis.utterance import condition
from vocoder.wavenet.network import WaveNet

SECONDS = 3.0
TEMPERATURE = 0.8


class CopySynthesisListener:
    """Speaks the first held-out sentence from its true conditions."""

    def __init__(self, data: PreparedSet) -> None:
        self.data = data
        self.entry = data.entries(validation=True)[0]

    def listen(self, model: torch.nn.Module, board: TrainingMonitor, step: int) -> None:
        """Puts sound and spectrogram on the board, and, the first time, the recording's."""
        assert isinstance(model, WaveNet)
        audio = self.data.audio
        frames = min(self.entry.num_frames, round(SECONDS * audio.sample_rate / audio.hop_length))
        network = copy.deepcopy(model).cpu().eval()
        added, predictors = condition(network, audio, self.data.conditions(self.entry))
        engine = make_engine(network)
        job = Job(
            state=engine.start(0),
            conditioning=added[0].numpy(),
            predictors=predictors,
            first_frame=0,
            temperatures=np.full(self.entry.num_frames, TEMPERATURE, np.float32),
            num_samples=frames * audio.hop_length,
        )
        # The network's own sound: what is wrong with it should be heard here, not corrected.
        decoder = PcmDecoder(
            quantiser=network.quantiser,
            pre_emphasis=audio.pre_emphasis,
            hop_length=audio.hop_length,
        )
        pcm, _ = decoder.decode(
            engine.advance([job])[0], self.data.conditions(self.entry).log_mel, decoder.start()
        )
        samples = pcm.astype(np.float32) / 32768.0
        board.sound("copy_synthesis", samples, audio.sample_rate, step)
        board.spectrogram("copy_synthesis", log_mel(samples, audio), step)
        truth = self.data.wave(self.entry, 0, frames)
        board.sound("recording", truth, audio.sample_rate, 0)
        board.spectrogram("recording", log_mel(truth, audio), 0)
