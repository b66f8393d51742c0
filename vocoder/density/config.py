"""A member of the family as plain data: what kind it is, how large, over what."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self, cast, get_args

import torch

from vocoder.density.autoencoder import PixelCnnAutoencoder
from vocoder.density.conditioning import Given
from vocoder.density.diagonal_bilstm import DiagonalBiLstm
from vocoder.density.distributions import Bernoulli, Categorical, Conditional, Gaussian, Mixture
from vocoder.density.fvsbn import Fvsbn
from vocoder.density.gated_pixel_cnn import GatedPixelCnn
from vocoder.density.made import AutoregressiveAutoencoder, Made
from vocoder.density.model import AutoregressiveModel
from vocoder.density.nade import Nade, Rnade
from vocoder.density.pixel_cnn import PixelCnn
from vocoder.density.row_lstm import RowLstm
from vocoder.errors import ConfigError

OutputKind = Literal["bernoulli", "softmax", "normal", "gaussian", "laplacian", "logistic"]
ModelKind = Literal[
    "fvsbn", "nade", "rnade", "autoencoder", "made", "pixelcnn", "row-lstm", "diagonal-bilstm",
    "gated-pixelcnn", "pixelcnn-autoencoder"
]  # fmt: skip
MODELS: tuple[ModelKind, ...] = get_args(ModelKind)
IMAGE_MODELS: tuple[ModelKind, ...] = (
    "pixelcnn",
    "row-lstm",
    "diagonal-bilstm",
    "gated-pixelcnn",
    "pixelcnn-autoencoder",
)


@dataclass(frozen=True, kw_only=True)
class DensityConfig:
    """All that a model's weights depend on.

    Attributes:
        model: which member.
        shape: of one x: (D,), or (channels, rows, columns) for models of images.
        output: of each dimension: "bernoulli", "softmax", "normal" (one Gaussian), or a mixture of
            "gaussian", "laplacian" or "logistic".
        levels: Q; None for real numbers.
        components: K of a mixture.
        given: what the model is conditioned on.
        hidden: units of each hidden layer of NADE (one layer), MADE and the autoencoder.
        orderings: K of MADE.
        same_order: of MADE: whether its masks differ in their connections alone.
        features: of the models of images.
        layers: of the models of images; residual blocks of PixelCNN.
        codes: bottleneck of the PixelCNN autoencoder.
        whole_context: of the Diagonal BiLSTM.
    """

    model: ModelKind
    shape: tuple[int, ...]
    output: OutputKind = "bernoulli"
    levels: int | None = 2
    components: int = 10
    given: Given = field(default_factory=Given)
    hidden: tuple[int, ...] = (500,)
    orderings: int = 1
    same_order: bool = False
    features: int = 32
    layers: int = 8
    codes: int = 10
    whole_context: bool = False

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ConfigError(f"model must be one of {', '.join(MODELS)}, not {self.model!r}")
        if self.output not in get_args(OutputKind):
            raise ConfigError(
                f"output must be one of {', '.join(get_args(OutputKind))}, not {self.output!r}"
            )
        if self.output == "bernoulli" and self.levels != 2:
            raise ConfigError("a Bernoulli distribution has two levels")
        if self.output == "softmax" and self.levels is None:
            raise ConfigError("a softmax needs levels: real numbers have none")
        if (self.model in IMAGE_MODELS) != (len(self.shape) == 3):
            raise ConfigError(f"{self.model} cannot be a model of x of shape {self.shape}")
        if self.model in ("nade", "rnade") and len(self.hidden) != 1:
            raise ConfigError("NADE and RNADE have one hidden layer")
        if self.model == "rnade" and self.output not in ("gaussian", "laplacian", "logistic"):
            raise ConfigError("RNADE has a mixture of gaussian, laplacian or logistic components")
        if self.model == "pixelcnn-autoencoder" and self.given != Given(
            kind="vector", size=self.codes
        ):
            raise ConfigError(
                "the decoder of a PixelCNN autoencoder is given a vector of the size of its codes"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The reverse of `to_dict`."""
        return cls(
            **{
                **data,
                "shape": tuple(data["shape"]),
                "hidden": tuple(data["hidden"]),
                "given": Given.from_dict(data["given"]),
            }
        )

    def distribution(self) -> Conditional:
        """Of each dimension."""
        if self.output == "bernoulli":
            return Bernoulli()
        if self.output == "softmax":
            return Categorical(cast(int, self.levels))
        if self.output == "normal":
            return Gaussian(levels=self.levels)
        return Mixture(self.output, self.components, levels=self.levels)

    def build(self) -> AutoregressiveModel:
        """The model, with the weights that training begins with."""
        return _BUILD[self.model](self)


def _shape(config: DensityConfig) -> tuple[int, int, int]:
    channels, rows, columns = config.shape
    return channels, rows, columns


def _full(dimensions: int) -> torch.Tensor:
    return torch.ones(dimensions, dimensions, dtype=torch.bool).tril(-1)


def _gated(config: DensityConfig) -> GatedPixelCnn:
    return GatedPixelCnn(
        _shape(config),
        features=config.features,
        layers=config.layers,
        distribution=config.distribution(),
        given=config.given,
    )


_BUILD: dict[ModelKind, Callable[[DensityConfig], AutoregressiveModel]] = {
    "fvsbn": lambda config: Fvsbn(config.shape[0], distribution=config.distribution(),
    given=config.given),
    "nade": lambda config: Nade(config.shape[0], config.hidden[0],
    distribution=config.distribution(), given=config.given),
    "rnade": lambda config: Rnade(config.shape[0], config.hidden[0], distribution=cast(Mixture,
    config.distribution()), given=config.given),
    "autoencoder": lambda config: AutoregressiveAutoencoder(
        _full(config.shape[0]), config.hidden, distribution=config.distribution(),
        given=config.given
    ),
    "made": lambda config: Made(
        config.shape[0], config.hidden, orderings=config.orderings, same_order=config.same_order,
        distribution=config.distribution(), given=config.given
    ),
    "pixelcnn": lambda config: PixelCnn(
        _shape(config), features=config.features, blocks=config.layers,
        distribution=config.distribution(), given=config.given
    ),
    "row-lstm": lambda config: RowLstm(
        _shape(config), features=config.features, layers=config.layers,
        distribution=config.distribution(), given=config.given
    ),
    "diagonal-bilstm": lambda config: DiagonalBiLstm(
        _shape(config), features=config.features, layers=config.layers,
        whole_context=config.whole_context,
        distribution=config.distribution(), given=config.given,
    ),
    "gated-pixelcnn": _gated,
    "pixelcnn-autoencoder": lambda config: PixelCnnAutoencoder(_gated(config)),
}  # fmt: skip
