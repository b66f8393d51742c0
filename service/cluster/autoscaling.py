"""How busy a replica of the service is, and how many there should be: decisions only, whoever runs
the replicas.

A replica that is full refuses at once (`service.frontend.admission`), so what it lacks room for is
not seen as a queue: each refused client goes elsewhere or comes again. So replicas are added before
those that there are are full: at a load of `TARGET_LOAD` on average, as
`docker/kubernetes/sonant.yaml` has it.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from service.observability.status import Status
from service.settings import ServiceSettings

TARGET_LOAD = 0.6  # of a replica, on average
_ROUNDING = 1e-6  # means of figures over a while are not exact


def load_of(status: Status, settings: ServiceSettings) -> float:
    """How full a replica is: 0 does nothing, 1 has no room, more has a queue.

    Args:
        status: what it is doing. Its places follow from the capacity that it has measured for
            itself, so the load of a slow machine is comparable.
        settings: of the service.
    """
    return max(
        (status.making + status.queued) / status.places, status.open_streams / settings.max_streams
    )


def replicas_wanted(loads: Collection[float], *, now: int) -> int:
    """How many replicas there should be, at least 1; whoever runs them keeps to bounds, and takes
    its time.

    Args:
        loads: of the replicas that have told theirs.
        now: how many are meant to be there; that stays so where none has told anything.
    """
    if not loads:
        return max(1, now)
    return max(1, math.ceil(sum(loads) / TARGET_LOAD - _ROUNDING))
