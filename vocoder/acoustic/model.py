"""The acoustic model: phonemes of a sentence to durations, log-F0, voicing and log-mel.

The parallel, feed-forward scheme of FastSpeech 2 (arXiv 2006.04558) with convolutions in place of
attention, which a sentence's length and a
CPU favour: an encoder over phonemes, a duration predictor, repetition to frames, a pitch predictor
over frames, and a decoder that sees both. In training the true durations and pitch are given to
what comes after them.

B batch, P phonemes, F frames, M mels, C channels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.acoustic.frames import expand
from vocoder.acoustic.harmonics import harmonic_spectra
from vocoder.acoustic.melody import Melody
from vocoder.compiled import NATIVE_TAPS, native_module
from vocoder.config import FRAME_POSITIONS, POSITIONS, AcousticConfig
from vocoder.wavenet.conditions import Conditions

if TYPE_CHECKING:  # the model trains with torch and numpy alone; the text package needs more
    from vocoder import _native
    from vocoder.text.features import LinguisticFeatures

EMBEDDING_CHANNELS = (96, 8, 8, 8)  # of phoneme, stress, word position, phrase type
MAX_DURATION_FRAMES = 400  # of a phoneme: predicted durations are clamped to it
# Centre and spread of the outputs, so that the network works with numbers of order one.
LOG_MEL_CENTRE, LOG_MEL_SCALE = -6.0, 2.5
LOG_F0_CENTRE, LOG_F0_SCALE = math.log(180.0), 0.25


class ConvBlock(nn.Module):
    """Layer norm, convolution, GELU, dropout, residual; what lies outside the mask stays 0, so
    padding changes nothing.
    """

    def __init__(self, channels: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.conv = nn.Conv1d(channels, channels, kernel_size, padding=kernel_size // 2)
        self.mix = nn.Linear(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Takes x [B, N, C] and mask [B, N, 1] (1 inside, 0 in padding) to [B, N, C]."""
        hidden = self.conv((self.norm(x) * mask).transpose(1, 2)).transpose(1, 2)
        left: Tensor = x + self.dropout(self.mix(functional.gelu(hidden))) * mask
        return left


