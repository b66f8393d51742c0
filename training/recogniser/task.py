"""How the recogniser is trained: segments of recordings, what was said in each frame by the
alignment at hand, and two losses. torch and numpy alone.

van den Oord et al. 2016 (arXiv 1609.03499), section 3.4: classification of frames beside prediction
of the next sample. The paper has no weights; those here make the two gradients of one order. The
next sample is predicted in a part of each segment only: it costs as much as the whole stack.

B batch, F frames, T samples, N phonemes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.data.dataset import PreparedSet
from training.data.segments import segment_codes
from training.loop import Batch
from training.recogniser.measure import frame_phonemes, measure
from training.recogniser.network import Recogniser, RecogniserConfig
from vocoder.wavenet.distributions import log_prob

NEXT_SAMPLE_WEIGHT = 0.3  # of its nats, beside those of the frames


@dataclass(frozen=True, kw_only=True)
class RecogniserSegments:
    """How segments are drawn."""

    segments: int = 4  # per batch
    frames: int = 80  # of each
    context_frames: int = (
        7  # at the beginning, not counted: the stack does not see all of its past there
    )
    predicted_frames: int = 20  # at the end, where the next sample is predicted, too


class RecogniserTask:
    """Cross-entropy of each frame's phoneme, and of the next code."""

    def __init__(
        self, data: PreparedSet, config: RecogniserConfig, segments: RecogniserSegments
    ) -> None:
        self.data = data
        self.config = config
        self.segments = segments
        network = Recogniser(config)
        self.model: nn.Module = network
        self.quantiser = network.quantiser
        self.training = [
            entry
            for entry in data.entries(validation=False)
            if entry.phoneme_start >= 0 and entry.num_frames >= segments.frames
        ]
        self._weights = np.array([entry.num_frames for entry in self.training], np.float64)
        self._weights /= self._weights.sum()

    def batch(self, generator: np.random.Generator) -> Batch:
        """Segments of utterances chosen in proportion to their length: codes int64 [B, T] and
        phonemes int64 [B, F].
        """
        codes, phonemes = [], []
        for index in generator.choice(len(self.training), self.segments.segments, p=self._weights):
            entry = self.training[index]
            start = int(generator.integers(entry.num_frames - self.segments.frames + 1))
            codes.append(
                segment_codes(self.data, self.quantiser, entry, start, self.segments.frames)
            )
            phonemes.append(frame_phonemes(self.data, entry)[start : start + self.segments.frames])
        return {
            "codes": torch.from_numpy(np.stack(codes)),
            "phonemes": torch.from_numpy(np.stack(phonemes)),
        }

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """`phoneme` in nats per frame, `next_sample` in nats per sample, and their weighted sum
        `loss`.
        """
        assert isinstance(model, Recogniser)
        heard = model.hear(batch["codes"])
        logits = model.phonemes(heard).float()[:, self.segments.context_frames :]
        predicted = self.segments.predicted_frames * self.config.wavenet.hop_length
        log_probs = log_prob(
            self.config.wavenet,
            model.next_code(heard[:, -predicted:]),
            batch["codes"][:, -predicted:],
        )
        losses = {
            "phoneme": functional.cross_entropy(
                logits.flatten(0, 1), batch["phonemes"][:, self.segments.context_frames :].flatten()
            ),
            "next_sample": -log_probs.mean(),
        }
        return {"loss": losses["phoneme"] + NEXT_SAMPLE_WEIGHT * losses["next_sample"], **losses}

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """As `Measured.figures`."""
        assert isinstance(model, Recogniser)
        return measure(model, self.data, device).figures()
