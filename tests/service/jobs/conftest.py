from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "jobs"


@pytest.fixture
def keeping(settings: ServiceSettings, folder: Path) -> ServiceSettings:
    return dataclasses.replace(settings, jobs=folder, job_streams=3, job_limit=3)


@pytest.fixture
async def app(keeping: ServiceSettings, worker: Supervisor) -> AsyncIterator[FastAPI]:
    """A service that keeps jobs, and makes them."""
    app = create_app(keeping, worker=worker)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        yield client
