"""What was compiled when Sonant was installed: `vocoder._native`, of the C++ in `vocoder/native`.
Where it was not, torch and numpy do the same more slowly.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import lru_cache
from types import ModuleType

NAME = "vocoder._native"
NATIVE_TAPS = (3, 5, 7)  # of the convolutions that it has (`vocoder/native/layers/winograd.h`)


def is_compiled() -> bool:
    """Whether it is there."""
    return importlib.util.find_spec(NAME) is not None


@lru_cache(maxsize=1)
def native_module() -> ModuleType | None:
    """The module; None where it was not built. Raises ImportError where it was and cannot be
    loaded.
    """
    return importlib.import_module(NAME) if is_compiled() else None


def available_isas() -> tuple[str, ...]:
    """Instruction sets that were compiled and that this processor runs, fastest first: of
    "avx512bf16", "avx512vnni", "avx512", "avx2" and "portable".

    In tests also "avx512bf16emulated" (`make bf16`). None where nothing was compiled.
    """
    native = native_module()
    return () if native is None else tuple(native.available_isas())
