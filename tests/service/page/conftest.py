"""A real service on a port of this machine, and Chromium without a window."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from service.frontend.supervisor import Supervisor
from service.keys import make_key
from service.settings import ServiceSettings
from tests.service.listening import listening
from tests.service.page import RECORDER, until


@pytest.fixture(scope="session")
def page_settings(settings: ServiceSettings) -> ServiceSettings:
    return dataclasses.replace(
        settings, buffer_seconds=2.0, turn_seconds=0.05, stall_seconds=60.0, planned_characters=290
    )


@pytest.fixture(scope="session")
def process(page_settings: ServiceSettings) -> Iterator[Supervisor]:
    """A worker in a process of its own."""
    worker = Supervisor(page_settings)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def address(page_settings: ServiceSettings, process: Supervisor) -> Iterator[str]:
    with listening(page_settings, process, {"/page/recorder.js": RECORDER}) as address:
        yield address


@pytest.fixture(scope="session")
def locked(
    page_settings: ServiceSettings, process: Supervisor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The address of a service that asks for a key, and a key."""
    key, line = make_key("anna")
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text(line + "\n")
    with listening(
        dataclasses.replace(page_settings, key_file=file), process, {"/page/recorder.js": RECORDER}
    ) as address:
        yield address, key


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened, with a recorder at its loudspeaker. It must neither fail nor ask for
    anything that is not of its origin.
    """
    context = browser.new_context(
        accept_downloads=True, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    failures: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    context.add_init_script(path=Path(__file__).with_name("recording.js"))
    page.goto(address)
    until(page, "document.getElementById('voice').value !== ''")
    yield page
    context.close()
    assert not failures
    assert not [url for url in asked if not url.startswith((f"{address}/", "blob:"))]
