"""Which shape of the kernel serves, and what a GPU must have for it."""

from __future__ import annotations

import dataclasses

import pytest

from vocoder.cuda.kernel_shapes import TRIES, KernelChooser
from vocoder.cuda.packed_weights import ownable
from vocoder.engine.benchmark import reference_config


def test_each_shape_is_tried_and_then_the_fastest_serves() -> None:
    choice = KernelChooser(("chain", "whole"))
    seconds = {("chain", 1): 1.0, ("whole", 1): 2.0, ("chain", 100): 30.0, ("whole", 100): 3.0}
    served: dict[int, list[str]] = {1: [], 100: []}
    for _ in range(3 * TRIES):
        for groups, names in served.items():
            names.append(choice.pick(groups))
            choice.took(names[-1], groups, seconds[names[-1], groups])
    assert served[1] == ["chain"] * TRIES + ["whole"] * TRIES + ["chain"] * TRIES
    assert served[100] == ["chain"] * TRIES + ["whole"] * 2 * TRIES


def test_the_first_call_of_a_shape_may_be_slow() -> None:
    choice = KernelChooser(("chain", "whole"))
    for name, taken in (("chain", (60.0, 1.0, 1.0)), ("whole", (2.0, 2.0, 2.0))):
        for seconds in taken:
            choice.took(name, 1, seconds)
    assert choice.pick(1) == "chain"


def test_numbers_of_about_the_same_size_share_what_is_known() -> None:
    choice = KernelChooser(("chain", "whole"))
    for name, seconds in (("chain", 4.0), ("whole", 1.0)):
        for groups in (5, 6, 7):
            choice.took(name, groups, seconds * groups)
    assert choice.pick(4) == "whole"
    assert choice.pick(8) == "chain", "nothing is known of so many"


def test_how_many_calls_are_left_until_it_is_known() -> None:
    choice = KernelChooser(("chain", "whole"))
    for left in range(2 * TRIES, 0, -1):
        assert choice.untried(6) == left
        choice.took(choice.pick(6), 6, 1.0)
    assert choice.untried(6) == choice.untried(4) == 0
    assert choice.untried(8) == 2 * TRIES
    assert KernelChooser(("whole",)).untried(1) == 0, "there is nothing to choose"


@pytest.mark.parametrize(
    "changes, precision, most",
    [
        ({}, "bf16", 2),
        ({}, "fp32", 1),
        ({"num_layers": 18, "skip_channels": 64}, "bf16", 3),
        ({"num_layers": 19, "num_cycles": 1}, "bf16", 1),
    ],
)
def test_a_program_owns_as_many_blocks_as_fit(
    changes: dict[str, int], precision: str, most: int
) -> None:
    """72 KiB each at the reference size in bf16; all programs own as many."""
    config = dataclasses.replace(reference_config(), **changes)
    counts = ownable(config, precision)
    assert counts[0] == most
    assert counts[-1] == 1
    assert all(config.num_layers % count == 0 for count in counts)
