"""`import torchaudio`, also beside a torch without CUDA.

The wheels of torchaudio 2.8 to 2.11 carry a compiled part that links to CUDA, so importing them
beside CPU-only torch ends in an OSError, although all that Sonant uses of torchaudio is written in
Python. Here the compiled part is kept from loading when, and only when, it
cannot load: the half-loaded modules are dropped and an empty `torchaudio._extension` takes its
place.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any, NoReturn


def import_torchaudio() -> Any:
    """The module `torchaudio`; its functions that need the compiled part (forced_align, rnnt_loss)
    raise when it is missing.
    """
    try:
        return importlib.import_module("torchaudio")
    except OSError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _extension_that_has_nothing()
        return importlib.import_module("torchaudio")


def _extension_that_has_nothing() -> ModuleType:
    def fail(*args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(
            "this function needs torchaudio's compiled part, which does not load beside this torch"
        )

    def decorate(function: object) -> object:
        return fail

    module: Any = ModuleType("torchaudio._extension")
    module.__path__ = []
    module._IS_TORCHAUDIO_EXT_AVAILABLE = False
    module._IS_ALIGN_AVAILABLE = False
    module.fail_if_no_align = decorate
    module._check_cuda_version = lambda: None
    extension: ModuleType = module
    return extension
