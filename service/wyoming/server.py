"""Listening for connections of the Wyoming protocol, and stopping."""

from __future__ import annotations

import asyncio
import logging
import socket

from wyoming.error import Error
from wyoming.event import async_write_event

from service.frontend.lexicon_store import LexiconStore
from service.frontend.speech_backend import SpeechBackend
from service.http.connection import ConnectionLimits
from service.settings import ServiceSettings
from service.wyoming.connection import WyomingConnection
from service.wyoming.events import LINE_LIMIT, ByteBudget

log = logging.getLogger(__name__)


class WyomingServer:
    """Serves any number of connections up to `connection_limit`.

    Args:
        listener: that connections come to; it listens already, and `stop` closes it.
        settings: of the service.
        worker: who speaks; that of the HTTP service, so admission is the same.
        lexicons: that are stored; those of the HTTP service.
    """

    def __init__(
        self,
        listener: socket.socket,
        settings: ServiceSettings,
        worker: SpeechBackend,
        lexicons: LexiconStore,
    ) -> None:
        self.listener = listener
        self._worker = worker
        self._settings = settings
        self._lexicons = lexicons
        self._budget = ByteBudget(settings.held_bodies_limit)
        self._limit = ConnectionLimits.of_settings(settings).connections
        # None where the connection is refused
        self._connections: dict[asyncio.Task[None], WyomingConnection | None] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begins to accept connections."""
        self._server = await asyncio.start_server(
            self._accept, sock=self.listener, limit=LINE_LIMIT
        )

    async def stop(self, seconds: float) -> None:
        """Accepts no more connections, and ends those that are idle. What was asked is answered.

        Args:
            seconds: after which connections are broken off; they are too if this is cancelled.
        """
        if self._server is not None:
            self._server.close()
        if not self._connections:
            return
        tasks = set(self._connections)
        for task, connection in self._connections.items():
            if connection is not None:
                connection.finish()
                if connection.is_idle:
                    task.cancel()
        try:
            await asyncio.wait(tasks, timeout=seconds)
        finally:
            for task in tasks:
                task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves a connection in a task of ours: asyncio's own may not be cancelled on Python
        3.11.
        """
        connection = None
        if len(self._connections) < self._limit:
            connection = WyomingConnection(
                reader,
                writer,
                worker=self._worker,
                settings=self._settings,
                lexicons=self._lexicons,
                budget=self._budget,
            )
        task = asyncio.create_task(_refuse(writer) if connection is None else connection.run())
        self._connections[task] = connection
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._connections[task]
        if not task.cancelled() and task.exception() is not None:
            log.error("a Wyoming connection failed", exc_info=task.exception())


async def _refuse(writer: asyncio.StreamWriter) -> None:
    full = Error(text="as many connections are open as there may be", code="at_capacity")
    try:
        await async_write_event(full.event(), writer)
    except OSError:
        pass  # the client has left
    finally:
        writer.close()
