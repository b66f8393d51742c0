"""The kernels as cards get them, for the committed voice: Triton compiles for cards that are not here, as far as the machine code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rows.no_card import MOST_SHARED_KIB
from vocoder.rows.layers import SLICE

VOICE = Path(__file__).parents[2] / "voices" / "kathleen"


@pytest.mark.slow
@pytest.mark.parametrize("capability", MOST_SHARED_KIB)
def test_they_compile_fit_and_fuse_products_only(capability: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    words = [sys.executable, "-m", "tests.rows.as_compiled", str(capability), str(VOICE)]
    result = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr[-2000:]
    kernels = json.loads(result.stdout)
    assert {kernel["kernel"] for kernel in kernels} == {"convolve", "normalise"}
    assert len(kernels) > 10
    for kernel in kernels:
        assert kernel["shared_bytes"] <= MOST_SHARED_KIB[capability] * 1024
        assert kernel["spilled"] == 0
        assert kernel["left_to_choose"] == 0, "what is a product and what a sum would be for the last compiler to say"
        # A product's sum is one chain over the inputs of a slice: then it is the same in whichever row of a tile, and no other row is in it.
        assert kernel["fused"] == ([] if kernel["kernel"] == "normalise" else [SLICE])
