"""Torch modules made of stored weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from vocoder.stored_weights import StoredWeights

Module = TypeVar("Module", bound=nn.Module)


def module_with(make: Callable[[], Module], weights: StoredWeights) -> Module:
    """A module with copies of stored weights: float32, on the CPU, in evaluation mode, and without
    gradients.

    Args:
        make: makes it, with names and shapes that the weights have too.
        weights: of it.
    """
    # On the meta device modules have shapes and no contents: nothing is initialised for nothing.
    with torch.device("meta"), _Uninitialised():
        module = make()
    tensors = {name: torch.from_numpy(array) for name, array in weights.by_name().items()}
    module.load_state_dict(tensors, assign=True)
    return module.eval().requires_grad_(False)


class _Uninitialised(TorchFunctionMode):
    """Modules begin without random weights. On the meta device they have none anyway, but torch
    imports its compiler to find that out: a second and more.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        return (
            (named["tensor"] if "tensor" in named else args[0])
            if func is nn.init.normal_
            else func(*args, **named)
        )
