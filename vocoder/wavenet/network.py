"""The WaveNet: p(code[t] | codes before t, conditions), for all t at once.

van den Oord et al. 2016 (arXiv 1609.03499), equations 2 and 5, in the variant of Deep Voice (arXiv
1702.07825): the previous code is embedded, there is no separate 1x1 before the first block, and the
skips of all blocks are one product over the concatenated gates.
Deviations: everything is time-major [B, T, C] and a dilated convolution is a product over its
stacked taps, because on a CPU matrix products in bf16 train about five times faster than `Conv1d`;
conditioning is one vector per frame and per block, added inside the gates and never materialised
per sample.

B batch, F frames, T samples, L layers, R residual, G gate, S skip, C conditioning, Q quantisation
levels, O output parameters.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from vocoder.audio.quantise import Quantiser
from vocoder.config import WaveNetConfig
from vocoder.torch_modules import module_with
from vocoder.wavenet.conditioning import ConditioningNetwork
from vocoder.wavenet.distributions import log_prob
from vocoder.wavenet.prediction import predict
from vocoder.wavenet.weights import WaveNetWeights, quantiser_of

# of an embedding's sines, in radians per half of the range of codes
LOWEST_FREQUENCY, HIGHEST_FREQUENCY = (
    0.2,
    20.0,
)


def smooth_rows(levels: int, channels: int) -> Tensor:
    """What an embedding of codes begins as: sines of the code, of random frequency and phase, so
    that neighbouring codes have neighbouring rows.

    Independent rows would have to find out first that codes have an order.

    Args:
        levels: Q.
        channels: R.

    Returns:
        float32 [Q, R], of a variance of 1.
    """
    places = torch.linspace(-1.0, 1.0, levels).unsqueeze(1)
    frequencies = LOWEST_FREQUENCY * (HIGHEST_FREQUENCY / LOWEST_FREQUENCY) ** torch.rand(channels)
    return math.sqrt(2.0) * torch.sin(places * frequencies + 2.0 * math.pi * torch.rand(channels))


class ResidualBlock(nn.Module):
    """One dilated, gated block: taps -> tanh x sigmoid -> residual.

    Args:
        config: the network's.
        dilation: samples between two taps.
        last: the last block has no residual path, for nothing follows it.
    """

    def __init__(self, config: WaveNetConfig, dilation: int, *, last: bool) -> None:
        super().__init__()
        self.dilation = dilation
        self.kernel_size = config.kernel_size
        # [G, K * R], oldest tap first. No bias: the conditioning brings it.
        self.taps = nn.Linear(
            config.kernel_size * config.residual_channels, config.gate_channels, bias=False
        )
        self.residual = None if last else nn.Linear(config.gated_channels, config.residual_channels)

    def forward(self, x: Tensor, conditioning: Tensor) -> tuple[Tensor, Tensor]:
        """Takes x [B, T, R] and conditioning [B, F, G] with T a multiple of F, to (next x [B, T,
        R], gated [B, T, G/2]).
        """
        batch, samples, _ = x.shape
        frames = conditioning.shape[1]
        history = self.dilation * (self.kernel_size - 1)
        padded = functional.pad(x, (0, 0, history, 0))
        stacked = torch.cat(
            [
                padded[:, k * self.dilation : k * self.dilation + samples]
                for k in range(self.kernel_size)
            ],
            dim=-1,
        )
        pre = self.taps(stacked).view(
            batch, frames, samples // frames, -1
        ) + conditioning.unsqueeze(2)
        filtered, gate = pre.view(batch, samples, -1).chunk(2, dim=-1)
        gated = torch.tanh(filtered) * torch.sigmoid(gate)
        return (x if self.residual is None else x + self.residual(gated)), gated


class WaveNet(nn.Module):
    """The whole network. Owns weights and nothing else: the state of a stream belongs to the stream
    (`vocoder.engine`).
    """

    def __init__(self, config: WaveNetConfig) -> None:
        super().__init__()
        self.config = config
        gated = config.gated_channels
        self.conditioning = ConditioningNetwork(config)
        # Of the previous code, and of each predicted one; their sum is the first block's input.
        self.embedding = self._embedding()
        self.predicted = nn.ModuleList(self._embedding() for _ in range(config.num_predictions))
        dilations = config.dilations
        self.blocks = nn.ModuleList(
            ResidualBlock(config, dilation, last=layer == len(dilations) - 1)
            for layer, dilation in enumerate(dilations)
        )
        self.skip = nn.Linear(config.num_layers * gated, config.skip_channels)
        self.head1 = nn.Linear(config.skip_channels, config.head_channels)
        self.head2 = nn.Linear(config.head_channels, config.output_channels)
        self.register_buffer("values", torch.tensor(self.quantiser.values), persistent=False)

    @classmethod
    def of(cls, weights: WaveNetWeights) -> WaveNet:
        """A network with copies of stored weights, in evaluation mode and without gradients."""
        return module_with(lambda: cls(weights.config), weights.arrays)

    def _embedding(self) -> nn.Module:
        levels, channels = self.config.quantisation_levels, self.config.residual_channels
        if self.config.output != "softmax":
            return nn.Linear(1, channels)
        embedding = nn.Embedding(levels, channels)
        # there, nothing would be written, and torch would import its compiler for it
        if not embedding.weight.is_meta:
            with torch.no_grad():
                embedding.weight.copy_(smooth_rows(levels, channels))
        return embedding

    @property
    def quantiser(self) -> Quantiser:
        """How samples become the codes that this network models."""
        return quantiser_of(self.config)

    @property
    def receptive_field(self) -> int:
        """How many samples before t the distribution of sample t depends on."""
        return self.config.receptive_field

    def condition(
        self,
        log_mel: Tensor,
        log_f0: Tensor,
        voicing: Tensor,
        categories: Tensor,
        positions: Tensor,
        speaker: Tensor,
    ) -> Tensor:
        """All that is added inside the gates, per frame: [B, F, L, G]. Arguments as
        `ConditioningNetwork.forward`.
        """
        flat: Tensor = self.conditioning(log_mel, log_f0, voicing, categories, positions, speaker)
        return flat.view(*flat.shape[:2], self.config.num_layers, self.config.gate_channels)

    def forward(
        self, codes: Tensor, conditioning: Tensor, coefficients: Tensor, lags: Tensor
    ) -> Tensor:
        """The distribution of every code given those before it.

        Args:
            codes: int64 [B, T], 0..Q-1; T is F * hop_length.
            conditioning: [B, F, L, G], from `condition`.
            coefficients: [B, F, P], of `vocoder.wavenet.prediction.Predictors`.
            lags: int [B, F], likewise.

        Returns:
            [B, T, O], the parameters of the output distribution (logits for the softmax); row t
            depends on codes before t only.
        """
        return self.outputs_from(
            self.first_input(
                codes, predict(self.config, self.quantiser, codes, coefficients, lags)
            ),
            conditioning,
        )

    def outputs_from(self, x: Tensor, conditioning: Tensor) -> Tensor:
        """`forward` from the first block's input on: x [B, T, R] and conditioning [B, F, L, G] to
        [B, T, O].
        """
        gates = []
        for layer, block in enumerate(self.blocks):
            x, gated = block(x, conditioning[:, :, layer])
            gates.append(gated)
        skips = self.skip(torch.cat(gates, dim=-1))
        output: Tensor = self.head2(functional.relu(self.head1(functional.relu(skips))))
        return output

    def first_input(self, codes: Tensor, predictions: Tensor) -> Tensor:
        """What the first block is given: codes int64 [B, T] and their predictions int64 [B, T, H]
        to [B, T, R]; row t depends on codes before t only.
        """
        previous = functional.pad(codes[:, :-1], (1, 0), value=self.quantiser.silence)
        x: Tensor = self._embed(self.embedding, previous)
        for index, embedding in enumerate(self.predicted):
            x = x + self._embed(embedding, predictions[..., index])
        return x

    def _embed(self, embedding: nn.Module, codes: Tensor) -> Tensor:
        if self.config.output == "softmax":
            embedded: Tensor = embedding(codes)
        else:
            embedded = embedding(self.values[codes].unsqueeze(-1))  # type: ignore[index]
        return embedded

    def log_prob(
        self, codes: Tensor, conditioning: Tensor, coefficients: Tensor, lags: Tensor
    ) -> Tensor:
        """Exact log-likelihood of each code in nats: codes int64 [B, T] to float32 [B, T];
        arguments as `forward`.
        """
        return log_prob(self.config, self.forward(codes, conditioning, coefficients, lags), codes)
