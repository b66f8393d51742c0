"""Running the service: load, listen, and stop without fuss.

SIGTERM and Ctrl-C: no new streams, those that are open may finish within a limit, what is left is
broken off, exit code 0. A second Ctrl-C does not wait.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import math
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from service.app import create_app
from service.frontend.speech_backend import SpeechBackend
from service.frontend.supervisor import Supervisor
from service.observability.logs import set_up_logs
from service.observability.trace_setup import make_traces
from service.settings import ServiceSettings

log = logging.getLogger(
    "uvicorn.error"
)  # where uvicorn itself says what is going on; not only errors
_BACKSTOP_SECONDS = 2.0  # that responses have to end after their streams were broken off
_UNSENT_BYTES = (
    32_768  # that the system holds for a client which reads slowly: one second of sound at 16 kHz
)


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    voice: str | None = None,
    *,
    engine: str = "auto",
    precision: str = "auto",
    threads: int = 1,
    max_streams: int | None = None,
    capacity: float | None = None,
    standby: bool = True,
    address_streams: int | None = None,
    address_requests_per_minute: int | None = None,
    key_file: Path | None = None,
    guard_metrics: bool = False,
    allow_origins: tuple[str, ...] = (),
    otlp_endpoint: str | None = None,
    lexicons: Path | None = None,
    log_text: bool = False,
    jobs: Path | None = None,
    webhooks_to_private: bool = False,
    shutdown_seconds: float | None = None,
    log_level: str = "info",
) -> None:
    """Loads a voice and serves it until told to stop.

    Args:
        host: address to listen on.
        port: 0..65535; 0 takes a free one.
        voice: name or folder; the default voice where None.
        engine: "auto", "native", "reference" or "cuda".
        precision: "auto", "fp32", "bf16" or "int8".
        threads: at least 1, that streams which share a call are shared out to.
        max_streams: at least 1, how many streams may be open at once; None leaves the default.
        capacity: how many streams can be made in real time; None: measured.
        standby: whether a second worker waits to take over.
        address_streams: at least 1, how many streams one address may have open; None for no limit.
        address_requests_per_minute: at least 1, likewise.
        key_file: with the API keys one of which requests must show; None: none is asked for.
        guard_metrics: whether `/metrics` asks for a key as well.
        allow_origins: whose pages may read answers (CORS); none: nobody's.
        otlp_endpoint: base URL of the collector that traces are sent to; None: what OpenTelemetry's
            environment variables say, or nowhere.
        lexicons: the folder in which lexicons of voices are stored; None: nowhere.
        log_text: whether what is asked to be spoken or read is logged.
        jobs: the folder in which jobs are kept; None: none are taken on.
        webhooks_to_private: whether addresses of this network may be told of a job's end.
        shutdown_seconds: at least 0, how long open streams may go on after the signal to stop; None
            leaves the default.
        log_level: uvicorn's: "critical" to "trace".

    Raises:
        SonantError: the voice or the engine cannot be loaded, or a setting is out of range.
        OSError: the address cannot be listened on.
    """
    limits = {"max_streams": max_streams, "shutdown_seconds": shutdown_seconds}
    settings = ServiceSettings(
        voices=() if voice is None else (voice,),
        engine=engine,
        precision=precision,
        threads=threads,
        capacity=capacity,
        standby=standby,
        address_streams=address_streams,
        address_requests_per_minute=address_requests_per_minute,
        key_file=key_file,
        guard_metrics=guard_metrics,
        allow_origins=allow_origins,
        otlp_endpoint=otlp_endpoint,
        lexicons=lexicons,
        log_text=log_text,
        jobs=jobs,
        webhooks_to_private=webhooks_to_private,
    )
    settings = dataclasses.replace(
        settings, **{name: limit for name, limit in limits.items() if limit is not None}
    )  # type: ignore[arg-type]
    run(settings, host=host, port=port, log_level=log_level)


def run(settings: ServiceSettings, *, host: str, port: int, log_level: str = "info") -> None:
    """`serve` with every setting at hand. Arguments and errors as there."""
    set_up_logs()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Listening is tried first: an address in use is known at once, not after the voice has been
    # loaded.
    with socket.create_server((host, port), family=family) as listener:
        limit_unsent(listener, settings)
        traces = make_traces(settings)
        worker = Supervisor(settings, traces=traces)
        try:
            worker.start()
            config = uvicorn.Config(
                create_app(settings, worker=worker, traces=traces),
                log_level=log_level,
                access_log=False,  # service.http.middleware writes a line for each request
                timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds + _BACKSTOP_SECONDS),
            )
            SpeechServer(config, worker=worker, shutdown_seconds=settings.shutdown_seconds).run(
                sockets=[listener]
            )
        finally:
            worker.stop()
            traces.close()


def limit_unsent(listener: socket.socket, settings: ServiceSettings) -> None:
    """Keeps the system from taking megabytes for each client that does not read, a minute and a
    half of sound: its generation should pause instead.

    What is on its way to a client that does read is not limited, so none becomes slower.
    Connections have the options of their listener.

    Args:
        listener: that connections will come to.
        settings: of the service.
    """
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
    if sys.platform == "linux":
        # A client that takes nothing is dropped by its response; what waits in its connection must
        # not keep that one open.
        listener.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, math.ceil(1000 * settings.stall_seconds)
        )


class SpeechServer(uvicorn.Server):
    """uvicorn, stopping as said above.

    Args:
        config: uvicorn's.
        worker: whose streams are broken off when the limit is reached.
        shutdown_seconds: the limit.
    """

    def __init__(
        self, config: uvicorn.Config, *, worker: SpeechBackend, shutdown_seconds: float
    ) -> None:
        super().__init__(config)
        self._worker = worker
        self._shutdown_seconds = shutdown_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins to stop. uvicorn's own would raise the signal again after it has stopped, and the
        exit code would not be 0.
        """
        self.force_exit = self.force_exit or (self.should_exit and sig == signal.SIGINT)
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, and says where: uvicorn says it only of sockets that it has opened
        itself.
        """
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            log.info(
                "Sonant is listening on http://%s:%d", f"[{host}]" if ":" in host else host, port
            )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets open streams finish within the limit."""
        self._worker.refuse_new()
        limit = asyncio.get_running_loop().call_later(
            self._shutdown_seconds, self._worker.fail_open_streams
        )
        try:
            await super().shutdown(sockets)
        finally:
            limit.cancel()
