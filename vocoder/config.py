"""Every number that shapes a voice, configured once, here.

Frozen, keyword-only dataclasses; `__post_init__` refuses nonsense with a `ConfigError`; what
follows from other numbers is a property. `to_dict` and `from_dict` carry them through `voice.json`
and training checkpoints; an unknown or missing key is an error that names it.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from vocoder.errors import ConfigError

_MOST_CHANNELS = 8_192
_MOST_SPEAKERS = 65_536
_MOST_CATEGORIES = 65_536
_MOST_LAYERS_PER_CYCLE = 20

OutputKind = Literal["softmax", "logistic_mixture", "gaussian"]

# Categorical features of a phoneme, in the order of the columns of `categories`. In each, 0 means
# "absent".
CATEGORIES = ("phoneme", "stress", "word_position", "phrase_type")
# Continuous features of a phoneme, each in 0..1, in the order of the columns of `positions`.
POSITIONS = ("phoneme_in_word", "word_in_phrase", "phrase_in_sentence", "word_length")
# A frame has the features of its phoneme, and where in that phoneme it lies.
FRAME_POSITIONS = (*POSITIONS, "frame_in_phoneme", "phoneme_length")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


def _require_within(config: Config, limits: Mapping[str, tuple[float, float]]) -> None:
    """Each of these numbers within its limits, far beyond what is of use: what a pack from a
    stranger says is checked before memory is taken for it.
    """
    for name, (least, most) in limits.items():
        value = getattr(config, name)
        _require(least <= value <= most, f"{name} must lie in {least:g}..{most:g}, not {value}")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What all configurations share: a lossless way to and from plain dictionaries."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            ConfigError: a key is unknown or missing, or a value contradicts another.
        """
        hints = typing.get_type_hints(cls)
        known = {field.name: field for field in dataclasses.fields(cls)}
        unknown = sorted(set(data) - set(known))
        _require(not unknown, f"{cls.__name__}: unknown keys {unknown}")
        missing = sorted(set(known) - set(data))
        _require(not missing, f"{cls.__name__}: missing keys {missing}")
        values: dict[str, Any] = {}
        for name, value in data.items():
            hint = hints[name]
            if isinstance(hint, type) and issubclass(hint, Config):
                values[name] = hint.from_dict(value)
            else:
                values[name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class AudioConfig(Config):
    """How sound becomes frames, and samples become codes."""

    sample_rate: int = 16_000  # Hz
    hop_length: int = 160  # samples from one frame to the next
    win_length: int = 640  # samples under the Hann window
    n_fft: int = 1024  # points of the Fourier transform
    n_mels: int = 80  # mel bands
    f_min: float = 40.0  # Hz, lower edge of the lowest band
    f_max: float = 8_000.0  # Hz, upper edge of the highest band
    f0_min: float = 75.0  # Hz, lowest fundamental frequency looked for
    f0_max: float = 450.0  # Hz, highest
    pre_emphasis: float = 0.85  # coefficient a of y[t] = x[t] - a x[t-1]; 0 for none

    def __post_init__(self) -> None:
        _require_within(
            self,
            {
                "sample_rate": (4_000, 192_000),
                "n_fft": (2, 65_536),
                "n_mels": (1, 1_024),
                "f_max": (0, 96_000),
                "f0_max": (0, 96_000),
            },
        )
        _require(0 < self.hop_length <= self.win_length, "hop_length must lie in 1..win_length")
        _require(self.win_length <= self.n_fft, "win_length must not exceed n_fft")
        _require(
            0 <= self.f_min < self.f_max <= self.sample_rate / 2,
            "0 <= f_min < f_max <= sample_rate / 2 must hold",
        )
        _require(0 < self.f0_min < self.f0_max, "0 < f0_min < f0_max must hold")
        _require(
            0 <= self.pre_emphasis < 1, f"pre_emphasis must lie in 0..1, not {self.pre_emphasis}"
        )


@dataclass(frozen=True, kw_only=True)
class LinguisticConfig(Config):
    """How many values each categorical feature has, 0 ("absent") included; columns as in
    `CATEGORIES`.
    """

    category_sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        _require(
            len(self.category_sizes) == len(CATEGORIES),
            f"category_sizes needs one number for each of {CATEGORIES}",
        )
        _require(
            all(1 < size <= _MOST_CATEGORIES for size in self.category_sizes),
            f"every category needs 2..{_MOST_CATEGORIES} values, 'absent' among them",
        )


@dataclass(frozen=True, kw_only=True)
class WaveNetConfig(Config):
    """The network of van den Oord et al. 2016 (arXiv 1609.03499) in the variant of Deep Voice
    (arXiv 1702.07825).

    Defaults are the reference size of benchmarks and tests; what a voice is trained with is in its
    recipe (`training/recipes`).
    """

    num_layers: int = 16  # L, residual blocks
    num_cycles: int = 2  # dilations 1, 2, 4 ... start again this many times
    kernel_size: int = 2  # taps of each dilated convolution
    residual_channels: int = 64  # R
    gate_channels: int = 128  # G, half of them under tanh, half under the sigmoid
    skip_channels: int = 128  # S
    head_channels: int = 128  # A, between the two products after the skips
    cond_channels: int = 96  # C, of the conditioning network
    cond_context: int = 2  # frames that the conditioning sees to each side
    speaker_channels: int = 16  # of a speaker's embedding
    num_speakers: int = 1
    # P, coefficients of the linear prediction that the network is shown; 0: it is shown none
    prediction_order: int = 16
    prediction_smoothing_hz: float = (
        40.0  # over how much of the spectrum that prediction smooths it
    )
    # samples; farthest back of the sample that the network is shown from about one period ago; 0:
    # it is shown none
    max_lag: int = 256
    quantisation_levels: int = (
        256  # Q, mu-law codes of the softmax; linear levels of the other outputs
    )
    output: OutputKind = "softmax"
    num_mixtures: int = 10  # K, of the logistic mixture
    n_mels: int = 80  # must equal the audio settings'
    hop_length: int = 160  # must equal the audio settings'
    linguistic: LinguisticConfig

    def __post_init__(self) -> None:
        channels = (1, _MOST_CHANNELS)
        _require_within(
            self,
            {
                "num_layers": (1, 256),
                "num_cycles": (1, 256),
                "kernel_size": (2, 64),
                "residual_channels": channels,
                "gate_channels": channels,
                "skip_channels": channels,
                "head_channels": channels,
                "cond_channels": channels,
                "cond_context": (0, 256),
                "speaker_channels": channels,
                "num_speakers": (1, _MOST_SPEAKERS),
                "prediction_order": (0, 4_096),
                "prediction_smoothing_hz": (0, 10_000),
                "max_lag": (0, 65_536),
                "quantisation_levels": (2, 65_536),
                "num_mixtures": (1, 1_024),
                "n_mels": (1, 1_024),
                "hop_length": (1, 65_536),
            },
        )
        _require(
            self.num_layers % self.num_cycles == 0, "num_layers must be a multiple of num_cycles"
        )
        _require(
            self.num_layers // self.num_cycles <= _MOST_LAYERS_PER_CYCLE,
            f"a cycle has at most {_MOST_LAYERS_PER_CYCLE} layers: dilations double in it",
        )
        _require(
            self.gate_channels % 2 == 0, "gate_channels must be even: half is tanh, half sigmoid"
        )
        _require(
            self.output in typing.get_args(OutputKind),
            f"output must be one of {typing.get_args(OutputKind)}, not {self.output!r}",
        )

    @property
    def dilations(self) -> tuple[int, ...]:
        """Distance in samples between the taps of each block, first block first."""
        per_cycle = self.num_layers // self.num_cycles
        return tuple(2 ** (layer % per_cycle) for layer in range(self.num_layers))

    @property
    def receptive_field(self) -> int:
        """How many samples before t the distribution of sample t depends on."""
        return self.history_length + (self.kernel_size - 1) * sum(self.dilations)

    @property
    def num_predictions(self) -> int:
        """H, predicted codes that the network is shown beside the previous one."""
        return (self.prediction_order > 0) + (self.max_lag > 0)

    @property
    def history_length(self) -> int:
        """How many codes before t the input of the first block at t is computed from."""
        return max(1, self.prediction_order, self.max_lag)

    @property
    def gated_channels(self) -> int:
        """Channels that leave a gate: G / 2."""
        return self.gate_channels // 2

    @property
    def output_channels(self) -> int:
        """Numbers that parametrise one sample's distribution."""
        return {
            "softmax": self.quantisation_levels,
            "logistic_mixture": 3 * self.num_mixtures,
            "gaussian": 2,
        }[self.output]


@dataclass(frozen=True, kw_only=True)
class AcousticConfig(Config):
    """The acoustic model: phonemes to durations, log-F0, voicing and log-mel. Defaults as in
    `WaveNetConfig`.
    """

    channels: int = 160  # of the encoder
    encoder_layers: int = 3
    decoder_channels: int = 192
    decoder_layers: int = 6
    harmonic_steps: int = (
        256  # rows of the table of harmonic spectra that the decoder is shown; 0: it is shown none
    )
    kernel_size: int = 5  # frames or phonemes under one convolution
    predictor_channels: int = 128  # of the duration and pitch predictors
    dropout: float = 0.1  # in training only
    num_speakers: int = 1
    n_mels: int = 80  # must equal the audio settings'
    linguistic: LinguisticConfig

    def __post_init__(self) -> None:
        _require(self.kernel_size % 2 == 1, "kernel_size must be odd")
        _require(0 <= self.dropout < 1, "dropout must lie in 0..1")
        _require(
            self.harmonic_steps == 0 or self.harmonic_steps >= 2,
            "harmonic_steps must be 0 or at least 2",
        )
        channels = (1, _MOST_CHANNELS)
        _require_within(
            self,
            {
                "channels": channels,
                "encoder_layers": (1, 256),
                "decoder_channels": channels,
                "decoder_layers": (1, 256),
                "harmonic_steps": (0, 65_536),
                "kernel_size": (1, 255),
                "predictor_channels": channels,
                "num_speakers": (1, _MOST_SPEAKERS),
                "n_mels": (1, 1_024),
            },
        )
