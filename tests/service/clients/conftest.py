"""The service at a port, behind a connection that does not always hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings
from tests.service.clients.flaky import FlakyProxy
from tests.service.listening import listening

ROOT = Path(__file__).parents[3]
CLIENT, CHECK = ROOT / "docs" / "clients" / "sonant-client.mjs", Path(__file__).parent / "check.mjs"


@pytest.fixture
def service(settings: ServiceSettings, worker: Supervisor) -> Iterator[str]:
    """Its address; pages of every origin may use it."""
    scripts = {
        "/page/client.mjs": CLIENT.read_text("utf-8"),
        "/page/check.mjs": CHECK.read_text("utf-8"),
    }
    with listening(dataclasses.replace(settings, allow_origins=("*",)), worker, scripts) as address:
        yield address


@pytest.fixture
def proxy(service: str) -> Iterator[FlakyProxy]:
    with FlakyProxy(service) as proxy:
        yield proxy
