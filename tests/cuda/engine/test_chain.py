"""The programs of a chain, really at once: each in a process of its own, on memory that they share.
Interpreted they otherwise take turns, and never wait.
"""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

import numpy as np
import pytest
import torch

from tests.cuda.engine.test_laws import engine_of
from tests.engine.engines import job_for
from vocoder.cuda.chain_kernel import advance_chain
from vocoder.cuda.engine import INTERPRETED
from vocoder.cuda.kernel_shapes import HEADS, ChainKernel
from vocoder.cuda.packed_weights import BLOCK

SAMPLES = 5
LONGEST_SECONDS = 300


def run_stage(stage: int, arguments: tuple[Any, ...], constants: dict[str, Any]) -> None:
    torch.set_num_threads(1)
    advance_chain[(1, 1)](*arguments, 0, SAMPLES, stage, **constants)


@pytest.mark.skipif(not INTERPRETED, reason="on a GPU the programs of a chain are at once anyway")
def test_programs_wait_for_each_other() -> None:
    engine = engine_of(shape="chain")
    streams = BLOCK + 2  # two groups, which are on their way at once
    whole = engine_of(shape="whole")
    expected = whole.advance(
        [job_for(whole.start(seed), SAMPLES - seed % 3) for seed in range(streams)]
    )
    states = [engine.start(seed) for seed in range(streams)]
    jobs = [job_for(state, SAMPLES - state.seed % 3) for state in states]
    chain = engine._shapes["chain"]
    assert isinstance(chain, ChainKernel)
    arguments, made, _ = engine._arguments(
        jobs, states, np.zeros((streams, SAMPLES), np.int32), forced=False
    )
    shared = (*arguments, streams, SAMPLES, *chain.between(2))
    for argument in shared:
        if isinstance(argument, torch.Tensor):
            argument.share_memory_()
    constants = {**chain.constants, "FORCED": False}
    # in blocks of their own: else one process would do all that is waited for
    assert chain.length == HEADS + 5
    context = multiprocessing.get_context("fork")
    # The last first: whoever does not wait finds nothing.
    programs = [
        context.Process(target=run_stage, args=(stage, shared, constants))
        for stage in reversed(range(chain.length))
    ]
    for program in programs:
        program.start()
    deadline = time.monotonic() + LONGEST_SECONDS
    for program in programs:
        program.join(max(0.0, deadline - time.monotonic()))
    codes_of_exit = [program.exitcode for program in programs]
    for program in programs:
        program.kill()  # one that waits for ever
    assert codes_of_exit == [0] * len(programs)
    for seed, codes in enumerate(expected):
        assert made[seed, : len(codes)].tolist() == codes.tolist(), seed
