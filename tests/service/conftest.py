from __future__ import annotations

import dataclasses
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

import service.worker.worker
from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.frontend.worker_process import WorkerLink
from service.observability.traces import NO_TRACES, Traces
from service.protocol.messages import FromWorker
from service.settings import ServiceSettings
from tests.service.gated_engine import GatedEngine
from tests.service.local_link import LocalLink
from tests.tiny_voice import make_tiny_voice
from vocoder.synthesis.voice import Voice, load_voice

MAX_STREAMS = 6

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all: Playwright does not start twice."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found is not None, (
        f"there is no Chromium here ({', '.join(CHROMIUM)}): `make test-browser` installs it "
        f"where it may"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_voice(tmp_path_factory.mktemp("voices") / "tiny")


@pytest.fixture(scope="session")
def voice(pack: Path) -> Voice:
    """The voice as a program has it: what arrives over the wire is compared with what this says."""
    return load_voice(pack)


@pytest.fixture(scope="session")
def settings(pack: Path) -> ServiceSettings:
    """The capacity is given, because a test that holds the engine would be taken for a slow
    machine.
    """
    return ServiceSettings(
        voices=(str(pack),),
        standby=False,
        capacity=100.0,
        max_streams=MAX_STREAMS,
        text_limit=300,
        body_limit=4_000,
        recording_limit=100_000,
        recording_seconds=2.0,
        turn_seconds=10.0,
        snapshot_seconds=0.2,
        buffer_seconds=0.25,
        stall_seconds=5.0,
    )


@pytest.fixture
def engine(voice: Voice, monkeypatch: pytest.MonkeyPatch) -> GatedEngine:
    """The engine that the workers use."""
    engine = GatedEngine(voice.engine)
    monkeypatch.setattr(
        service.worker.worker, "load_voice", lambda *_, **__: Voice(pack=voice.pack, engine=engine)
    )
    return engine


@pytest.fixture
def links() -> list[LocalLink]:
    """The workers that there have been, the latest last."""
    return []


@pytest.fixture
def make_worker(
    engine: GatedEngine, links: list[LocalLink]
) -> Iterator[Callable[[ServiceSettings], Supervisor]]:
    supervisors = []

    def launch(
        settings: ServiceSettings,
        received: Callable[[WorkerLink, FromWorker], None],
        ended: Callable[[WorkerLink], None],
    ) -> LocalLink:
        links.append(LocalLink(settings, received, ended))
        return links[-1]

    def make(settings: ServiceSettings, traces: Traces = NO_TRACES) -> Supervisor:
        supervisors.append(Supervisor(settings, launch=launch, traces=traces))
        supervisors[-1].start()
        return supervisors[-1]

    yield make
    engine.open()
    for supervisor in supervisors:
        supervisor.stop()
    for link in links:  # also those that died: their threads still hold the engine
        link.worker.stop()


@pytest.fixture
def worker(
    settings: ServiceSettings, make_worker: Callable[[ServiceSettings], Supervisor]
) -> Supervisor:
    return make_worker(settings)


@pytest.fixture
def app(worker: Supervisor, settings: ServiceSettings) -> FastAPI:
    return create_app(settings, worker=worker)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        yield client


@pytest.fixture
def impatient(worker: Supervisor, settings: ServiceSettings) -> tuple[FastAPI, Supervisor]:
    """A service that is quick to drop a client which takes nothing."""
    return create_app(dataclasses.replace(settings, stall_seconds=0.2), worker=worker), worker
