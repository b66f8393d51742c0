"""The conditioning network: what is known of a frame, to what is added inside each block's gate.

Local conditioning (arXiv 1609.03499, section 2.5) on log-mel, log-F0, voicing and, where the text
is known, the linguistic features of the current phoneme; global conditioning on the speaker. It
runs once per frame. Linguistic inputs may be absent (copy synthesis from audio alone): then every
category is 0 and every position 0, and training drops them at random so that the network knows both
ways.

B batch, F frames, M mels, L layers, G gate, C conditioning.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.config import FRAME_POSITIONS, WaveNetConfig
from vocoder.wavenet.conditioner import (
    LOG_F0_CENTRE,
    LOG_F0_SCALE,
    LOG_MEL_CENTRE,
    LOG_MEL_SCALE,
)
from vocoder.wavenet.weights import EMBEDDING_CHANNELS


class ConditioningNetwork(nn.Module):
    """Two convolutions over frames, each followed by a rectifier, then one product for all blocks
    together.
    """

    def __init__(self, config: WaveNetConfig) -> None:
        super().__init__()
        channels = config.cond_channels
        self.embeddings = nn.ModuleList(
            nn.Embedding(size, width, padding_idx=0)
            for size, width in zip(
                config.linguistic.category_sizes, EMBEDDING_CHANNELS, strict=True
            )
        )
        inputs = config.n_mels + 2 + sum(EMBEDDING_CHANNELS) + len(FRAME_POSITIONS)
        self.context = nn.Conv1d(
            inputs, channels, 2 * config.cond_context + 1, padding=config.cond_context
        )
        self.mix = nn.Conv1d(channels, channels, 1)
        self.speaker = nn.Embedding(config.num_speakers, config.speaker_channels)
        self.project = nn.Linear(
            channels + config.speaker_channels, config.num_layers * config.gate_channels
        )

    def forward(
        self,
        log_mel: Tensor,
        log_f0: Tensor,
        voicing: Tensor,
        categories: Tensor,
        positions: Tensor,
        speaker: Tensor,
    ) -> Tensor:
        """Conditions to what the gates add.

        Args:
            log_mel: float32 [B, F, M].
            log_f0: float32 [B, F], log of Hz.
            voicing: float32 [B, F], 0..1.
            categories: int64 [B, F, 4], all 0 where unknown.
            positions: float32 [B, F, 6], all 0 where unknown.
            speaker: int64 [B].

        Returns:
            float32 [B, F, L * G].
        """
        embedded = [
            embedding(categories[..., column]) for column, embedding in enumerate(self.embeddings)
        ]
        frames = torch.cat(
            [
                (log_mel - LOG_MEL_CENTRE) / LOG_MEL_SCALE,
                ((log_f0 - LOG_F0_CENTRE) / LOG_F0_SCALE).unsqueeze(-1),
                voicing.unsqueeze(-1),
                *embedded,
                positions,
            ],
            dim=-1,
        )
        hidden = functional.relu(self.context(frames.transpose(1, 2)))
        hidden = functional.relu(self.mix(hidden)).transpose(1, 2)
        who = self.speaker(speaker).unsqueeze(1).expand(-1, hidden.shape[1], -1)
        projected: Tensor = self.project(torch.cat([hidden, who], dim=-1))
        return projected
