"""What holds for every test."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

# These run anywhere, interpreted; where there is a card they run on it.
ON_GPU = ("cuda",)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    import torch  # late: not every test needs it

    if torch.cuda.is_available():
        places = tuple(Path(__file__).parent / place for place in ON_GPU)
        for item in items:
            if any(item.path.is_relative_to(place) for place in places):
                item.add_marker("gpu")


def pytest_collection_finish(session: pytest.Session) -> None:
    import torch

    if not torch.cuda.is_available() and any(
        item.get_closest_marker("gpu") for item in session.items
    ):
        # skipped, they would look as if they had passed
        raise pytest.UsageError("torch sees no GPU here, and tests that need one were asked for")


# `make sanitize` and `make bf16` have the tests use a native engine of their own, in place of the
# one that is installed.
if "SONANT_NATIVE" in os.environ:
    NAME = "vocoder._native"
    SPEC = importlib.util.spec_from_file_location(NAME, os.environ["SONANT_NATIVE"])
    assert SPEC is not None
    assert SPEC.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(sys.modules[NAME])
    # Without it nothing of what was asked for would be tested, and nobody would notice.
    if os.environ.get("SONANT_ISA", "portable") not in sys.modules[NAME].available_isas():
        raise RuntimeError(
            f"this processor does not run {os.environ['SONANT_ISA']}: it runs "
            f"{', '.join(sys.modules[NAME].available_isas())}"
        )
