"""What holds for every test."""

from __future__ import annotations

import importlib.util
import os
import sys

# `make sanitize` and `make bf16` have the tests use a native engine of their own, in place of the one that is installed.
if "SONANT_NATIVE" in os.environ:
    NAME = "vocoder._native"
    SPEC = importlib.util.spec_from_file_location(NAME, os.environ["SONANT_NATIVE"])
    assert SPEC is not None
    assert SPEC.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(sys.modules[NAME])
    # Without it nothing of what was asked for would be tested, and nobody would notice.
    if os.environ.get("SONANT_ISA", "portable") not in sys.modules[NAME].available_isas():
        raise RuntimeError(f"this processor does not run {os.environ['SONANT_ISA']}: it runs {', '.join(sys.modules[NAME].available_isas())}")
