"""The kernels as GPUs get them: Triton compiles for a GPU that is not here, as far as the machine
code. What is interpreted may still not compile.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cuda.layers.without_gpu import MOST_SHARED_KIB, told_by

BOTH, WHOLE = {"advance_chain", "advance_whole"}, {"advance_whole"}


def kernels_of(
    capability: int, precision: str, shape: str, changes: dict[str, object]
) -> list[dict[str, Any]]:
    kernels: list[dict[str, Any]] = told_by(
        "tests.cuda.engine.as_compiled", capability, precision, shape, json.dumps(changes)
    )
    for kernel in kernels:
        print(capability, kernel)  # `pytest -s` shows it
        assert kernel["shared_bytes"] <= MOST_SHARED_KIB[capability] * 1024
    return kernels


@pytest.mark.slow
@pytest.mark.parametrize("capability", MOST_SHARED_KIB)
@pytest.mark.parametrize(
    # whether a chain that speaks has registers for all that its threads work with
    "precision, changes, shapes, in_registers",
    [
        ("bf16", {}, BOTH, True),
        ("fp32", {}, WHOLE, False),
        (
            "bf16",
            {
                "prediction_order": 128,
                "max_lag": 256,
                "num_layers": 16,
                "skip_channels": 128,
                "head_channels": 128,
            },
            BOTH,
            True,
        ),
        pytest.param(
            "bf16",
            {"prediction_order": 16, "max_lag": 256, "kernel_size": 3},
            BOTH,
            True,
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            "bf16",
            {"output": "gaussian", "prediction_order": 16, "quantisation_levels": 65536},
            BOTH,
            False,
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            "bf16",
            {"output": "logistic_mixture", "quantisation_levels": 65536},
            BOTH,
            True,
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            "bf16",
            {"quantisation_levels": 1024, "num_layers": 16, "skip_channels": 128},
            BOTH,
            False,
            marks=pytest.mark.thorough,
        ),
        pytest.param(
            "bf16",
            {"skip_channels": 512, "head_channels": 512},
            BOTH,
            False,
            marks=pytest.mark.thorough,
        ),
    ],
    ids=[
        "reference",
        "reference in fp32",
        "kathleen",
        "three taps",
        "gaussian",
        "mixture",
        "1024 levels",
        "wide head",
    ],
)
def test_they_compile_and_fit(
    precision: str,
    changes: dict[str, object],
    shapes: set[str],
    in_registers: bool,
    capability: int,
) -> None:
    kernels = kernels_of(capability, precision, "auto", changes)
    assert {(kernel["kernel"], kernel["forced"]) for kernel in kernels} == {
        (name, forced) for name in shapes for forced in (False, True)
    }
    for kernel in kernels:
        if (kernel["kernel"], kernel["forced"]) == ("advance_chain", False):
            assert (kernel["stack_bytes"] == 0) == in_registers
        # Both shapes must round alike: by the same instructions, and with nothing fused that stands
        # apart.
        assert not kernel["wgmma"]
        assert not kernel["fused"] or precision == "fp32"
