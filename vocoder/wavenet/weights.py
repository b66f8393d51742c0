"""The WaveNet's weights as arrays, which voice packs hold and engines are made of. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vocoder.audio.quantise import Quantiser
from vocoder.config import FRAME_POSITIONS, WaveNetConfig
from vocoder.stored_weights import StateDict, StoredWeights

EMBEDDING_CHANNELS = (32, 4, 4, 4)  # of phoneme, stress, word position, phrase type


class NetworkModule(StateDict, Protocol):
    """The torch module (`vocoder.wavenet.network.WaveNet`)."""

    config: WaveNetConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class WaveNetWeights:
    """Owns weights and nothing else; `vocoder.wavenet.network.WaveNet.of` makes the torch module.

    Attributes:
        config: of the network.
        arrays: by the module's names, of the shapes that `shapes_of` gives.
    """

    config: WaveNetConfig
    arrays: StoredWeights

    @classmethod
    def of(cls, network: NetworkModule | WaveNetWeights) -> WaveNetWeights:
        """Copies of the weights of a torch module; weights as they are."""
        if isinstance(network, WaveNetWeights):
            return network
        return cls(config=network.config, arrays=StoredWeights.of_module(network))

    @property
    def quantiser(self) -> Quantiser:
        """How samples become the codes that this network models."""
        return quantiser_of(self.config)


def quantiser_of(config: WaveNetConfig) -> Quantiser:
    """How samples become the codes that a network models."""
    kind = "mulaw" if config.output == "softmax" else "linear"
    return Quantiser(kind=kind, levels=config.quantisation_levels)  # type: ignore[arg-type]


def shapes_of(config: WaveNetConfig) -> dict[str, tuple[int, ...]]:
    """The name and shape of every weight."""
    residual, gate, gated = config.residual_channels, config.gate_channels, config.gated_channels
    cond, last = config.cond_channels, config.num_layers - 1
    shapes: dict[str, tuple[int, ...]] = {}

    def linear(name: str, outputs: int, *inputs: int, bias: bool = True) -> None:
        shapes[f"{name}.weight"] = (outputs, *inputs)
        if bias:
            shapes[f"{name}.bias"] = (outputs,)

    sizes = config.linguistic.category_sizes
    for index, (size, width) in enumerate(zip(sizes, EMBEDDING_CHANNELS, strict=True)):
        linear(f"conditioning.embeddings.{index}", size, width, bias=False)
    inputs = config.n_mels + 2 + sum(EMBEDDING_CHANNELS) + len(FRAME_POSITIONS)
    linear("conditioning.context", cond, inputs, 2 * config.cond_context + 1)
    linear("conditioning.mix", cond, cond, 1)
    linear("conditioning.speaker", config.num_speakers, config.speaker_channels, bias=False)
    linear("conditioning.project", config.num_layers * gate, cond + config.speaker_channels)
    for name in ("embedding", *(f"predicted.{index}" for index in range(config.num_predictions))):
        if config.output == "softmax":
            linear(name, config.quantisation_levels, residual, bias=False)
        else:
            linear(name, residual, 1)
    for layer in range(config.num_layers):
        linear(f"blocks.{layer}.taps", gate, config.kernel_size * residual, bias=False)
        if layer < last:
            linear(f"blocks.{layer}.residual", residual, gated)
    linear("skip", config.skip_channels, config.num_layers * gated)
    linear("head1", config.head_channels, config.skip_channels)
    linear("head2", config.output_channels, config.head_channels)
    return shapes