class Stack(nn.Module):
    """A product to `channels`, blocks, a norm, and a product to `outputs`."""

    def __init__(
        self,
        inputs: int,
        channels: int,
        outputs: int,
        layers: int,
        kernel_size: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self._taps = kernel_size
        self._native_stack: _native.Stack | None = None
        self.enter = nn.Linear(inputs, channels)
        self.blocks = nn.ModuleList(
            ConvBlock(channels, kernel_size, dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(channels)
        self.leave = nn.Linear(channels, outputs)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Takes x [B, N, inputs] and mask [B, N, 1] to [B, N, outputs]."""
        if self._native_stack is not None:
            return self._forward_native(self._native_stack, x, mask)
        hidden = self.enter(x) * mask
        for block in self.blocks:
            hidden = block(hidden, mask)
        left: Tensor = self.leave(self.norm(hidden))
        return left

    def use_native(self, isa: str = "auto") -> None:
        """Computes in C++ from now on (`vocoder/native/layers`), where that was compiled and knows
        so many taps: the weights must not change any more.

        `isa`: the instruction set, "auto" or one of `vocoder.compiled.available_isas()`.
        """
        native = native_module()
        if native is None or self._taps not in NATIVE_TAPS:
            return

        def stacked(name: str) -> npt.NDArray[np.float32]:
            return np.stack(
                [weights[f"blocks.{index}.{name}"] for index in range(len(self.blocks))]
            )

        weights = {name: tensor.numpy() for name, tensor in self.state_dict().items()}
        self._native_stack = native.Stack(
            isa=isa,
            enter=weights["enter.weight"],
            enter_bias=weights["enter.bias"],
            norms=np.stack([*stacked("norm.weight"), weights["norm.weight"]]),
            norm_biases=np.stack([*stacked("norm.bias"), weights["norm.bias"]]),
            convs=stacked("conv.weight"),
            conv_biases=stacked("conv.bias"),
            mixes=stacked("mix.weight"),
            mix_biases=stacked("mix.bias"),
            leave=weights["leave.weight"],
            leave_bias=weights["leave.bias"],
        )

    @staticmethod
    def _forward_native(native: _native.Stack, x: Tensor, mask: Tensor) -> Tensor:
        made = x.new_zeros(*x.shape[:2], native.outputs)
        for row, length in enumerate(mask.sum(dim=(1, 2)).int().tolist()):
            native.forward(x[row, :length].contiguous().numpy(), made[row, :length].numpy())
        return made


class Acoustic(Protocol):
    """What speaks: `AcousticModel`, or what computes the same elsewhere
    (`vocoder.cuda.acoustic_model`).
    """

    def durations(self, features: LinguisticFeatures, speaker: int = 0) -> npt.NDArray[np.float32]:
        """As `AcousticModel.durations`."""

    def conditions(
        self,
        features: LinguisticFeatures,
        durations: npt.NDArray[np.int64],
        speaker: int = 0,
        melody: Melody | None = None,
    ) -> Conditions:
        """As `AcousticModel.conditions`."""


class AcousticModel(nn.Module):
    """Owns weights and nothing else; every call is a function of its arguments."""

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        self.config = config
        self.harmonic_table: Tensor | None
        channels, kernel_size, dropout = config.channels, config.kernel_size, config.dropout
        sizes = config.linguistic.category_sizes
        self.embeddings = nn.ModuleList(
            nn.Embedding(size, width, padding_idx=0)
            for size, width in zip(sizes, EMBEDDING_CHANNELS, strict=True)
        )
        self.speaker = nn.Embedding(config.num_speakers, channels)
        inputs = sum(EMBEDDING_CHANNELS) + len(POSITIONS)
        in_phoneme = len(FRAME_POSITIONS) - len(POSITIONS)
        self.encoder = Stack(
            inputs, channels, channels, config.encoder_layers, kernel_size, dropout
        )
        self.duration = Stack(channels, config.predictor_channels, 1, 2, kernel_size, dropout)
        self.pitch = Stack(
            channels + in_phoneme, config.predictor_channels, 2, 3, kernel_size, dropout
        )
        harmonics = config.n_mels if config.harmonic_steps > 0 else 0
        self.decoder = Stack(
            channels + in_phoneme + 2 + harmonics,
            config.decoder_channels,
            config.n_mels,
            config.decoder_layers,
            kernel_size,
            dropout,
        )
        # Stored with the weights: a voice needs no settings of sound to speak by it.
        self.register_buffer(
            "harmonic_table",
            torch.zeros(config.harmonic_steps, config.n_mels) if harmonics else None,
        )

    def use_native(self, isa: str = "auto") -> None:
        """Speaks faster from now on: as `Stack.use_native`."""
        for stack in (self.encoder, self.duration, self.pitch, self.decoder):
            stack.use_native(isa)

    def encode(
        self, categories: Tensor, positions: Tensor, speaker: Tensor, mask: Tensor
    ) -> Tensor:
        """Takes categories int64 [B, P, 4], positions [B, P, 4], speaker int64 [B], mask [B, P, 1]
        to [B, P, C].
        """
        embedded = [
            embedding(categories[..., column]) for column, embedding in enumerate(self.embeddings)
        ]
        encoded: Tensor = self.encoder(torch.cat([*embedded, positions], dim=-1), mask)
        spoken_by: Tensor = (encoded + self.speaker(speaker).unsqueeze(1)) * mask
        return spoken_by

    def predict_log_durations(self, encoded: Tensor, mask: Tensor) -> Tensor:
        """Encoded [B, P, C] to log(1 + frames) [B, P]. The encoder does not learn from it:
        durations alone would bend it.
        """
        predicted: Tensor = self.duration(encoded.detach(), mask).squeeze(-1)
        return predicted

    def predict_pitch(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encoded and repeated frames [B, F, C + 2] to (log-F0 [B, F], logit of voicing [B, F])."""
        log_f0, voicing = self.pitch(frames, mask).unbind(-1)
        return log_f0 * LOG_F0_SCALE + LOG_F0_CENTRE, voicing

    def predict_log_mel(
        self, frames: Tensor, log_f0: Tensor, voicing: Tensor, mask: Tensor
    ) -> Tensor:
        """Frames [B, F, C + 2], log-F0 [B, F] and voicing 0..1 [B, F] to log-mel [B, F, M]."""
        log_mel: Tensor = self.decoder(
            torch.cat([frames, self.melody_inputs(log_f0, voicing)], dim=-1), mask
        )
        return log_mel * LOG_MEL_SCALE + LOG_MEL_CENTRE

    def melody_inputs(self, log_f0: Tensor, voicing: Tensor) -> Tensor:
        """What the decoder is shown of the pitch: log-F0 [B, F] and voicing [B, F] to [B, F, 2], or
        [B, F, 2 + M] with the harmonics' spectra.
        """
        inputs = torch.stack([(log_f0 - LOG_F0_CENTRE) / LOG_F0_SCALE * voicing, voicing], dim=-1)
        if self.harmonic_table is None:
            return inputs
        return torch.cat([inputs, harmonic_spectra(self.harmonic_table, log_f0, voicing)], dim=-1)

    @torch.inference_mode()
    def durations(self, features: LinguisticFeatures, speaker: int = 0) -> npt.NDArray[np.float32]:
        """How long each phoneme lasts at normal speed: float32 [P], in frames, at least 0, before
        rounding.
        """
        encoded, mask = self._encode_one(features, speaker)
        predicted = self.predict_log_durations(encoded, mask)[0]
        frames: npt.NDArray[np.float32] = (
            torch.expm1(predicted).clamp(0, MAX_DURATION_FRAMES).float().numpy()
        )
        return frames

    @torch.inference_mode()
    def conditions(
        self,
        features: LinguisticFeatures,
        durations: npt.NDArray[np.int64],
        speaker: int = 0,
        melody: Melody | None = None,
    ) -> Conditions:
        """Everything the vocoder is conditioned on, for every frame of one sentence.

        Args:
            features: of the sentence, P phonemes.
            durations: int64 [P], frames of each.
            speaker: index of the speaker.
            melody: what is done to the predicted pitch, nothing when None; the mel spectrum
                follows, for the decoder is given the pitch.
        """
        encoded, _ = self._encode_one(features, speaker)
        categories, positions = expand(features.categories, features.positions, durations)
        rows = torch.from_numpy(np.repeat(np.arange(len(durations)), durations))
        mask = torch.ones(1, len(rows), 1)
        inside = torch.from_numpy(positions[:, len(POSITIONS) :])
        frames = torch.cat([encoded[0, rows], inside], dim=-1).unsqueeze(0)
        log_f0, logit = self.predict_pitch(frames, mask)
        voicing = (logit > 0).float()
        if melody is not None:
            log_f0 = torch.from_numpy(
                melody.apply(log_f0[0].numpy(), voicing[0].numpy(), features, durations)
            ).unsqueeze(0)
        log_mel = self.predict_log_mel(frames, log_f0, voicing, mask)
        return Conditions(
            log_mel=log_mel[0].numpy(),
            log_f0=log_f0[0].numpy(),
            voicing=voicing[0].numpy(),
            categories=categories,
            positions=positions,
            speaker=speaker,
        )

    def _encode_one(self, features: LinguisticFeatures, speaker: int) -> tuple[Tensor, Tensor]:
        categories = torch.tensor(features.categories).unsqueeze(0)
        positions = torch.tensor(features.positions).unsqueeze(0)
        mask = torch.ones(1, features.num_phonemes, 1)
        return self.encode(categories, positions, torch.tensor([speaker]), mask), mask
