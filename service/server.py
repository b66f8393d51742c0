"""Running the service: load, listen, and stop without fuss.

SIGTERM and Ctrl-C: no new streams, those that are open may finish within a limit, what is left is
broken off, exit code 0. A second Ctrl-C does not wait.
"""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

import uvicorn

from service.app import create_app
from service.frontend.lexicon_store import LexiconStore
from service.frontend.speech_backend import SpeechBackend
from service.frontend.supervisor import Supervisor
from service.http.connection import ConnectionLimits, limited_protocol, raise_descriptor_limit
from service.observability.logs import set_up_logs
from service.observability.trace_setup import make_traces
from service.settings import ServiceSettings
from vocoder.errors import SonantError

if TYPE_CHECKING:  # an extra
    from service.wyoming.server import WyomingServer

# where uvicorn itself says what is going on; not only errors
log = logging.getLogger("uvicorn.error")
_BACKSTOP_SECONDS = 2.0  # that responses have to end after their streams were broken off
_UNSENT_BYTES = (
    32_768  # that the system holds for a client which reads slowly: one second of sound at 16 kHz
)


def run(settings: ServiceSettings, *, host: str, port: int, log_level: str = "info") -> None:
    """Loads the voices and serves them until told to stop.

    Args:
        settings: of the service.
        host: address to listen on.
        port: 0..65535; 0 takes a free one.
        log_level: uvicorn's: "critical" to "trace".

    Raises:
        SonantError: a voice or the engine cannot be loaded, or Wyoming cannot be served.
        OSError: the address cannot be listened on.
    """
    set_up_logs()
    raise_descriptor_limit()
    with ExitStack() as listeners:
        # Listening is tried first: an address in use is known at once, not after the voice has been
        # loaded.
        listener = listeners.enter_context(_listen(host, port, settings))
        make_wyoming: Callable[[SpeechBackend, LexiconStore], WyomingServer] | None = None
        if settings.wyoming_address is not None:
            wyoming_class = _wyoming_class()
            wyoming_listener = _listen_wyoming(*settings.wyoming_address, settings)
            listeners.enter_context(wyoming_listener)
            make_wyoming = partial(wyoming_class, wyoming_listener, settings)
        traces = make_traces(settings)
        worker = Supervisor(settings, traces=traces)
        try:
            worker.start()
            app = create_app(settings, worker=worker, traces=traces)
            config = uvicorn.Config(
                app,
                log_level=log_level,
                **connection_options(settings),
                timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds + _BACKSTOP_SECONDS),
            )
            SpeechServer(
                config,
                worker=worker,
                shutdown_seconds=settings.shutdown_seconds,
                wyoming=make_wyoming and make_wyoming(worker, app.state.lexicons),
            ).run(sockets=[listener])
        finally:
            worker.stop()
            traces.close()


def _listen(host: str, port: int, settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    limit_unsent(listener, settings)
    return listener


def _listen_wyoming(host: str, port: int, settings: ServiceSettings) -> socket.socket:
    if settings.key_file is not None:
        log.warning("Wyoming has no API keys: whoever reaches %s may speak", settings.wyoming)
    try:
        return _listen(host, port, settings)
    except OSError as error:
        raise SonantError(
            f"cannot serve Wyoming at {settings.wyoming} ({error.strerror})"
        ) from error


def _wyoming_class() -> type[WyomingServer]:
    try:
        from service.wyoming.server import WyomingServer
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "wyoming":
            raise
        raise SonantError(
            "serving Wyoming needs wyoming, which is not installed: pip install 'sonant[wyoming]'"
        ) from error
    return WyomingServer


def connection_options(settings: ServiceSettings) -> dict[str, Any]:
    """What uvicorn is told of connections and requests."""
    return {
        "access_log": False,  # service.http.middleware writes a line for each request
        "http": limited_protocol(ConnectionLimits.of_settings(settings)),
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
    }


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
        wyoming: served as well, started and stopped with HTTP; None: it is not.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        worker: SpeechBackend,
        shutdown_seconds: float,
        wyoming: WyomingServer | None = None,
    ) -> None:
        super().__init__(config)
        self._worker = worker
        self._wyoming = wyoming
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
            log.info("Sonant is listening on http://%s", _place(listener))
        if self._wyoming is not None and not self.should_exit:
            await self._wyoming.start()
            log.info("Sonant is listening on tcp://%s (Wyoming)", _place(self._wyoming.listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets open streams finish within the limit."""
        self._worker.refuse_new()
        limit = asyncio.get_running_loop().call_later(
            self._shutdown_seconds, self._worker.fail_open_streams
        )
        try:
            if self._wyoming is None:
                await super().shutdown(sockets)
                return
            seconds = self._shutdown_seconds + _BACKSTOP_SECONDS
            stopping = asyncio.create_task(self._wyoming.stop(seconds))
            await super().shutdown(sockets)
            if self.force_exit:
                stopping.cancel()
            await asyncio.wait({stopping})
        finally:
            limit.cancel()


def _place(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
