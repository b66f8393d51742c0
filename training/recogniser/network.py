"""The network that recognises: a WaveNet without conditions, whose skips also tell which phoneme
each frame belongs to.

van den Oord et al. 2016 (arXiv 1609.03499), section 3.4: mean pooling over 10 ms behind the dilated
convolutions, then a few convolutions that see both sides, then a classifier; beside it the
distribution of the next sample, which keeps the stack a model of sound. Deviations: what is pooled
are the rectified skips (the paper does not say which activations), and the convolutions over frames
are residual blocks with a layer norm, those of the acoustic model.

B batch, F frames, T samples, S skip, L layers, G gate, O output parameters, N phonemes.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.acoustic.model import Stack
from vocoder.audio.quantise import Quantiser
from vocoder.config import Config, WaveNetConfig
from vocoder.errors import ConfigError
from vocoder.wavenet.network import ResidualBlock, smooth_rows


@dataclass(frozen=True, kw_only=True)
class RecogniserConfig(Config):
    """The recogniser's shape."""

    # of the dilated stack, its codes and its frames; what it says of conditioning plays no part
    wavenet: WaveNetConfig
    frame_channels: int = 192  # of the convolutions over frames
    frame_layers: int = 4
    frame_kernel_size: int = 7  # frames under one convolution
    dropout: float = 0.1  # of the same, in training only

    def __post_init__(self) -> None:
        if self.wavenet.num_predictions > 0:
            raise ConfigError(
                "a recogniser is shown nothing but the codes: prediction_order and max_lag must "
                "be 0"
            )
        if self.wavenet.output != "softmax":
            raise ConfigError(
                f"a recogniser embeds mu-law codes: output must be 'softmax', not "
                f"{self.wavenet.output!r}"
            )
        if self.frame_kernel_size % 2 == 0:
            raise ConfigError(f"frame_kernel_size must be odd, not {self.frame_kernel_size}")
        if self.frame_channels < 1 or self.frame_layers < 1:
            raise ConfigError("frame_channels and frame_layers must be positive")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout must lie in 0..1, not {self.dropout}")

    @property
    def num_phonemes(self) -> int:
        """N, the classes of a frame: the phoneme inventory with "absent" at 0, which no frame
        is.
        """
        return self.wavenet.linguistic.category_sizes[0]


class Recogniser(nn.Module):
    """Owns weights and nothing else."""

    def __init__(self, config: RecogniserConfig) -> None:
        super().__init__()
        self.config = config
        wavenet = config.wavenet
        levels, channels = wavenet.quantisation_levels, wavenet.residual_channels
        self.embedding = nn.Embedding(levels, channels)
        with torch.no_grad():
            self.embedding.weight.copy_(smooth_rows(levels, channels))
        last = wavenet.num_layers - 1
        self.blocks = nn.ModuleList(
            ResidualBlock(wavenet, dilation, last=layer == last)
            for layer, dilation in enumerate(wavenet.dilations)
        )
        # A block's dilated convolution has no bias of its own; a vocoder's conditioning brings it,
        # and there is none here.
        self.biases = nn.Parameter(torch.zeros(wavenet.num_layers, wavenet.gate_channels))
        self.skip = nn.Linear(wavenet.num_layers * wavenet.gated_channels, wavenet.skip_channels)
        self.head1 = nn.Linear(wavenet.skip_channels, wavenet.head_channels)
        self.head2 = nn.Linear(wavenet.head_channels, wavenet.output_channels)
        self.frames = Stack(
            wavenet.skip_channels,
            config.frame_channels,
            config.num_phonemes,
            config.frame_layers,
            config.frame_kernel_size,
            config.dropout,
        )

    @property
    def quantiser(self) -> Quantiser:
        """How samples become the codes that this network reads."""
        return Quantiser(kind="mulaw", levels=self.config.wavenet.quantisation_levels)

    def forward(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Both outputs for whole sounds.

        Args:
            codes: int64 [B, T], 0..Q-1; T is F * hop_length.

        Returns:
            the parameters of every code's distribution given those before it [B, T, O], and the
            logits of every frame's phoneme [B, F, N].
        """
        heard = self.hear(codes)
        return self.next_code(heard), self.phonemes(heard)

    def hear(self, codes: Tensor) -> Tensor:
        """Codes int64 [B, T] to rectified skips [B, T, S]; row t depends on codes before t only."""
        x = self.embedding(functional.pad(codes[:, :-1], (1, 0), value=self.quantiser.silence))
        gates = []
        for block, bias in zip(self.blocks, self.biases, strict=True):
            x, gated = block(x, bias.expand(len(codes), 1, -1))
            gates.append(gated)
        return functional.relu(self.skip(torch.cat(gates, dim=-1)))

    def next_code(self, heard: Tensor) -> Tensor:
        """Rectified skips [..., S] to the parameters of the distribution of the code at the same
        place [..., O].
        """
        output: Tensor = self.head2(functional.relu(self.head1(heard)))
        return output

    def phonemes(self, heard: Tensor) -> Tensor:
        """Rectified skips [B, T, S] to logits [B, F, N]."""
        batch, samples, channels = heard.shape
        pooled = heard.view(batch, samples // self.config.wavenet.hop_length, -1, channels).mean(
            dim=2
        )
        logits: Tensor = self.frames(pooled, pooled.new_ones(*pooled.shape[:2], 1))
        return logits
