"""A list of jobs over several processes, results in order, progress shown on standard error."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from rich.console import Console
from rich.progress import track

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_order(
    function: Callable[[Job], Result], jobs: Sequence[Job], *, workers: int, title: str
) -> Iterator[Result]:
    """`map(function, jobs)` by `workers` processes of one torch thread each; an exception in any of
    them is raised here.
    """
    console = Console(stderr=True)
    if workers <= 1:
        yield from track(map(function, jobs), title, total=len(jobs), console=console)
        return
    # Spawned, not forked: a fork of a process with torch's threads can hang.
    with multiprocessing.get_context("spawn").Pool(
        workers, initializer=torch.set_num_threads, initargs=(1,)
    ) as pool:
        yield from track(
            pool.imap(function, jobs, chunksize=4), title, total=len(jobs), console=console
        )
