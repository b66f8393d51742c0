"""What a GPU is given to start: by Triton's own launch, with the arguments that the engine has for
it. See `tests.cuda.layers.without_gpu`.
"""

from __future__ import annotations

import functools
from typing import Any

import pytest

from tests.cuda.engine.as_launched import PREPARED
from tests.cuda.layers.without_gpu import MULTIPROCESSORS, told_by
from vocoder.cuda.kernel_shapes import LEFT, TRIES
from vocoder.cuda.packed_weights import BLOCK

LENGTHS = {"reference": 12, "voice": 10}  # programs of a chain: two blocks to each, and two more
pytestmark = pytest.mark.slow


@functools.cache
def told(which: str, precision: str, shared_kib: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told_by(
        "tests.cuda.engine.as_launched", which, precision, shared_kib
    )
    return found


def place(found: list[dict[str, Any]], name: str) -> int:
    return next(index for index, one in enumerate(found) if name in one)


def compilations(found: list[dict[str, Any]]) -> list[str]:
    return [one["kernel"] for one in found if one.keys() == {"kernel"}]


@pytest.mark.parametrize(
    "which, precision, shapes",
    [("reference", "bf16", ["chain", "whole"]), ("reference", "fp32", ["whole"])],
)
def test_nobody_waits_for_a_compiler(which: str, precision: str, shapes: list[str]) -> None:
    """All that moves streams on is compiled when the engine is made, for any number of them and of
    samples; `voice` below tells of the rest.
    """
    found = told(which, precision, 227)
    made = place(found, "made")
    assert found[made]["made"] == shapes
    assert compilations(found[:made]) == [
        f"advance_{shape}" for shape in shapes for _ in ("drawn", "forced")
    ]
    assert not compilations(found[made : place(found, "conditions")])


def test_the_acoustic_model_is_compiled_for_one_sentence_and_then_for_any() -> None:
    found = told("voice", "bf16", 227)
    first, second = (index for index, one in enumerate(found) if one.get("sentences") in (1, 2))
    assert compilations(found[first:second])
    assert not compilations(found[second:])
    assert [one["sentences"] for one in found if "sentences" in one] == [1, 2, 3]


@pytest.mark.parametrize("which", ["reference", "voice"])
def test_programs_that_wait_for_each_other_are_all_there(which: str) -> None:
    """A chain is launched cooperatively, with as many programs as there are multiprocessors for,
    and some left; groups beyond that share them.
    """
    found, length = told(which, "bf16", 227), LENGTHS[which]
    most, streams, together, seen = (
        (MULTIPROCESSORS - MULTIPROCESSORS // LEFT) // length,
        1,
        -1,
        set(),
    )
    for one in found[place(found, "prepared") : place(found, "conditions")]:
        streams, together = one.get("streams", streams), one.get("together", together)
        groups = -(-streams // BLOCK)
        if one.get("kernel") == "advance_chain":
            assert (one["grid"], one["cooperative"]) == ([length, min(most, groups)], True)
            assert together == length * min(most, groups), "so many the lane was told of"
            seen.add(("chain", streams))
        if one.get("kernel") == "advance_whole":
            assert (one["grid"], one["cooperative"], together) == ([groups, 1], False, 0)
            seen.add(("whole", streams))
    assert {("chain", 1), ("chain", 17), ("chain", 1024), ("whole", 1024)} < seen


def test_what_serves_is_known_before_anybody_listens() -> None:
    found = told("reference", "bf16", 227)
    tried = [
        (one["kernel"], one["grid"])
        for one in found[place(found, "made") : place(found, "prepared")]
        if "grid" in one
    ]
    assert PREPARED // BLOCK < 8
    assert tried == [
        (f"advance_{shape}", [12, groups] if shape == "chain" else [groups, 1])
        for groups in (1, 2, 4)
        for shape in ("chain", "whole")
        for _ in range(TRIES)
    ]


def test_a_smaller_card_has_the_shape_that_fits() -> None:
    """99 KiB of shared memory, as the GPUs of capability 8.9 have: no chain, and less of the
    weights on their way at once.
    """
    found = told("reference", "bf16", 99)
    assert found[place(found, "made")]["made"] == ["whole"]
    assert {
        one["kernel"]
        for one in found[place(found, "prepared") : place(found, "conditions")]
        if "grid" in one
    } == {"advance_whole"}


def test_a_card_that_is_too_small_is_told_of() -> None:
    (error,) = (one["error"] for one in told("reference", "fp32", 48) if "error" in one)
    assert error.startswith("this network does not fit on this GPU: ")
