from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import service.worker
from service.app import create_app
from service.settings import ServiceSettings
from service.worker import Worker
from tests.service.gated_engine import GatedEngine
from tests.tiny_voice import make_tiny_voice
from vocoder.voice import Voice, load_voice

MAX_STREAMS = 6


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_voice(tmp_path_factory.mktemp("voices") / "tiny")


@pytest.fixture(scope="session")
def voice(pack: Path) -> Voice:
    """The voice as a program has it: what arrives over the wire is compared with what this says."""
    return load_voice(pack)


@pytest.fixture(scope="session")
def settings(pack: Path) -> ServiceSettings:
    return ServiceSettings(voices=(str(pack),), max_streams=MAX_STREAMS, text_limit=300, body_limit=4_000, buffer_seconds=0.25, stall_seconds=5.0)


@pytest.fixture
def worker(settings: ServiceSettings, voice: Voice, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    engine = GatedEngine(voice.engine)
    monkeypatch.setattr(service.worker, "load_voice", lambda *_, **__: Voice(pack=voice.pack, engine=engine))
    worker = Worker(settings)
    worker.start()
    yield worker
    engine.open()
    worker.stop()


@pytest.fixture
def engine(worker: Worker) -> GatedEngine:
    """The engine that the worker uses."""
    found = worker._voices["tiny"].engine
    assert isinstance(found, GatedEngine)
    return found


@pytest.fixture
def app(worker: Worker, settings: ServiceSettings) -> FastAPI:
    return create_app(settings, worker=worker)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sonant") as client:
        yield client


@pytest.fixture
def impatient(worker: Worker, settings: ServiceSettings) -> tuple[FastAPI, Worker]:
    """A service that is quick to drop a client which takes nothing."""
    return create_app(dataclasses.replace(settings, stall_seconds=0.2), worker=worker), worker
