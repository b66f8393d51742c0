"""The acoustic model in C++ (`vocoder/native/layers`): numpy and the compiled module alone.

`vocoder.acoustic.model` says what is computed.

P phonemes, F frames, M mels, C channels, N phonemes or frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from vocoder.acoustic.frames import expand
from vocoder.acoustic.harmonics import harmonic_rows
from vocoder.acoustic.melody import Melody
from vocoder.acoustic.weights import (
    LOG_F0_CENTRE,
    LOG_F0_SCALE,
    LOG_MEL_CENTRE,
    LOG_MEL_SCALE,
    MAX_DURATION_FRAMES,
    AcousticWeights,
    stack_sizes,
)
from vocoder.compiled import NATIVE_TAPS, native_module
from vocoder.config import CATEGORIES, POSITIONS, AcousticConfig
from vocoder.stored_weights import StoredWeights
from vocoder.wavenet.conditions import Conditions

if TYPE_CHECKING:
    from vocoder.text.features import LinguisticFeatures

FloatArray = npt.NDArray[np.float32]


class Acoustic(Protocol):
    """What speaks: `NativeAcousticModel`, or what computes the same elsewhere
    (`vocoder.acoustic.model`, `vocoder.cuda.acoustic_model`).
    """

    def durations(self, features: LinguisticFeatures, speaker: int = 0) -> FloatArray:
        """As `NativeAcousticModel.durations`."""

    def conditions(
        self,
        features: LinguisticFeatures,
        durations: npt.NDArray[np.int64],
        speaker: int = 0,
        melody: Melody | None = None,
    ) -> Conditions:
        """As `NativeAcousticModel.conditions`."""


def runs_natively(config: AcousticConfig) -> bool:
    """Whether `NativeAcousticModel` was compiled here and knows so many taps."""
    return native_module() is not None and config.kernel_size in NATIVE_TAPS


class NativeStack:
    """`vocoder.acoustic.model.Stack`, of one sentence.

    Args:
        weights: of it, copied; convolutions of a number of taps in `NATIVE_TAPS`.
        layers: how many blocks it has.
        isa: the instruction set, "auto" or one of `vocoder.compiled.available_isas()`.
    """

    def __init__(self, weights: StoredWeights, layers: int, isa: str = "auto") -> None:
        native = native_module()
        assert native is not None
        self._stack = native.Stack(
            isa=isa,
            enter=weights["enter.weight"],
            enter_bias=weights["enter.bias"],
            norms=np.stack(
                [*weights.stacked("blocks", layers, "norm.weight"), weights["norm.weight"]]
            ),
            norm_biases=np.stack(
                [*weights.stacked("blocks", layers, "norm.bias"), weights["norm.bias"]]
            ),
            convs=weights.stacked("blocks", layers, "conv.weight"),
            conv_biases=weights.stacked("blocks", layers, "conv.bias"),
            mixes=weights.stacked("blocks", layers, "mix.weight"),
            mix_biases=weights.stacked("blocks", layers, "mix.bias"),
            leave=weights["leave.weight"],
            leave_bias=weights["leave.bias"],
        )

    def __call__(self, x: FloatArray) -> FloatArray:
        """Float32 [N, inputs] to [N, outputs]."""
        made = np.empty((len(x), self._stack.outputs), np.float32)
        self._stack.forward(np.ascontiguousarray(x), made)
        return made


class NativeAcousticModel:
    """Owns weights and no state; threads may share it.

    Args:
        weights: of a model that `runs_natively`; copied.
        isa: as `NativeStack`.
    """

    def __init__(self, weights: AcousticWeights, isa: str = "auto") -> None:
        arrays = weights.arrays
        self.config = weights.config
        self._embeddings = [
            arrays[f"embeddings.{index}.weight"] for index in range(len(CATEGORIES))
        ]
        self._speaker = arrays["speaker.weight"]
        self._encoder, self._duration, self._pitch, self._decoder = (
            NativeStack(arrays.below(name), size.layers, isa)
            for name, size in stack_sizes(weights.config).items()
        )
        self._harmonic_table = (
            arrays["harmonic_table"] if weights.config.harmonic_steps > 0 else None
        )

    def durations(self, features: LinguisticFeatures, speaker: int = 0) -> FloatArray:
        """How long each phoneme lasts at normal speed: float32 [P], in frames, at least 0, before
        rounding.
        """
        predicted = self._duration(self._encode(features, speaker))[:, 0]
        # In float64, and rounded once: float32 exponentials differ between processors.
        with np.errstate(over="ignore"):
            frames = np.expm1(predicted.astype(np.float64))
        return np.clip(frames, 0.0, MAX_DURATION_FRAMES).astype(np.float32)

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
        categories, positions = expand(features.categories, features.positions, durations)
        rows = np.repeat(np.arange(len(durations)), durations)
        inside = positions[:, len(POSITIONS) :]
        frames = np.concatenate([self._encode(features, speaker)[rows], inside], axis=1)
        pitch = self._pitch(frames)
        log_f0 = pitch[:, 0] * np.float32(LOG_F0_SCALE) + np.float32(LOG_F0_CENTRE)
        voicing = (pitch[:, 1] > 0).astype(np.float32)
        if melody is not None:
            log_f0 = melody.apply(log_f0, voicing, features, durations)
        log_mel = self._decoder(
            np.concatenate([frames, *self._melody_inputs(log_f0, voicing)], axis=1)
        )
        return Conditions(
            log_mel=log_mel * np.float32(LOG_MEL_SCALE) + np.float32(LOG_MEL_CENTRE),
            log_f0=log_f0,
            voicing=voicing,
            categories=categories,
            positions=positions,
            speaker=speaker,
        )

    def _encode(self, features: LinguisticFeatures, speaker: int) -> FloatArray:
        """Float32 [P, C], with the speaker in it."""
        embedded = [
            table[features.categories[:, index]] for index, table in enumerate(self._embeddings)
        ]
        inputs = np.concatenate([*embedded, features.positions], axis=1, dtype=np.float32)
        encoded: FloatArray = self._encoder(inputs) + self._speaker[speaker]
        return encoded

    def _melody_inputs(self, log_f0: FloatArray, voicing: FloatArray) -> list[FloatArray]:
        """What the decoder is shown of the pitch: float32 [F, 2], and [F, M] of the harmonics where
        it is shown them.
        """
        height = (log_f0 - np.float32(LOG_F0_CENTRE)) / np.float32(LOG_F0_SCALE) * voicing
        inputs = [np.stack([height, voicing], axis=1)]
        if self._harmonic_table is not None:
            inputs.append(harmonic_rows(self._harmonic_table, log_f0, voicing))
        return inputs
