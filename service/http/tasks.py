"""Ending tasks, so that whoever ends us meanwhile is understood."""

from __future__ import annotations

import asyncio
from typing import Any


async def cancel_tasks(*tasks: asyncio.Task[Any]) -> None:
    """Cancels the tasks and waits until they have ended; what they raised stays with them.

    Not `asyncio.gather`: cancelled while it waits, it raises a CancelledError of one of the tasks,
    without the message by which a cancel scope (anyio's, in which Starlette runs us) knows its own
    cancellation; the scope then takes it for somebody else's and lets it out.

    Args:
        tasks: at least one; those that have ended already do no harm.
    """
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            # asked for, so that the loop does not report it as lost; whoever wants it asks for the
            # result
            task.exception()
