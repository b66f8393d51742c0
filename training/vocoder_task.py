"""What the vocoder is trained on: short segments of recordings, given their true conditions. torch and numpy alone.

Many small updates win (docs/TRAINING.md), so a batch is a few segments of some tenths of a second. The first frames of a segment only fill the
network's receptive field and are not counted in the loss.

B batch, F frames, T samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from training.dataset import Entry, PreparedSet
from training.loop import Batch
from vocoder.audio.quantise import Quantiser
from vocoder.config import CATEGORIES, FRAME_POSITIONS, WaveNetConfig
from vocoder.wavenet.distributions import log_prob
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.prediction import Predictors


@dataclass(frozen=True, kw_only=True)
class SegmentConfig:
    """How segments are drawn."""

    segments: int = 4  # per batch
    frames: int = 15  # counted frames of each
    context_frames: int = 4  # before them, to fill the receptive field
    linguistic_dropout: float = 0.3  # share of segments whose linguistic features are withheld, so that audio alone is enough
    predicted_share: float = 0.0  # of segments whose spectrum is the acoustic model's, not the recording's (`training.predict`)
    history_noise: float = 0.0  # share of the codes that the network is fed, not of those it must foretell, that are moved by one or two
    validation_seconds: float = 40.0  # of held-out speech, the same at every validation


def pre_emphasised(wave: np.ndarray, coefficient: float, previous: float) -> np.ndarray:
    """y[t] = x[t] - coefficient * x[t-1], with x[-1] = previous."""
    return (wave - coefficient * np.concatenate([[previous], wave[:-1]])).astype(np.float32)


def segment_codes(data: PreparedSet, quantiser: Quantiser, entry: Entry, start: int, frames: int) -> npt.NDArray[np.int64]:
    """The codes of `frames` frames from frame `start` of an utterance, pre-emphasised as if the utterance were coded whole: int64 [T]."""
    first = (entry.frame_start + start) * data.audio.hop_length
    previous = float(data.samples[first - 1]) / 32768.0 if start > 0 else 0.0
    return quantiser.encode(pre_emphasised(data.wave(entry, start, frames), data.audio.pre_emphasis, previous))


class VocoderTask:
    """Maximum likelihood of the codes (arXiv 1609.03499, section 2.2)."""

    def __init__(self, data: PreparedSet, config: WaveNetConfig, segments: SegmentConfig, *, compile_network: bool = False) -> None:
        """`compile_network`: torch.compile for the blocks; a minute of waiting, and a fifth more speed on a CPU.

        The conditioning network stays out of it: inductor's gradient of its small embeddings writes out of bounds on a CPU (torch 2.13).
        """
        self.data = data
        self.config = config
        self.segments = segments
        self.model: nn.Module = WaveNet(config)
        self._log_prob = torch.compile(WaveNet.log_prob) if compile_network else WaveNet.log_prob
        self.quantiser: Quantiser = WaveNet(config).quantiser
        frames = segments.frames + segments.context_frames
        self.training = [entry for entry in data.entries(validation=False) if entry.num_frames >= frames]
        self._weights = np.array([entry.num_frames for entry in self.training], np.float64)
        self._weights /= self._weights.sum()

    def batch(self, generator: np.random.Generator) -> Batch:
        """Segments of utterances chosen in proportion to their length."""
        frames = self.segments.frames + self.segments.context_frames
        rows = []
        for index in generator.choice(len(self.training), self.segments.segments, p=self._weights):
            entry = self.training[index]
            start = int(generator.integers(entry.num_frames - frames + 1))
            withhold = bool(generator.random() < self.segments.linguistic_dropout)
            # Not drawn where nothing depends on it: a run without predicted spectra is the run it always was.
            predicted = self.segments.predicted_share > 0 and bool(generator.random() < self.segments.predicted_share)
            rows.append(self._segment(entry, start, frames, withhold=withhold, predicted=predicted))
        return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """`loss` in nats per sample."""
        assert isinstance(model, WaveNet)
        conditioning = model.condition(batch["log_mel"], batch["log_f0"], batch["voicing"], batch["categories"], batch["positions"], batch["speaker"])
        codes, rest = batch["codes"], (conditioning, batch["coefficients"], batch["lags"])
        if self.segments.history_noise > 0:
            log_likelihood = log_prob(self.config, model.forward(self._disturbed(codes), *rest), codes)
        else:
            log_likelihood = self._log_prob(model, codes, *rest)
        skipped = self.segments.context_frames * self.config.hop_length
        return {"loss": -log_likelihood[:, skipped:].mean()}

    def _disturbed(self, codes: Tensor) -> Tensor:
        """Codes as a generator might have drawn them: some a little beside the truth (LPCNet, arXiv 1810.11846, section 3.5, adds noise for this reason)."""
        moved = codes + torch.randint(1, 3, codes.shape, device=codes.device) * torch.randint(0, 2, codes.shape, device=codes.device).mul(2).sub(1)
        chosen = torch.rand(codes.shape, device=codes.device) < self.segments.history_noise
        return torch.where(chosen, moved.clamp(0, self.config.quantisation_levels - 1), codes)

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """Exact bits per sample on whole held-out utterances, with and without linguistic features, and of predicted spectra where such are trained on."""
        model.eval()
        figures = {}
        ways = {"bits_per_sample": (False, False), "bits_per_sample_audio_only": (True, False)}
        if self.segments.predicted_share > 0:
            ways["bits_per_sample_predicted"] = (False, True)
        for name, (withhold, predicted) in ways.items():
            nats, samples = 0.0, 0
            for entry in self.data.entries(validation=True):
                row = self._segment(entry, 0, entry.num_frames, withhold=withhold, predicted=predicted)
                batch = {key: value.unsqueeze(0).to(device) for key, value in row.items()}
                whole = SegmentConfig(context_frames=0)
                assert isinstance(model, WaveNet)
                conditioning = model.condition(batch["log_mel"], batch["log_f0"], batch["voicing"], batch["categories"], batch["positions"], batch["speaker"])
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
                    nats -= float(model.log_prob(batch["codes"], conditioning, batch["coefficients"], batch["lags"]).sum())
                samples += batch["codes"].numel()
                if samples > whole.validation_seconds * self.data.audio.sample_rate:
                    break
            figures[name] = nats / samples / math.log(2)
        return figures

    def _segment(self, entry: Entry, start: int, frames: int, *, withhold: bool, predicted: bool = False) -> dict[str, Tensor]:
        audio = self.data.audio
        codes = segment_codes(self.data, self.quantiser, entry, start, frames)
        conditions = self.data.conditions(entry, predicted=predicted)
        part = slice(start, start + frames)
        predictors = Predictors.of(conditions.log_mel[part], conditions.log_f0[part], audio, self.config)
        if conditions.categories is None or conditions.positions is None or withhold:
            categories = np.zeros((frames, len(CATEGORIES)), np.int64)
            positions = np.zeros((frames, len(FRAME_POSITIONS)), np.float32)
        else:
            categories, positions = conditions.categories[part], conditions.positions[part]
        return {
            "codes": torch.from_numpy(codes),
            "log_mel": torch.from_numpy(conditions.log_mel[part]),
            "log_f0": torch.from_numpy(conditions.log_f0[part]),
            "voicing": torch.from_numpy(conditions.voicing[part]),
            "categories": torch.from_numpy(categories),
            "positions": torch.from_numpy(positions),
            "coefficients": torch.from_numpy(predictors.coefficients),
            "lags": torch.from_numpy(predictors.lags),
            "speaker": torch.tensor(entry.speaker),
        }
