"""What holds for every test."""

from __future__ import annotations

import importlib.util
import os
import sys

# `make sanitize` has the tests use a native engine that was built with sanitizers, in place of the one that is installed.
if "SONANT_NATIVE" in os.environ:
    NAME = "vocoder.engine._native"
    SPEC = importlib.util.spec_from_file_location(NAME, os.environ["SONANT_NATIVE"])
    assert SPEC is not None
    assert SPEC.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(sys.modules[NAME])
