"""A service on a port of this machine, in the test's process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.responses import Response
from starlette.routing import Route

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.server import connection_options
from service.settings import ServiceSettings


@contextmanager
def listening(
    settings: ServiceSettings, worker: Supervisor, scripts: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The address of a service with this worker; it hands out these scripts as well, by their
    paths.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(settings, worker=worker)
        for path, script in (scripts or {}).items():
            app.router.routes.insert(
                0,
                Route(
                    path, lambda _, script=script: Response(script, media_type="text/javascript")
                ),
            )
        config = uvicorn.Config(app, log_level="warning", **connection_options(settings))
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
