"""The acoustic model's weights as arrays: what a voice pack holds. numpy alone.

C channels, M mels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vocoder.config import FRAME_POSITIONS, POSITIONS, AcousticConfig
from vocoder.stored_weights import StoredWeights

EMBEDDING_CHANNELS = (96, 8, 8, 8)  # of phoneme, stress, word position, phrase type
DURATION_LAYERS, PITCH_LAYERS = 2, 3
MAX_DURATION_FRAMES = 400  # of a phoneme: predicted durations are clamped to it
# Centre and spread of the outputs, so that the network works with numbers of order one.
LOG_MEL_CENTRE, LOG_MEL_SCALE = -6.0, 2.5
LOG_F0_CENTRE, LOG_F0_SCALE = math.log(180.0), 0.25


@dataclass(frozen=True, kw_only=True)
class StackSize:
    """Of a stack of convolutions (`vocoder.acoustic.model.Stack`)."""

    inputs: int
    channels: int
    outputs: int
    layers: int
    kernel_size: int

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The name and shape of every weight."""
        wide = (self.channels,)
        found: dict[str, tuple[int, ...]] = {
            "enter.weight": (self.channels, self.inputs),
            "enter.bias": wide,
        }
        for index in range(self.layers):
            found |= {
                f"blocks.{index}.norm.weight": wide,
                f"blocks.{index}.norm.bias": wide,
                f"blocks.{index}.conv.weight": (self.channels, self.channels, self.kernel_size),
                f"blocks.{index}.conv.bias": wide,
                f"blocks.{index}.mix.weight": (self.channels, self.channels),
                f"blocks.{index}.mix.bias": wide,
            }
        return found | {
            "norm.weight": wide,
            "norm.bias": wide,
            "leave.weight": (self.outputs, self.channels),
            "leave.bias": (self.outputs,),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class AcousticWeights:
    """Owns weights and nothing else; `vocoder.acoustic.model.AcousticModel.of` makes the torch
    module.

    Attributes:
        config: of the model.
        arrays: by the module's names, of the shapes that `shapes_of` gives.
    """

    config: AcousticConfig
    arrays: StoredWeights


def stack_sizes(config: AcousticConfig) -> dict[str, StackSize]:
    """The four stacks of a model: "encoder" over phonemes, "duration" over what it gives, "pitch"
    and "decoder" over frames.
    """
    channels, predictors = config.channels, config.predictor_channels
    in_phoneme = len(FRAME_POSITIONS) - len(POSITIONS)
    melody = 2 + (config.n_mels if config.harmonic_steps > 0 else 0)

    def size(inputs: int, width: int, outputs: int, layers: int) -> StackSize:
        return StackSize(
            inputs=inputs,
            channels=width,
            outputs=outputs,
            layers=layers,
            kernel_size=config.kernel_size,
        )

    return {
        "encoder": size(
            sum(EMBEDDING_CHANNELS) + len(POSITIONS), channels, channels, config.encoder_layers
        ),
        "duration": size(channels, predictors, 1, DURATION_LAYERS),
        "pitch": size(channels + in_phoneme, predictors, 2, PITCH_LAYERS),
        "decoder": size(
            channels + in_phoneme + melody,
            config.decoder_channels,
            config.n_mels,
            config.decoder_layers,
        ),
    }


def shapes_of(config: AcousticConfig) -> dict[str, tuple[int, ...]]:
    """The name and shape of every weight."""
    shapes: dict[str, tuple[int, ...]] = {}
    sizes = config.linguistic.category_sizes
    for index, (size, width) in enumerate(zip(sizes, EMBEDDING_CHANNELS, strict=True)):
        shapes[f"embeddings.{index}.weight"] = (size, width)
    shapes["speaker.weight"] = (config.num_speakers, config.channels)
    for name, stack in stack_sizes(config).items():
        shapes |= {f"{name}.{weight}": shape for weight, shape in stack.shapes().items()}
    if config.harmonic_steps > 0:
        shapes["harmonic_table"] = (config.harmonic_steps, config.n_mels)
    return shapes
