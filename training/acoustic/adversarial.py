"""Adversarial training of the acoustic model's decoder: spectra as sharp as speech in place of
their mean. torch and numpy alone.

A regression of log-mels predicts their mean, which is smooth over time and bands. Here its decoder
is trained further against discriminators (Goodfellow et al. 2014, arXiv 1406.2661), with the
least-squares objective (Mao et al. 2017, arXiv 1611.04076) and feature matching (Larsen et al.
2016, arXiv 1512.09300). Encoder, durations and pitch stay as they are.

B batch, F frames of a window, M mels, C channels.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from training.acoustic.discriminators import Discriminators, Verdict
from training.acoustic.regression import AcousticTask, encode_frames, mask_phonemes
from training.data.dataset import DatasetEntry, PreparedSet
from training.loop import Batch
from vocoder.acoustic.model import AcousticModel
from vocoder.acoustic.weights import LOG_MEL_CENTRE, LOG_MEL_SCALE
from vocoder.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class AdversarialConfig:
    """Windows, and what each part of the loss counts."""

    windows: int  # per batch
    shifted_windows: int  # of these at another pitch (`training.data.pitch_shift`): distance alone
    frames: int  # of a window that count
    context_frames: int  # to each side: as many as the decoder sees
    adversarial_weight: float
    feature_weight: float
    distance_weight: float
    shifted_weight: float  # of the distance of shifted windows

    def __post_init__(self) -> None:
        if self.windows < 1 or self.frames < 1 or self.context_frames < 0:
            raise ConfigError(
                f"a batch has windows, and a window has frames that count: not {self.windows} of "
                f"{self.context_frames} + {self.frames}"
            )
        if not 0 <= self.shifted_windows < self.windows:
            raise ConfigError(
                f"shifted_windows must lie in 0..{self.windows - 1}, not {self.shifted_windows}"
            )


class Adversaries(nn.Module):
    """An acoustic model whose decoder learns, and the discriminators that it learns from."""

    def __init__(self, acoustic: AcousticModel) -> None:
        super().__init__()
        self.acoustic = acoustic
        self.discriminators = Discriminators(acoustic.config.n_mels)
        acoustic.requires_grad_(False)
        acoustic.decoder.requires_grad_(True)


class AdversarialTask:
    """Trains the decoder of an acoustic model.

    Args:
        data: aligned, and with shifted utterances where the configuration has shifted windows.
        regression: a trained acoustic model; the decoder begins as its decoder, and its predictions
            are shown to the discriminators.
        config: windows and weights.
        device: where it is trained.
    """

    def __init__(
        self,
        data: PreparedSet,
        regression: AcousticModel,
        config: AdversarialConfig,
        *,
        device: str = "cpu",
    ) -> None:
        self.config = config
        self.regression = copy.deepcopy(regression).eval().requires_grad_(False).to(device)
        self.utterances = AcousticTask(data, regression.config)
        self.model: nn.Module = Adversaries(copy.deepcopy(regression))
        self._lengths = np.array([entry.num_frames for entry in self.utterances.training], float)

    def batch(self, generator: np.random.Generator) -> Batch:
        """Windows of utterances, each as likely as it is long, with masked phonemes as in the
        regression's training. The last `shifted_windows` are at another pitch.
        """
        config = self.config
        share = self._lengths / self._lengths.sum()
        entries = [
            self.utterances.training[index]
            for index in generator.choice(len(self._lengths), config.windows, p=share)
        ]
        whole = self.utterances.collate(entries)
        mask_phonemes(whole, generator)
        for row in range(config.windows - config.shifted_windows, config.windows):
            log_mel, log_f0 = self.utterances.data.shifted(entries[row])
            whole["log_mel"][row, : len(log_mel)] = torch.from_numpy(log_mel)
            whole["log_f0"][row, : len(log_f0)] = torch.from_numpy(log_f0)
        starts = [
            int(generator.integers(max(entry.num_frames - config.frames, 0) + 1))
            for entry in entries
        ]
        batch = {
            name: whole[name] for name in ("categories", "positions", "phoneme_mask", "speaker")
        }
        for name in ("rows", "inside", "log_mel", "log_f0", "voicing", "frame_mask"):
            batch[name] = torch.stack(
                [self._window(row, start) for row, start in zip(whole[name], starts, strict=True)]
            )
        return batch

    def _window(self, row: Tensor, start: int) -> Tensor:
        """Frames from `start` on and their context, zeros where the utterance has none: [F,
        ...].
        """
        before = max(self.config.context_frames - start, 0)
        first = start - self.config.context_frames + before
        count = self.config.frames + 2 * self.config.context_frames
        part = row[first : first + count - before]
        after = count - before - len(part)
        padding = [0, 0] * (row.dim() - 1) + [before, after]
        return functional.pad(part, padding)

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """`loss` is what both sides minimise: neither is moved by the other's part of it."""
        assert isinstance(model, Adversaries)
        model.acoustic.eval()  # dropout would blur what the discriminators see
        config, discriminators = self.config, model.discriminators
        everything = self._log_mels(model.acoustic, batch)
        recorded = config.windows - config.shifted_windows
        made, mean, true = (log_mels[:recorded] for log_mels in everything)
        shifted = everything[0][recorded:] - everything[2][recorded:]
        # The generator's part: through discriminators that it does not move.
        fixed = {name: parameter.detach() for name, parameter in discriminators.named_parameters()}
        of_made: list[Verdict] = functional_call(discriminators, fixed, (made, mean))
        of_true: list[Verdict] = discriminators(true, mean)
        of_detached: list[Verdict] = discriminators(made.detach(), mean)
        count = len(of_made)
        adversarial = sum(((verdict.scores.float() - 1) ** 2).mean() for verdict in of_made) / count
        features = (
            sum(_feature_distance(one, other) for one, other in zip(of_made, of_true, strict=True))
            / count
        )
        distance = log_mel_distance(made - true)
        discrimination = sum(
            ((true_.scores.float() - 1) ** 2).mean() + (made_.scores.float() ** 2).mean()
            for true_, made_ in zip(of_true, of_detached, strict=True)
        )
        assert isinstance(adversarial, Tensor)
        assert isinstance(features, Tensor)
        assert isinstance(discrimination, Tensor)
        loss = (
            config.adversarial_weight * adversarial
            + config.feature_weight * features
            + config.distance_weight * distance
            + discrimination
        )
        shifted_distance = {}
        if config.shifted_windows:
            shifted_distance["shifted_distance"] = log_mel_distance(shifted)
            loss = loss + config.shifted_weight * shifted_distance["shifted_distance"]
        return {
            "loss": loss,
            "adversarial": adversarial,
            "features": features,
            "distance": distance,
            "discrimination": discrimination,
            **shifted_distance,
        }

    def _log_mels(self, acoustic: AcousticModel, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Of the frames that count, scaled: the decoder's, the regression's and the recording's,
        [B, F, M] each; 0 outside utterances.
        """
        with torch.no_grad():
            _, frames = encode_frames(acoustic, batch)
            mean = self.regression.predict_log_mel(
                frames, batch["log_f0"], batch["voicing"], batch["frame_mask"]
            )
        made = acoustic.predict_log_mel(
            frames, batch["log_f0"], batch["voicing"], batch["frame_mask"]
        )
        counted = slice(self.config.context_frames, self.config.context_frames + self.config.frames)
        mask = batch["frame_mask"][:, counted]
        made, mean, true = (
            (values[:, counted].float() - LOG_MEL_CENTRE) / LOG_MEL_SCALE * mask
            for values in (made, mean, batch["log_mel"])
        )
        return made, mean, true

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """How sharp held-out spectra are beside the recordings', and how far from them."""
        assert isinstance(model, Adversaries)
        model.eval()
        pairs = [
            self._pair(model.acoustic, entry, device)
            for entry in self.utterances.data.entries(validation=True)
            if entry.phoneme_start >= 0
        ]
        made, true = ([pair[side] for pair in pairs] for side in (0, 1))
        sharpness = _roughness(made) / _roughness(true)
        return {
            "sharpness": float(sharpness),
            "variance": float(torch.cat(made).var(dim=0).div(torch.cat(true).var(dim=0)).mean()),
            "log_mel": float(torch.cat(made).sub(torch.cat(true)).abs().mean()),
        }

    def _pair(
        self, acoustic: AcousticModel, entry: DatasetEntry, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        batch = {name: value.to(device) for name, value in self.utterances.collate([entry]).items()}
        _, frames = encode_frames(acoustic, batch)
        made = acoustic.predict_log_mel(
            frames, batch["log_f0"], batch["voicing"], batch["frame_mask"]
        )
        return made[0].float(), batch["log_mel"][0]


def log_mel_distance(difference: Tensor) -> Tensor:
    """Mean of four distances of scaled log-mels: of bins, of frames, of patches of 8 frames and
    bands, and of blurred bins.

    Args:
        difference: [B, F, M].
    """
    squared = difference * difference + 1e-5  # a square root's slope is finite
    blurred = functional.avg_pool2d(difference.unsqueeze(1), 4, 2)
    distances = (
        squared.sqrt().mean(),
        squared.mean(dim=-1).sqrt().mean(),
        functional.avg_pool2d(squared.unsqueeze(1), 8, 4).sqrt().mean(),
        (blurred * blurred + 1e-5).sqrt().mean(),
    )
    return torch.stack(distances).mean()


def _feature_distance(made: Verdict, true: Verdict) -> Tensor:
    """Mean over layers of how far the features lie apart, beside how large they are."""
    distances = []
    for ours, theirs in zip(made.features, true.features, strict=True):
        wanted = theirs.detach().float()
        distances.append((ours.float() - wanted).abs().mean() / (wanted.abs().mean() + 1e-3))
    return torch.stack(distances).mean()


def _roughness(log_mels: list[Tensor]) -> Tensor:
    """Variance of what changes from frame to frame and from band to band: 0.17 of the recordings'
    in a regression.
    """
    return torch.cat([log_mel.diff(dim=0).diff(dim=1) for log_mel in log_mels]).var()
