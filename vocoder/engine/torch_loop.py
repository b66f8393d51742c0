"""The yardstick: a per-sample loop as widely used PyTorch WaveNets have it in their incremental
mode.

Step by step what such a mode does: the previous code as a one-hot vector under a 1x1 convolution;
in every block a dilated convolution whose queue of past inputs is moved up by one per sample, a 1x1
convolution of the conditioning features, one for the skip and one for the residual path; a draw
from a categorical distribution. It gives this network's outputs (a test holds it to that), and only
the benchmark uses it. It knows no predictions (`vocoder.wavenet.prediction`): of a network that is
shown some it does all but that. `vocoder.engine.reference` is leaner: rings in place of queues,
conditioning per frame, one product for all skips.

B batch (1), C channels, O output parameters, Q levels.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.distributions import OneHotCategorical
from torch.nn import functional

from vocoder.wavenet.network import ResidualBlock, WaveNet


class QueuedConv(nn.Conv1d):
    """A causal, dilated convolution, one sample at a time, with a given weight [C out, C in, K] and
    bias [C out] or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, dilation: int = 1) -> None:
        outputs, inputs, taps = weight.shape
        super().__init__(inputs, outputs, taps, dilation=dilation, bias=bias is not None)
        with torch.no_grad():
            self.weight.copy_(weight)
            if self.bias is not None and bias is not None:
                self.bias.copy_(bias)
        self.linear = self.weight.detach().transpose(1, 2).reshape(outputs, -1).contiguous()
        self.queue = torch.zeros(1, (taps - 1) * dilation + 1, inputs)

    def step(self, x: Tensor) -> Tensor:
        """[B, 1, C in] to [B, 1, C out]."""
        batch = x.size(0)
        if self.kernel_size[0] > 1:
            self.queue[:, :-1] = self.queue[:, 1:].clone()
            self.queue[:, -1] = x[:, -1]
            x = self.queue[:, :: self.dilation[0]].contiguous()
        return functional.linear(x.view(batch, -1), self.linear, self.bias).view(batch, 1, -1)


class LoopBlock(nn.Module):
    """One residual block; the skips' bias comes with the first."""

    def __init__(self, network: WaveNet, layer: int) -> None:
        super().__init__()
        config = network.config
        block = cast(ResidualBlock, network.blocks[layer])
        gated = slice(layer * config.gated_channels, (layer + 1) * config.gated_channels)
        gate = slice(layer * config.gate_channels, (layer + 1) * config.gate_channels)
        project = network.conditioning.project
        taps = block.taps.weight.view(
            config.gate_channels, config.kernel_size, config.residual_channels
        )
        self.conv = QueuedConv(taps.transpose(1, 2), None, block.dilation)
        self.condition = QueuedConv(project.weight[gate].unsqueeze(-1), project.bias[gate])
        self.skip = QueuedConv(
            network.skip.weight[:, gated].unsqueeze(-1), network.skip.bias if layer == 0 else None
        )
        self.residual = None if block.residual is None else _pointwise(block.residual)

    def step(self, x: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        """One sample: x [B, 1, R] and conditioning features [B, 1, C] to (next x [B, 1, R], skip
        [B, 1, S]).
        """
        filtered, gate = self.conv.step(x).chunk(2, dim=-1)
        added_filtered, added_gate = self.condition.step(features).chunk(2, dim=-1)
        filtered, gate = filtered + added_filtered, gate + added_gate
        gated = torch.tanh(filtered) * torch.sigmoid(gate)
        skip = self.skip.step(gated)
        return (x if self.residual is None else self.residual.step(gated) + x), skip


class TorchLoop:
    """Generation of one stream of a softmax network, from silence on.

    Args:
        network: whose weights are copied.
    """

    @torch.no_grad()
    def __init__(self, network: WaveNet) -> None:
        config = network.config
        assert config.output == "softmax"
        embedding = cast(nn.Embedding, network.embedding)
        self.first = QueuedConv(embedding.weight.t().unsqueeze(-1), None)
        self.blocks = [LoopBlock(network, layer) for layer in range(config.num_layers)]
        self.head = (_pointwise(network.head1), _pointwise(network.head2))
        silence = torch.tensor([[network.quantiser.silence]])
        self.previous = functional.one_hot(silence, config.quantisation_levels).float()  # [B, 1, Q]

    def outputs(self, features: Tensor) -> Tensor:
        """The next sample's logits: what the conditioning network projects of its frame, float32
        [B, 1, C], to [B, O].
        """
        x = self.first.step(self.previous)
        skips = torch.zeros(())
        for block in self.blocks:
            x, skip = block.step(x, features)
            skips = skips + skip
        hidden = functional.relu(skips)
        hidden = functional.relu(self.head[0].step(hidden))
        return self.head[1].step(hidden).view(len(x), -1)

    @torch.inference_mode()
    def generate(self, features: Tensor) -> list[int]:
        """Samples as a loop makes them, drawn with torch's own generator: features float32 [B, T,
        C], a row per sample, to T codes.
        """
        drawn = []
        for t in range(features.size(1)):
            probabilities = functional.softmax(self.outputs(features[:, t].unsqueeze(1)), dim=1)
            self.previous = OneHotCategorical(probabilities).sample().unsqueeze(1)  # type: ignore[no-untyped-call]
            drawn.append(self.previous)
        return torch.cat(drawn, dim=1).argmax(-1)[0].tolist() if drawn else []


def _pointwise(layer: nn.Linear) -> QueuedConv:
    return QueuedConv(layer.weight.unsqueeze(-1), layer.bias)
