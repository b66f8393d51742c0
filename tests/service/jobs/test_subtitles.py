"""Subtitles of jobs: those of `POST /synthesize`, beside the sound; and folders of jobs from before
there were any.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.jobs import store
from service.settings import ServiceSettings
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG, eventually
from tests.service.jobs.test_jobs import JOB, ended, files_of, lines_of, ordered
from tests.service.local_link import LocalLink

TYPES = {"vtt": "text/vtt; charset=utf-8", "srt": "application/x-subrip; charset=utf-8"}


async def expected(client: httpx.AsyncClient, line: dict[str, Any], form: str) -> bytes:
    """What `POST /synthesize` says, which knows no ids, and has the job's default."""
    said = {"length_scale": 1.5} | {
        name: value for name, value in line.items() if name not in ("id", "format")
    }
    if "speed" in said:
        del said["length_scale"]
    answer = await client.post("/synthesize", json=said | {"timestamps": form})
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("form", ["vtt", "srt"])
async def test_every_line_has_subtitles_beside_its_sound(
    client: httpx.AsyncClient, folder: Path, form: Literal["vtt", "srt"]
) -> None:
    lines = [*JOB["lines"], {"id": "long", "text": LONG}, {"id": "wrong", "text": "\u4f60\u597d"}]
    plain = (await ordered(client, JOB | {"lines": lines}))["id"]
    told = await ordered(client, JOB | {"lines": lines, "subtitles": form})
    job = told["id"]
    assert told["subtitles"] == form
    await ended(client, plain)
    await ended(client, job)
    found = await lines_of(client, job)
    wanted = [await expected(client, line, form) for line in lines[:4]]
    for line, subtitles in zip(found[:4], wanted, strict=True):
        answer = await client.get(f"/jobs/{job}/lines/{line['number']}/subtitles")
        assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES[form])
        assert answer.content == subtitles
        assert line["subtitles_sha256"] == hashlib.sha256(subtitles).hexdigest()
    # no sample is another
    assert [line["sha256"] for line in found] == [
        line["sha256"] for line in await lines_of(client, plain)
    ]
    assert found[4]["subtitles_sha256"] is None
    assert (await client.get(f"/jobs/{job}/lines/5/subtitles")).json()["error"][
        "code"
    ] == "not_done"
    archive = zipfile.ZipFile(io.BytesIO((await client.get(f"/jobs/{job}/archive")).content))
    rows = [json.loads(line) for line in archive.read("manifest.jsonl").splitlines()]
    assert [row["subtitles"] for row in rows[:2]] == [f"one.{form}", f"000002.{form}"]
    assert [archive.read(row["subtitles"]) for row in rows[:4]] == wanted
    assert all(Path(row["subtitles"]).stem == Path(row["file"]).stem for row in rows[:4])
    assert rows[4]["subtitles"] is None
    assert len(archive.namelist()) == 9
    assert len(files_of(folder, job)) == 8


async def test_a_job_without_has_none(client: httpx.AsyncClient, folder: Path) -> None:
    told = await ordered(client)
    await ended(client, told["id"])
    assert told["subtitles"] is None
    answer = await client.get(f"/jobs/{told['id']}/lines/1/subtitles")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_subtitles")
    assert (await client.get(f"/jobs/{told['id']}/lines/9/subtitles")).json()["error"][
        "code"
    ] == "unknown_line"
    assert files_of(folder, told["id"]) == ["000001.wav", "000002.wav", "000003.pcm"]
    refused = await client.post("/jobs", json=JOB | {"subtitles": "ass"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "subtitles")
    in_a_line = await client.post("/jobs", json={"lines": [{"text": "Yes.", "subtitles": "vtt"}]})
    assert (in_a_line.status_code, in_a_line.json()["error"]["field"]) == (422, "lines.0.subtitles")


async def test_a_worker_that_dies_leaves_no_sentence_out(
    client: httpx.AsyncClient, engine: GatedEngine, links: list[LocalLink], worker: Supervisor
) -> None:
    engine.gate()
    job = (await ordered(client, {"lines": [{"text": LONG, "seed": 5}], "subtitles": "vtt"}))["id"]
    await eventually(lambda: worker.status.background == 1)
    engine.allow(8)
    await eventually(lambda: len(engine.batches) >= 8)
    links[-1].die()
    engine.open()
    await ended(client, job)
    assert (await client.get(f"/jobs/{job}/lines/1/subtitles")).content == await expected(
        client, {"text": LONG, "length_scale": 1.0}, "vtt"
    )


async def test_cancelled_nothing_is_half_there(
    client: httpx.AsyncClient, engine: GatedEngine, folder: Path, worker: Supervisor
) -> None:
    engine.gate()
    job = (await ordered(client, {"lines": [{"text": LONG}], "subtitles": "srt"}))["id"]
    await eventually(lambda: worker.status.background == 1)
    await client.post(f"/jobs/{job}/cancel")
    await eventually(lambda: worker.status.background == 0)
    engine.open()
    assert not files_of(folder, job)


def keep_jobs_of_version_1(folder: Path) -> None:
    """A job that is done, and one of which a line waits."""
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "000001.wav").write_bytes(b"RIFF")
    with closing(sqlite3.connect(folder / store.NAME)) as db, db:
        db.executescript(store._MIGRATIONS[0])
        db.execute("PRAGMA user_version = 1")
        db.execute(
            "INSERT INTO job (id, state, created, begun, ended) VALUES ('old', 'done', 1, 2, 3)"
        )
        db.execute(
            "INSERT INTO line (job, number, id, request, state, file, media_type, num_bytes, "
            "sha256, seconds, skipped) "
            "VALUES ('old', 1, 'one', '{}', 'done', '000001.wav', 'audio/wav', 4, 'abc', 0.5, '[]')"
        )
        db.execute("INSERT INTO job (id, state, created) VALUES ('waiting', 'waiting', 1)")
        db.execute(
            """
            INSERT INTO line (job, number, id, request, state)
            VALUES ('waiting', 1, 'one', '{"text": "Yes.", "seed": 3}', 'waiting')
            """
        )


async def test_a_folder_from_before_there_were_any_is_taken_over(
    keeping: ServiceSettings, worker: Supervisor, folder: Path
) -> None:
    keep_jobs_of_version_1(folder)
    app = create_app(keeping, worker=worker)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://sonant"
        ) as client,
    ):
        assert (await ended(client, "waiting"))["lines"]["done"] == 1
        old = (await client.get("/jobs/old")).json()
        assert (old["state"], old["subtitles"], old["lines"]["done"]) == ("done", None, 1)
        assert (await client.get("/jobs/old/lines/1/audio")).content == b"RIFF"
        assert (await client.get("/jobs/old/lines/1/subtitles")).json()["error"][
            "code"
        ] == "no_subtitles"
        job = (await ordered(client, {"lines": [{"text": "Yes."}], "subtitles": "vtt"}))["id"]
        await ended(client, job)
        assert (await client.get(f"/jobs/{job}/lines/1/subtitles")).content.startswith(b"WEBVTT\n")
    with closing(sqlite3.connect(folder / store.NAME)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(store._MIGRATIONS),)
