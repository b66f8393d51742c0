"""The kernels as GPUs get them, for the committed voice: Triton compiles for GPUs that are not
here, as far as the machine code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cuda.layers.without_gpu import MOST_SHARED_KIB, told_by
from vocoder.cuda.layers import SLICE

VOICE = Path(__file__).parents[3] / "voices" / "kathleen"


@pytest.mark.slow
@pytest.mark.parametrize("capability", MOST_SHARED_KIB)
def test_they_compile_fit_and_fuse_products_only(capability: int) -> None:
    kernels = told_by("tests.cuda.layers.as_compiled", capability, VOICE)
    assert {kernel["kernel"] for kernel in kernels} == {"convolve", "normalise"}
    assert len(kernels) > 10
    for kernel in kernels:
        assert kernel["shared_bytes"] <= MOST_SHARED_KIB[capability] * 1024
        assert kernel["spilled"] == 0
        assert kernel["left_to_choose"] == 0, (
            "what is a product and what a sum would be for the last compiler to say"
        )
        # A product's sum is one chain over the inputs of a slice: then it is the same in whichever
        # row of a tile, and no other row is in it.
        assert kernel["fused"] == ([] if kernel["kernel"] == "normalise" else [SLICE])
