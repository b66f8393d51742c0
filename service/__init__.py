"""Sonant over HTTP: streams speech as it is generated.

orders      what the routes ask of the worker, as plain data
settings    what whoever runs the service decides
scheduler   whose turn it is
stream      one live stream, between worker and response
worker      voices, engines, threads: the only module that imports torch
schemas     what a request may hold
body        from bytes to a checked request
problems    errors to HTTP
response    sound on the wire
routes, app, server
"""

from __future__ import annotations

from service.app import create_app
from service.server import run, serve
from service.settings import ServiceSettings

__all__ = ["ServiceSettings", "create_app", "run", "serve"]
