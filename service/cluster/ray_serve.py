"""The service as an application of Ray Serve: the same FastAPI application, with a worker process
of its own, in each replica (docs/RAY_SERVE.md).

    serve run service.cluster.ray_serve:application voice=kathleen max_replicas=4

    client -> Serve's proxy -> replica (one of many): supervisor and routes -> worker process:
    voices, engine

Who may begin is still each replica's decision: Serve queues nothing, so a full replica refuses
within milliseconds. Serve decides how many replicas there are, by their own queues and capacities
(`service.cluster.autoscaling`), lets those go on that it takes away until what they have accepted
is over, and replaces those whose workers are gone for good. This module and its router alone in the
service import ray.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError
from ray import serve
from ray.serve.config import AutoscalingContext
from ray.serve.metrics import Gauge

from service.app import create_app
from service.cluster.autoscaling import load_of, replicas_wanted
from service.cluster.ray_router import ReplicaMiddleware, StreamRouter
from service.frontend.speech_backend import SpeechBackend
from service.frontend.supervisor import Supervisor
from service.observability.logs import set_up_logs
from service.observability.trace_setup import make_traces
from service.settings import ServiceSettings
from vocoder.errors import ConfigError, EngineError

NAME = "Sonant"
_LOAD = "sonant_load"
# More than a replica ever has: whom there is no room for is told so by the service, with the time
# to wait, and is not kept waiting by Serve.
_MOST_REQUESTS = 10_000
_STOP_SECONDS = 5.0  # that a replica has to end by itself, once what it had accepted is over
_DRAIN_LOOK_SECONDS = 0.5  # between two looks at whether it is
_METRICS_SECONDS = 20.0  # loads are means over so long; Serve hears of them every ten seconds
_UPSCALE_SECONDS, _DOWNSCALE_SECONDS = 0.0, 300.0  # as in docker/kubernetes/sonant.yaml

# Settings that belong to one process on one machine, and what there is instead.
_REFUSED = {
    "wyoming": "Serve's proxy speaks HTTP alone: use `sonant serve --wyoming` beside it",
    "jobs": (
        "a folder of jobs belongs to one process: use `sonant render --ray`, or `sonant "
        "serve --jobs` beside it"
    ),
    "lexicons": (
        "what is edited in one replica is not heard from another: send a lexicon with "
        "the request, or put it into the voice pack"
    ),
}


@dataclass(frozen=True, kw_only=True)
class ReplicaBounds:
    """How many replicas there may be.

    Attributes:
        min_replicas: at least 1; Serve starts with so many.
        max_replicas: no fewer.
    """

    min_replicas: int = 1
    max_replicas: int = 8

    def __post_init__(self) -> None:
        if not 1 <= self.min_replicas <= self.max_replicas:
            raise ConfigError(
                f"1 <= min_replicas <= max_replicas must hold, not {self.min_replicas} and "
                f"{self.max_replicas}"
            )


def application(args: dict[str, Any]) -> serve.Application:
    """What `serve run` and the configuration of Serve name as
    `service.cluster.ray_serve:application`.

    Args:
        args: fields of `ServiceSettings` and of `ReplicaBounds`, as values or strings, tuples with
            commas; `voice` for a single voice.

    Raises:
        ConfigError: one is unknown, wrong, or cannot be had with replicas; it is named.
    """
    given = dict(args)
    if "voice" in given:
        if "voices" in given:
            raise ConfigError("voice and voices cannot both be given")
        given["voices"] = (given.pop("voice"),)
    ours = {field.name for field in fields(ReplicaBounds)}
    scale = ReplicaBounds(
        **_checked(ReplicaBounds, {name: value for name, value in given.items() if name in ours})
    )
    settings = ServiceSettings(
        **_checked(
            ServiceSettings, {name: value for name, value in given.items() if name not in ours}
        )
    )
    for name, instead in _REFUSED.items():
        if name in given:
            raise ConfigError(f"{name} cannot be had with Ray Serve: {instead}")
    return deployment(settings, scale).bind(settings)


def _checked(kind: type, given: Mapping[str, object]) -> dict[str, Any]:
    """Each value as its field wants it."""
    hints = get_type_hints(kind)
    checked = {}
    for name, value in given.items():
        if name not in hints:
            raise ConfigError(f"there is no setting {name!r}")
        if isinstance(value, str) and hints[name] == tuple[str, ...]:
            value = value.split(",")  # noqa: PLW2901
        try:
            checked[name] = TypeAdapter(hints[name]).validate_python(value)
        except ValidationError as error:
            raise ConfigError(f"{name}: {error.errors()[0]['msg']}, not {value!r}") from error
    return checked


def deployment(settings: ServiceSettings, scale: ReplicaBounds) -> serve.Deployment:
    """The deployment, for these settings; each of its options can be overridden in Serve's own
    configuration.
    """
    deploy = serve.deployment(
        name=NAME,
        max_ongoing_requests=_MOST_REQUESTS,
        graceful_shutdown_wait_loop_s=_DRAIN_LOOK_SECONDS,
        graceful_shutdown_timeout_s=settings.shutdown_seconds + _STOP_SECONDS,
        # Ray hides GPUs from processes that have not asked for one. The standby sleeps: it takes
        # no core.
        ray_actor_options={
            "num_cpus": settings.threads,
            "num_gpus": 1 if settings.engine == "cuda" else 0,
        },
        autoscaling_config={
            "min_replicas": scale.min_replicas,
            "max_replicas": scale.max_replicas,
            "upscale_delay_s": _UPSCALE_SECONDS,
            "downscale_delay_s": _DOWNSCALE_SECONDS,
            "look_back_period_s": _METRICS_SECONDS,
            "policy": {"policy_function": f"{__name__}:{scale_by_load.__name__}"},
        },
        request_router_config={
            "request_router_class": f"{StreamRouter.__module__}:{StreamRouter.__name__}"
        },
    )
    return deploy(serve.ingress()(SpeechReplica))


def scale_by_load(context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
    """Serve's policy: how many replicas there should be. It runs in Serve's controller; bounds and
    delays are Serve's.
    """
    loads = (context.aggregated_metrics or {}).get(_LOAD, {})
    return replicas_wanted(loads.values(), now=context.target_num_replicas), {}


class SpeechReplica:
    """A replica: the service, in a process of Ray's. Serve calls everything here, on one event
    loop.

    Args:
        settings: of the service.
    """

    async def __init__(self, settings: ServiceSettings) -> None:  # type: ignore[misc]  # Serve awaits it
        set_up_logs()
        self._settings = settings
        self._traces = make_traces(settings)
        self._worker = Supervisor(settings, traces=self._traces)
        self._health = Health(self._worker, patience=settings.start_seconds)
        self._gauges: dict[str, Gauge] = {}
        try:
            # here and not in the life cycle of the application, where what is wrong would not be
            # told
            await asyncio.to_thread(self._worker.start)
        except BaseException:
            await self._stop()
            raise

    def __serve_build_asgi_app__(self) -> FastAPI:
        """The application."""
        app = create_app(self._settings, worker=self._worker, traces=self._traces)
        app.add_middleware(
            ReplicaMiddleware, replica=serve.get_replica_context().replica_id.unique_id
        )
        return app

    async def check_health(self) -> None:
        """Raises where this replica is to be replaced."""
        self._health.check()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What the policy is told. All that `/metrics` has goes to Ray's own metrics with it:
        behind a proxy nobody could ask each replica.
        """
        for sample in self._worker.metrics.samples():
            if sample.name not in self._gauges:
                labels: Any = tuple(sample.labels)  # any number, though Ray says one
                self._gauges[sample.name] = Gauge(
                    sample.name, "As /metrics of the replica has it.", tag_keys=labels
                )
            self._gauges[sample.name].set(sample.value, tags=sample.labels)
        return {_LOAD: load_of(self._worker.status, self._settings)}

    async def __del__(self) -> None:
        """Serve awaits it, once, when what was accepted is over."""
        await self._stop()

    async def _stop(self) -> None:
        await asyncio.to_thread(self._worker.stop)
        await asyncio.to_thread(self._traces.close)


class Health:
    """Whether a replica is to be replaced. A worker that dies is replaced by the supervisor, which
    needs no help; only where it cannot, for long, does Serve.

    Args:
        worker: of the replica; it has been started.
        patience: seconds that there may be none.
        clock: seconds that do not go back.
    """

    def __init__(
        self, worker: SpeechBackend, *, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._worker = worker
        self._patience = patience
        self._clock = clock
        self._well_at = -math.inf

    def check(self) -> None:
        """Asked regularly.

        Raises:
            EngineError: for long there has been no worker.
        """
        now = self._clock()
        if self._worker.status.ready or self._well_at == -math.inf:
            self._well_at = now
        if now - self._well_at > self._patience:
            raise EngineError(f"there has been no worker for {now - self._well_at:.0f} seconds")
