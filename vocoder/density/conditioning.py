"""What a model is given beside x: nothing, a class, a vector, or a map of numbers (a spectrum).

Conditional PixelCNN (arXiv 1606.05328), section 2.3: a class or a vector is added inside every
layer in the same way everywhere (equation 3), a map is added place by place (equation 4, where the
map is made from a vector).

B batch, C channels that are added, H rows, W columns.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn

from vocoder.errors import ConfigError, InputError


@dataclass(frozen=True, kw_only=True)
class Given:
    """The kind of a condition.

    Attributes:
        kind: "nothing"; "class", int64 [B]; "vector", float [B, size]; "map", float [B, size, H,
            W].
        size: number of classes, length of the vector, channels of the map; 0 for nothing.
    """

    kind: Literal["nothing", "class", "vector", "map"] = "nothing"
    size: int = 0

    def __post_init__(self) -> None:
        if self.kind not in ("nothing", "class", "vector", "map"):
            raise ConfigError(
                f"a condition is nothing, a class, a vector or a map, not {self.kind!r}"
            )
        if (self.size > 0) != (self.kind != "nothing"):
            raise ConfigError(f"a condition of kind {self.kind!r} cannot have size {self.size}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The reverse of `to_dict`."""
        return cls(**data)

    def check(self, given: Tensor | None, batch: int, place: tuple[int, ...]) -> None:
        """Raises InputError where `given` is not of this kind, for `batch` values of x with rows
        and columns `place`.
        """
        if self.kind == "nothing":
            if given is not None:
                raise InputError("this model is unconditional: nothing may be given", field="given")
            return
        shape = {
            "class": (batch,),
            "vector": (batch, self.size),
            "map": (batch, self.size, *place),
        }[self.kind]
        if (
            given is None
            or tuple(given.shape) != shape
            or given.is_floating_point() != (self.kind != "class")
        ):
            found = "nothing" if given is None else f"{given.dtype} {tuple(given.shape)}"
            raise InputError(
                f"this model is given a {self.kind} of shape {shape}, not {found}", field="given"
            )
        if self.kind == "class" and bool(((given < 0) | (given >= self.size)).any()):
            raise InputError(f"classes lie in 0..{self.size - 1}", field="given")


class VectorCondition(nn.Module):
    """A class or a vector to what is added to C hidden units; a map is refused."""

    def __init__(self, given: Given, channels: int) -> None:
        super().__init__()
        if given.kind == "map":
            raise ConfigError(
                "this model has no places that a map could belong to: give it a class or a vector"
            )
        self.channels = channels
        self.layer: nn.Module | None = None
        if given.kind == "class":
            self.layer = nn.Embedding(given.size, channels)
        elif given.kind == "vector":
            self.layer = nn.Linear(given.size, channels, bias=False)

    def forward(self, given: Tensor | None) -> Tensor:
        """Takes `given` to [B, C]; zeros [1, C] where the model is given nothing."""
        if self.layer is None:
            return torch.zeros(1, self.channels)
        assert given is not None
        added: Tensor = self.layer(_as_weights(self.layer, given))
        return added


class MapCondition(nn.Module):
    """A class, a vector or a map to what is added to C channels at every place."""

    def __init__(self, given: Given, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.of_map = given.kind == "map"
        self.layer: nn.Module | None = None
        if given.kind == "class":
            self.layer = nn.Embedding(given.size, channels)
        elif given.kind == "vector":
            self.layer = nn.Linear(given.size, channels, bias=False)
        elif given.kind == "map":
            self.layer = nn.Conv2d(given.size, channels, 1, bias=False)

    def forward(self, given: Tensor | None) -> Tensor | float:
        """Takes `given` to [B, C, H, W] of a map, [B, C, 1, 1] of a class or a vector; 0 where the
        model is given nothing.
        """
        if self.layer is None:
            return 0.0
        assert given is not None
        added: Tensor = self.layer(_as_weights(self.layer, given))
        return added if self.of_map else added[:, :, None, None]


def _as_weights(layer: nn.Module, given: Tensor) -> Tensor:
    """Numbers of the layer's own precision; classes stay integers."""
    return given.to(next(layer.parameters()).dtype) if given.is_floating_point() else given
