"""The conditioning network: what is known of a frame, to what is added inside each block's gate.

Local conditioning (arXiv 1609.03499, section 2.5) on log-mel, log-F0, voicing and, where the text
is known, the linguistic features of the current phoneme; global conditioning on the speaker. It
runs once per frame. Linguistic inputs may be absent (copy synthesis from audio alone): then every
category is 0 and every position 0, and training drops them at random so that the network knows both
ways.

B batch, F frames, M mels, L layers, G gate, C conditioning.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.compiled import NATIVE_TAPS, native_module
from vocoder.config import FRAME_POSITIONS, WaveNetConfig

if TYPE_CHECKING:
    from vocoder import _native

EMBEDDING_CHANNELS = (32, 4, 4, 4)  # of phoneme, stress, word position, phrase type
# Rough centre and spread of the inputs, so that the first layer sees numbers of order one.
LOG_MEL_CENTRE, LOG_MEL_SCALE = -6.0, 3.0
LOG_F0_CENTRE, LOG_F0_SCALE = math.log(180.0), 0.3


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
        self._native_layers: _NativeLayers | None = None

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
        if self._native_layers is not None:
            return self._project_native(self._native_layers, frames, speaker)
        hidden = functional.relu(self.context(frames.transpose(1, 2)))
        hidden = functional.relu(self.mix(hidden)).transpose(1, 2)
        who = self.speaker(speaker).unsqueeze(1).expand(-1, hidden.shape[1], -1)
        projected: Tensor = self.project(torch.cat([hidden, who], dim=-1))
        return projected

    def use_native(self, isa: str = "auto") -> None:
        """Computes in C++ from now on (`vocoder/native/layers`), where that was compiled and knows
        so many taps: the weights must not change any more.

        `isa`: the instruction set, "auto" or one of `vocoder.compiled.available_isas()`.
        """
        native = native_module()
        if native is None or self.context.kernel_size[0] not in NATIVE_TAPS:
            return

        def of(layer: nn.Conv1d | nn.Linear) -> dict[str, npt.NDArray[np.float32]]:
            assert layer.bias is not None
            return {"weight": layer.weight.detach().numpy(), "bias": layer.bias.detach().numpy()}

        mix = of(self.mix)
        self._native_layers = _NativeLayers(
            context=native.Conv(isa=isa, activation="relu", **of(self.context)),
            mix=native.Linear(
                isa=isa,
                activation="relu",
                weight=np.ascontiguousarray(mix["weight"][:, :, 0]),
                bias=mix["bias"],
            ),
            project=native.Linear(isa=isa, activation="none", **of(self.project)),
        )

    def _project_native(self, native: _NativeLayers, frames: Tensor, speaker: Tensor) -> Tensor:
        batch, length, _ = frames.shape
        near, hidden = (
            frames.new_empty(length, self.mix.in_channels),
            frames.new_empty(length, self.project.in_features),
        )
        mixed = frames.new_empty(length, self.mix.out_channels)
        projected = frames.new_empty(batch, length, self.project.out_features)
        for row in range(batch):
            native.context.forward(frames[row].contiguous().numpy(), near.numpy())
            native.mix.forward(near.numpy(), mixed.numpy())
            hidden[:, : self.mix.out_channels], hidden[:, self.mix.out_channels :] = (
                mixed,
                self.speaker(speaker[row]),
            )
            native.project.forward(hidden.numpy(), projected[row].numpy())
        return projected


@dataclass(frozen=True)
class _NativeLayers:
    """The layers in C++."""

    context: _native.Conv
    mix: _native.Linear
    project: _native.Linear
