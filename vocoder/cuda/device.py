"""Which device kernels run on, and who may start one."""

from __future__ import annotations

import os
import threading

import torch

from vocoder.errors import EngineError

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
# Held while a kernel is started: Triton's interpreter keeps what it is at in one place for all
# threads, and what two threads need first is compiled once.
LAUNCH_LOCK = threading.Lock()


def device_for(name: str | torch.device) -> torch.device:
    """A CUDA device; "cpu" where Triton interprets (`TRITON_INTERPRET=1`), which is for tests: it
    is slow.

    Raises:
        EngineError: one that Triton has no code for here.
    """
    device = torch.device(name)
    if (device.type == "cuda") == INTERPRETED:
        raise EngineError(
            f"rows are not computed on {str(name)!r}"
            + (" where Triton interprets" if INTERPRETED else "")
        )
    return device
