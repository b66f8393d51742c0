"""Triton as it is where there is a GPU, up to the GPU: what a launch is given is compiled, and
noted where it would have been started.

For a process of its own (`told_by`), in which Triton does not interpret. Its driver says that there
is a GPU, takes machine code, and computes nothing:
tensors are the processor's, which Triton does not mind, and what kernels should have written is
left as it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
from triton import knobs
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver

from vocoder.cuda import device as card

MULTIPROCESSORS = 132
MOST_SHARED_KIB = {80: 163, 90: 227}  # that one program may have, by compute capability


@dataclass(frozen=True, kw_only=True)
class Launch:
    """A kernel that would have been started."""

    kernel: str
    grid: tuple[int, int]
    cooperative: bool


@dataclass(frozen=True, kw_only=True)
class Compilation:
    """A kernel that Triton compiled, or found among those that it has compiled before this process
    began.
    """

    kernel: str


class WithoutGpu:
    """What happened: launches and compilations in their order, and whatever else is put between
    them.
    """

    def __init__(self) -> None:
        self.told: list[object] = []

    def compiles(self, *, fn: Any, **_: object) -> None:
        """Triton's hook."""
        self.told.append(Compilation(kernel=fn.name.rpartition(".")[2]))

    def launcher(self, source: object, metadata: Any) -> Any:
        """Instead of Triton's, which is built for the library of a GPU."""
        del source

        def launch(across: int, down: int, deep: int, *arguments: object) -> None:
            del arguments
            assert deep == 1
            self.told.append(
                Launch(
                    kernel=metadata.name,
                    grid=(across, down),
                    cooperative=metadata.launch_cooperative_grid,
                )
            )

        return launch


@contextmanager
def without_gpu(capability: int = 90, shared_kib: int | None = None) -> Iterator[WithoutGpu]:
    """A GPU of a compute capability (80 for 8.0), with so much memory for a program, or as much as
    those have; code that takes "cpu" takes it for the GPU.
    """
    assert "TRITON_INTERPRET" not in os.environ
    noted = WithoutGpu()
    properties = {"max_shared_mem": (shared_kib or MOST_SHARED_KIB[capability]) * 1024}
    active = SimpleNamespace(
        get_current_target=lambda: GPUTarget("cuda", capability, 32),
        get_current_device=lambda: 0,
        get_current_stream=lambda device: device,
        launcher_cls=noted.launcher,
        utils=SimpleNamespace(
            get_device_properties=lambda _: properties,
            load_binary=lambda name, code, shared, device: (name, code, 255, 0, 1024),
        ),
    )
    driver.set_active(active)  # for good: there is no other to go back to
    with (
        mock.patch.object(knobs.runtime, "jit_cache_hook", noted.compiles),
        mock.patch.object(card, "INTERPRETED", True),
        mock.patch.object(
            torch.cuda,
            "get_device_properties",
            lambda device: SimpleNamespace(multi_processor_count=MULTIPROCESSORS, name=device),
        ),
    ):
        yield noted


def told_by(module: str, *words: object) -> Any:
    """What a module prints, which is JSON, run as a program where Triton does not interpret."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    command = [sys.executable, "-m", module, *map(str, words)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout)


def compiled(kernel: Any) -> list[Any]:
    """All that Triton made of a kernel in this process."""
    made, *_ = kernel.device_caches[0]
    return list(made.values())
