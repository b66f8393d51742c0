"""How many jobs a client may order: as many requests as it may make of any kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.jobs.store import JobStore
from service.keys import make_key
from service.settings import ServiceSettings
from tests.service.jobs.test_jobs import JOB, ended, ordered

Make = Callable[[ServiceSettings], Supervisor]


async def test_a_job_is_a_request_of_its_address(
    keeping: ServiceSettings, make_worker: Make
) -> None:
    limited = dataclasses.replace(keeping, address_requests_per_minute=2, job_limit=100)
    app = create_app(limited, worker=make_worker(limited))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://sonant"
        ) as client,
    ):
        job = (await ordered(client))["id"]
        assert (await client.post("/synthesize", json={"text": "Yes."})).status_code == 200
        for path, body in (("/jobs", JOB), ("/synthesize", {"text": "Yes."})):
            refused = await client.post(path, json=body)
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "client_limit")
            assert 1 <= int(refused.headers["retry-after"]) <= 30
        # Neither what is made of the job nor whoever looks at it is a request.
        assert (await ended(client, job))["lines"]["done"] == 3
        assert [one["id"] for one in (await client.get("/jobs")).json()["jobs"]] == [job]
        assert (
            'sonant_refused_total{reason="client_limit"} 2.0' in (await client.get("/metrics")).text
        )


async def test_and_of_its_key(keeping: ServiceSettings, make_worker: Make, tmp_path: Path) -> None:
    (anna, anna_line), (otto, otto_line) = make_key("anna"), make_key("otto")
    file = tmp_path / "keys"
    file.write_text(f"{anna_line}\n{otto_line}\n")
    limited = dataclasses.replace(keeping, key_file=file, key_requests_per_minute=1)
    app = create_app(limited, worker=make_worker(limited))
    hers, his = ({"headers": {"x-api-key": key}} for key in (anna, otto))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://sonant"
        ) as client,
    ):
        await ordered(client, **hers)
        assert (await client.post("/jobs", json=JOB, **hers)).status_code == 429
        await ordered(client, **his)


async def test_what_is_refused_was_a_request(keeping: ServiceSettings, make_worker: Make) -> None:
    """It is counted before its body is read, so that reading is not free."""
    limited = dataclasses.replace(keeping, address_requests_per_minute=2)
    app = create_app(limited, worker=make_worker(limited))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        statuses = [
            (await client.post("/jobs", content=b"{", headers={"content-type": kind})).status_code
            for kind in ("application/json", "text/plain", "application/json")
        ]
    assert statuses == [400, 415, 429]


async def test_a_full_disk_is_told_and_nothing_is_lost(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await ordered(client)
    add = JobStore.add

    def add_to_a_full_disk(store: JobStore, *args: Any, **kwargs: Any) -> None:
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        add(store, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "add", add_to_a_full_disk)
        lines = [{"text": "Yes. " * 20} for _ in range(20)]
        answer = await client.post("/jobs", json={"lines": lines})
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
    assert [job["id"] for job in (await client.get("/jobs")).json()["jobs"]] == [kept["id"]]
