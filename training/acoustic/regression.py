"""What the acoustic model is trained on: whole utterances with their alignment. torch and numpy
alone.

B batch, P phonemes, F frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.acoustic.harmonic_table import harmonic_table
from training.data.dataset import DatasetEntry, PreparedSet
from training.loop import Batch
from vocoder.acoustic.model import AcousticModel
from vocoder.config import POSITIONS, AcousticConfig

FloatArray = npt.NDArray[np.float32]
UTTERANCES = 12  # per batch
LONGEST_FRAMES = 1200  # longer utterances are left out of training: one would pad the whole batch
# share of a batch's phonemes that are masked, so that an hour of sentences is not learnt by heart
PHONEME_DROPOUT = 0.15
WORST_SHARE = 0.01  # utterances whose alignment scores lowest are left out: their text may not fit


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """Of one utterance, frame by frame, under its true durations.

    Attributes:
        log_f0: float32 [F].
        voicing: float32 [F], 0 or 1.
        log_mel: float32 [F, M], given the true pitch and voicing.
    """

    log_f0: FloatArray
    voicing: FloatArray
    log_mel: FloatArray


class AcousticTask:
    """Durations by squared error of log(1 + frames), log-F0 by absolute error where voiced, voicing
    by cross-entropy, log-mel by absolute error.
    """

    def __init__(self, data: PreparedSet, config: AcousticConfig) -> None:
        self.data = data
        self.config = config
        model = AcousticModel(config)
        if model.harmonic_table is not None:
            model.harmonic_table.copy_(harmonic_table(data.audio, config.harmonic_steps))
        self.model: nn.Module = model
        entries = [
            entry
            for entry in data.entries(validation=False)
            if entry.phoneme_start >= 0 and entry.num_frames <= LONGEST_FRAMES
        ]
        scores = np.array([entry.score for entry in entries])
        floor = np.quantile(scores, WORST_SHARE)
        self.training = [entry for entry in entries if entry.score >= floor]

    def batch(self, generator: np.random.Generator) -> Batch:
        """Utterances of similar length, so that little is padding; phonemes are masked."""
        order = sorted(range(len(self.training)), key=lambda index: self.training[index].num_frames)
        start = int(generator.integers(max(len(order) - 4 * UTTERANCES, 1)))
        window = order[start : start + 4 * UTTERANCES]
        chosen = generator.choice(window, min(UTTERANCES, len(window)), replace=False)
        batch = self.collate([self.training[index] for index in chosen])
        mask_phonemes(batch, generator)
        return batch

    def collate(self, entries: list[DatasetEntry]) -> dict[str, Tensor]:
        """Utterances as one padded batch; `rows` says for each frame which phoneme it belongs
        to.
        """
        count = len(entries)
        most_frames = max(entry.num_frames for entry in entries)
        most_phonemes = max(entry.num_phonemes for entry in entries)
        batch = {
            "categories": torch.zeros(count, most_phonemes, 4, dtype=torch.long),
            "positions": torch.zeros(count, most_phonemes, len(POSITIONS)),
            "durations": torch.zeros(count, most_phonemes),
            "phoneme_mask": torch.zeros(count, most_phonemes, 1),
            "rows": torch.zeros(count, most_frames, dtype=torch.long),
            "inside": torch.zeros(count, most_frames, 2),
            "log_mel": torch.zeros(count, most_frames, self.config.n_mels),
            "log_f0": torch.zeros(count, most_frames),
            "voicing": torch.zeros(count, most_frames),
            "frame_mask": torch.zeros(count, most_frames, 1),
            "speaker": torch.tensor([entry.speaker for entry in entries]),
        }
        for index, entry in enumerate(entries):
            categories, positions, durations = self.data.phonemes(entry)
            conditions = self.data.conditions(entry)
            assert conditions.positions is not None
            phonemes, frames = len(durations), conditions.num_frames
            batch["categories"][index, :phonemes] = torch.from_numpy(categories)
            batch["positions"][index, :phonemes] = torch.from_numpy(positions)
            batch["durations"][index, :phonemes] = torch.from_numpy(durations.astype(np.float32))
            batch["phoneme_mask"][index, :phonemes] = 1
            batch["rows"][index, :frames] = torch.from_numpy(
                np.repeat(np.arange(phonemes), durations)
            )
            batch["inside"][index, :frames] = torch.from_numpy(
                conditions.positions[:, len(POSITIONS) :]
            )
            batch["log_mel"][index, :frames] = torch.from_numpy(conditions.log_mel)
            batch["log_f0"][index, :frames] = torch.from_numpy(conditions.log_f0)
            batch["voicing"][index, :frames] = torch.from_numpy(conditions.voicing)
            batch["frame_mask"][index, :frames] = 1
        return batch

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """The four errors, each a mean over what is not padding, and their weighted sum `loss`."""
        assert isinstance(model, AcousticModel)
        log_durations, log_f0, voicing, log_mel = _outputs(model, batch)
        phoneme_mask, frame_mask = batch["phoneme_mask"], batch["frame_mask"]
        inside, within = frame_mask.squeeze(-1), phoneme_mask.squeeze(-1)
        voiced = inside * batch["voicing"]
        losses = {
            "duration": _mean((log_durations - torch.log1p(batch["durations"])) ** 2, within),
            "log_f0": _mean((log_f0 - batch["log_f0"]).abs(), voiced),
            "voicing": _mean(
                functional.binary_cross_entropy_with_logits(
                    voicing, batch["voicing"], reduction="none"
                ),
                inside,
            ),
            "log_mel": _mean((log_mel - batch["log_mel"]).abs().mean(-1), inside),
        }
        return {
            "loss": losses["log_mel"]
            + 3.0 * losses["log_f0"]
            + 0.5 * losses["voicing"]
            + losses["duration"],
            **losses,
        }

    @torch.inference_mode()
    def predict(self, model: AcousticModel, entry: DatasetEntry) -> Predicted:
        """What a model, in evaluation mode, says of an aligned utterance under its true
        durations.
        """
        _, log_f0, voicing, log_mel = _outputs(model, self.collate([entry]))
        return Predicted(
            log_f0=log_f0[0].numpy(),
            voicing=(voicing[0] > 0).float().numpy(),
            log_mel=log_mel[0].numpy(),
        )

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """The losses on all held-out utterances."""
        model.eval()
        entries = [
            entry for entry in self.data.entries(validation=True) if entry.phoneme_start >= 0
        ]
        totals: dict[str, float] = {}
        for start in range(0, len(entries), UTTERANCES):
            part = entries[start : start + UTTERANCES]
            batch = {name: value.to(device) for name, value in self.collate(part).items()}
            for name, value in self.losses(model, batch).items():
                totals[name] = totals.get(name, 0.0) + float(value) * len(part) / len(entries)
        return totals


def mask_phonemes(batch: dict[str, Tensor], generator: np.random.Generator) -> None:
    """Masks `PHONEME_DROPOUT` of a batch's phonemes, in place: their categories become 0, as in
    padding, whose embeddings are 0.
    """
    batch["categories"][
        torch.from_numpy(generator.random(batch["categories"].shape[:2]) < PHONEME_DROPOUT)
    ] = 0


def encode_frames(model: AcousticModel, batch: Batch) -> tuple[Tensor, Tensor]:
    """The encoded phonemes [B, P, C], and what the pitch predictor and the decoder are given of
    each frame [B, F, C + 2]; 0 in padding.
    """
    encoded = model.encode(
        batch["categories"], batch["positions"], batch["speaker"], batch["phoneme_mask"]
    )
    repeated = encoded.gather(1, batch["rows"].unsqueeze(-1).expand(-1, -1, encoded.shape[-1]))
    return encoded, torch.cat([repeated, batch["inside"]], dim=-1) * batch["frame_mask"]


def _outputs(model: AcousticModel, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Log-durations [B, P], log-F0 [B, F], logits of voicing [B, F], and log-mel [B, F, M] under
    the true durations and pitch: all float32.
    """
    phoneme_mask, frame_mask = batch["phoneme_mask"], batch["frame_mask"]
    encoded, frames = encode_frames(model, batch)
    log_durations = model.predict_log_durations(encoded, phoneme_mask)
    log_f0, voicing = model.predict_pitch(frames, frame_mask)
    log_mel = model.predict_log_mel(frames, batch["log_f0"], batch["voicing"], frame_mask)
    return log_durations.float(), log_f0.float(), voicing.float(), log_mel.float()


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum() / mask.sum().clamp(min=1)
