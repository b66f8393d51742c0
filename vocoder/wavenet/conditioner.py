"""Conditions to what is added inside the gates: the interface, and what computes it in C++
(`vocoder/native/layers`). numpy and the compiled module alone.

`vocoder.wavenet.conditioning` says what is computed; `vocoder.wavenet.torch_conditioner` does it in
torch.

F frames, M mels, L layers, G gate, I inputs.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vocoder.compiled import NATIVE_TAPS, native_module
from vocoder.config import CATEGORIES, FRAME_POSITIONS, WaveNetConfig
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.weights import WaveNetWeights

FloatArray = npt.NDArray[np.float32]
# Rough centre and spread of the inputs, so that the first layer sees numbers of order one.
LOG_MEL_CENTRE, LOG_MEL_SCALE = -6.0, 3.0
LOG_F0_CENTRE, LOG_F0_SCALE = math.log(180.0), 0.3


class Conditioner(Protocol):
    """Owns weights and no state; threads may share it."""

    def condition(self, conditions: Conditions) -> FloatArray:
        """All that is added inside the gates: float32 [F, L, G]. Linguistic features that are not
        known are given as absent.
        """


def runs_natively(config: WaveNetConfig) -> bool:
    """Whether `NativeConditioner` was compiled here and knows so many taps."""
    return native_module() is not None and 2 * config.cond_context + 1 in NATIVE_TAPS


class NativeConditioner:
    """In C++.

    Args:
        weights: of a network for which it `runs_natively`; copied.
        isa: the instruction set, "auto" or one of `vocoder.compiled.available_isas()`.
    """

    def __init__(self, weights: WaveNetWeights, isa: str = "auto") -> None:
        native = native_module()
        assert native is not None
        self._config = weights.config
        arrays = weights.arrays.below("conditioning")
        self._embeddings = [
            arrays[f"embeddings.{index}.weight"] for index in range(len(CATEGORIES))
        ]
        self._speaker = arrays["speaker.weight"]
        self._context = native.Conv(
            isa=isa,
            activation="relu",
            weight=arrays["context.weight"],
            bias=arrays["context.bias"],
        )
        self._mix = native.Linear(
            isa=isa,
            activation="relu",
            weight=np.ascontiguousarray(arrays["mix.weight"][:, :, 0]),
            bias=arrays["mix.bias"],
        )
        self._project = native.Linear(
            isa=isa,
            activation="none",
            weight=arrays["project.weight"],
            bias=arrays["project.bias"],
        )

    def condition(self, conditions: Conditions) -> FloatArray:
        """As `Conditioner`."""
        config, frames = self._config, conditions.num_frames
        channels = config.cond_channels
        near, mixed = (np.empty((frames, channels), np.float32) for _ in range(2))
        hidden = np.empty((frames, channels + config.speaker_channels), np.float32)
        projected = np.empty((frames, config.num_layers * config.gate_channels), np.float32)
        self._context.forward(self._inputs(conditions), near)
        self._mix.forward(near, mixed)
        hidden[:, :channels] = mixed
        hidden[:, channels:] = self._speaker[conditions.speaker]
        self._project.forward(hidden, projected)
        return projected.reshape(frames, config.num_layers, config.gate_channels)

    def _inputs(self, conditions: Conditions) -> FloatArray:
        """Float32 [F, I], of order one."""
        categories, positions = linguistic_features(conditions)
        log_f0 = (conditions.log_f0 - np.float32(LOG_F0_CENTRE)) / np.float32(LOG_F0_SCALE)
        return np.concatenate(
            [
                (conditions.log_mel - np.float32(LOG_MEL_CENTRE)) / np.float32(LOG_MEL_SCALE),
                log_f0[:, np.newaxis],
                conditions.voicing[:, np.newaxis],
                *(table[categories[:, index]] for index, table in enumerate(self._embeddings)),
                positions,
            ],
            axis=1,
            dtype=np.float32,
        )


def linguistic_features(
    conditions: Conditions,
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Categories int64 [F, 4] and positions float32 [F, 6]; all 0 where they are not known."""
    frames = conditions.num_frames
    if conditions.categories is None or conditions.positions is None:
        return (
            np.zeros((frames, len(CATEGORIES)), np.int64),
            np.zeros((frames, len(FRAME_POSITIONS)), np.float32),
        )
    return conditions.categories, conditions.positions
