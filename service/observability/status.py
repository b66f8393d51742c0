"""What the service says of itself while it runs: plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the service is doing.

    Attributes:
        ready: whether new streams are taken on, room permitting.
        open_streams: whose readers are there.
        making: those of them that are being made, and count against the places.
        queued: requests that wait for room.
        background: streams that nobody listens to: jobs.
        places: how many streams may be made at once, by the capacity as it is now.
        capacity: seconds of sound per second.
    """

    ready: bool
    open_streams: int
    making: int
    queued: int
    background: int
    places: int
    capacity: float
