"""Which replica a request goes to, where the service is an application of Ray Serve
(docs/RAY_SERVE.md).

To the one that has the fewest open requests, as far as the proxy has heard. An answer that is asked
for again is asked of the one that gave it, and a request with `X-Replica` goes to the one that it
names.

Serve's own router tells two replicas apart, and prefers those of the proxy's own machine until they
are full by Serve's count, which ours never are. Here all
are told apart, on whatever machine: a request is refused where it arrives, so it should arrive
where there is room.

What makes an answer again is kept where it was made (`service.http.resume_cache`). So outside, a
stream's id begins with its replica's name, put there and taken away by the replica
(`ReplicaMiddleware`); inside nothing knows of it.

    client  GET /streams/k3x9a0bq.wY4pJ3o0cXkqz8mF2bTn5g -> router: to replica k3x9a0bq -> Signed:
            /streams/wY4pJ3o0cXkqz8mF2bTn5g -> the application
"""

from __future__ import annotations

import pickle
import random
import re

from ray.serve.request_router import PendingRequest, RequestRouter, RunningReplica
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REPLICA = "X-Replica"
_STREAM_ID, _LOCATION, _REQUEST_ID = "X-Stream-Id", "Content-Location", "X-Request-Id"
_AGAIN = "/streams/"
_OWNER = re.compile(r"/streams/([a-z0-9]{1,32})\.")


class StreamRouter(RequestRouter):
    """Serve's, of each proxy."""

    async def choose_replicas(
        self,
        candidate_replicas: list[RunningReplica],
        pending_request: PendingRequest | None = None,
    ) -> list[list[RunningReplica]]:
        """Groups of replicas, the best group first; Serve takes of a group the one that has least
        to do.
        """
        # of equals Serve takes the first
        everybody = random.sample(candidate_replicas, len(candidate_replicas))
        if pending_request is None:
            return [everybody]
        pending_request.routing_context.should_backoff = (
            True  # where none can be reached it is tried again after a while, not at once
        )
        # made by Serve's proxy, for its replica
        wanted = wanted_replica(pickle.loads(pending_request.args[0]).asgi_scope)
        return [
            [replica for replica in everybody if replica.replica_id.unique_id == wanted],
            everybody,
        ]


def wanted_replica(scope: Scope) -> str | None:
    """The name of the replica that a request must go to, if it is there; None where it is all the
    same.
    """
    found = _OWNER.search(scope["path"])
    return found[1] if found is not None else Headers(scope=scope).get(REPLICA)


class ReplicaMiddleware:
    """ASGI middleware of a replica: answers say whose they are, for `/readyz` and `/metrics` tell
    of one replica only, and ids of streams begin with it.

    Args:
        app: what lies behind.
        replica: its name.
    """

    def __init__(self, app: ASGIApp, *, replica: str) -> None:
        self._app = app
        self._replica = replica

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, and signs."""

        async def signed(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.accept"}:
                message.setdefault("headers", [])
                self._sign(MutableHeaders(scope=message))
            await send(message)

        if scope["type"] == "http":
            scope["path"] = scope["path"].replace(f"{_AGAIN}{self._replica}.", _AGAIN, 1)
        await self._app(scope, receive, signed)

    def _sign(self, headers: MutableHeaders) -> None:
        headers[REPLICA] = self._replica
        del headers[_REQUEST_ID]  # Serve's proxy says it, and would say it twice
        if _STREAM_ID in headers:
            headers[_STREAM_ID] = f"{self._replica}.{headers[_STREAM_ID]}"
        if _LOCATION in headers:
            headers[_LOCATION] = headers[_LOCATION].replace(_AGAIN, f"{_AGAIN}{self._replica}.", 1)
