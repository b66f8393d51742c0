"""Jobs over HTTP: the same bytes as everywhere, behind everybody who listens, and whatever ends the
service, the next one goes on.
"""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.jobs.requests import JobLine, JobRequest
from service.jobs.runner import _OutputFile
from service.jobs.store import NAME, JobStore, WaitingLine
from service.keys import make_key
from service.settings import ServiceSettings
from tests.service.asgi_call import AsgiCall
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG, eventually
from tests.service.local_link import LocalLink
from vocoder.audio.pcm import to_bytes
from vocoder.audio.wav import wav_header
from vocoder.batch.list_entries import FIELDS, LONGEST_ID, entry_of
from vocoder.errors import ConfigError
from vocoder.seeds import derived_seed
from vocoder.synthesis.voice import Voice
from vocoder.text import Lexicon, field_name_of, source_text

Make = Callable[[ServiceSettings], Supervisor]
JOB: dict[str, Any] = {
    "lines": [
        {"id": "one", "text": "Good day to you."},
        {"text": "Yes.", "speaker": "otto", "speed": 2},
        {
            "id": "a/../b",
            "ssml": "<speak>No. <break time='100ms'/></speak>",
            "format": "pcm",
            "seed": 9,
        },
    ],
    "defaults": {"length_scale": 1.5},
    "seed": 7,
}


async def ordered(
    client: httpx.AsyncClient, job: dict[str, Any] = JOB, **options: Any
) -> dict[str, Any]:
    answer = await client.post("/jobs", json=job, **options)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/jobs/{told['id']}"
    return told


async def ended(client: httpx.AsyncClient, job: str, **options: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}

    async def has_ended() -> bool:
        told.update((await client.get(f"/jobs/{job}", **options)).json())
        return told["ended"] is not None

    async with asyncio.timeout(20):
        while not await has_ended():  # noqa: ASYNC110  (it is a service that is asked, as any client does)
            await asyncio.sleep(0.02)
    return told


async def lines_of(client: httpx.AsyncClient, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/jobs/{job}/lines")).json()["lines"]
    return found


def files_of(folder: Path, job: str) -> list[str]:
    return sorted(path.name for path in (folder / job).glob("*"))


def leave_half(folder: Path) -> None:
    """What one leaves that is killed while it writes."""
    (folder / ".000012.wav.01234567.part").write_bytes(b"RIFF")


def wav(voice: Voice, text: str, **settings: Any) -> bytes:
    samples = voice.synthesize(text, **settings)
    return wav_header(voice.sample_rate, len(samples)) + to_bytes(samples)


async def test_each_file_is_what_its_line_is_alone(client: httpx.AsyncClient, voice: Voice) -> None:
    job = (await ordered(client))["id"]
    told = await ended(client, job)
    assert (told["state"], told["lines"]) == (
        "done",
        {"total": 3, "waiting": 0, "done": 3, "failed": 0, "cancelled": 0},
    )
    lines = await lines_of(client, job)
    assert [line["id"] for line in lines] == ["one", "000002", "a/../b"]
    expected = [
        wav(voice, "Good day to you.", length_scale=1.5, seed=derived_seed(7, "one")),
        wav(voice, "Yes.", speaker="otto", length_scale=0.5, seed=derived_seed(7, "000002")),
    ]
    for line, sound in zip(lines, expected, strict=False):
        answer = await client.get(f"/jobs/{job}/lines/{line['number']}/audio")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
        assert answer.content == sound
        assert (line["num_bytes"], line["sha256"]) == (
            len(sound),
            hashlib.sha256(sound).hexdigest(),
        )
        assert line["seconds"] == pytest.approx((len(sound) - 44) / 2 / voice.sample_rate)
    said = {name: value for name, value in JOB["lines"][2].items() if name != "id"}
    streamed = await client.post("/synthesize", json=said | {"length_scale": 1.5})
    assert (await client.get(f"/jobs/{job}/lines/3/audio")).content == streamed.content


async def test_the_archive_has_every_file_and_a_manifest(client: httpx.AsyncClient) -> None:
    lines = [*JOB["lines"], {"id": "wrong", "text": "\u4f60\u597d"}]
    job = (await ordered(client, JOB | {"lines": lines}))["id"]
    told = await ended(client, job)
    assert (told["lines"]["done"], told["lines"]["failed"]) == (3, 1)
    answer = await client.get(f"/jobs/{job}/archive")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        *sounds, manifest = archive.namelist()
        assert manifest == "manifest.jsonl"
        assert sounds[:2] == ["one.wav", "000002.wav"]
        assert "/" not in sounds[2]
        rows = [json.loads(line) for line in archive.read(manifest).splitlines()]
        assert [row["file"] for row in rows] == [*sounds, None]
        for row in rows[:3]:
            assert hashlib.sha256(archive.read(row["file"])).hexdigest() == row["sha256"]
        assert (rows[3]["state"], rows[3]["error"]["code"], rows[3]["error"]["field"]) == (
            "failed",
            "invalid_text",
            "text",
        )
    assert (await client.get(f"/jobs/{job}/archive")).content == answer.content


async def test_the_same_job_is_the_same_bytes(client: httpx.AsyncClient) -> None:
    digests = []
    for _ in range(2):
        job = (await ordered(client))["id"]
        await ended(client, job)
        digests.append([line["sha256"] for line in await lines_of(client, job)])
    assert digests[0] == digests[1]


async def test_who_listens_comes_first(
    app: FastAPI, client: httpx.AsyncClient, engine: GatedEngine, voice: Voice, worker: Supervisor
) -> None:
    engine.gate()
    job = (
        await ordered(client, {"lines": [{"text": LONG, "seed": seed} for seed in (101, 102, 103)]})
    )["id"]
    await eventually(lambda: worker.status.background == 3)
    listener = AsgiCall(app, {"text": LONG, "seed": 1, "format": "pcm"})
    await eventually(lambda: worker.status.open_streams == 1)
    assert worker.status.making == 1  # nobody is refused for what nobody listens to
    await asyncio.sleep(0.1)
    engine.batches.clear()
    engine.allow(1)
    # the turn that was waiting for its permit: of the background, perhaps
    await eventually(lambda: len(engine.batches) == 1)
    for _ in range(3):
        engine.allow(1)
        await asyncio.sleep(0.05)
    assert engine.batches[-2:] == [(1,)] * 2
    engine.open()
    assert await listener.finished() == to_bytes(voice.synthesize(LONG, seed=1))
    await ended(client, job)
    assert not any(1 in company and len(company) > 1 for company in engine.batches)
    sound = (await client.get(f"/jobs/{job}/lines/2/audio")).content
    assert sound == wav(voice, LONG, seed=102)


async def test_the_next_service_goes_on(
    keeping: ServiceSettings, make_worker: Make, engine: GatedEngine, folder: Path, voice: Voice
) -> None:
    texts = [f"Line number {number}." for number in range(12)]
    job = ""
    for attempt in range(3):
        worker = make_worker(keeping)
        app = create_app(keeping, worker=worker)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://sonant"
            ) as client,
        ):
            if attempt < 2:
                engine.gate()
                job = (
                    job
                    or (
                        await ordered(
                            client, {"lines": [{"text": text} for text in texts], "seed": 3}
                        )
                    )["id"]
                )
                engine.allow(30)
                await eventually(lambda job=job: len(list((folder / job).glob("*.wav"))) >= 2)
                leave_half(folder / job)
            else:
                told = await ended(client, job)
                assert told["lines"]["done"] == 12
                for number, text in enumerate(texts, 1):
                    sound = (await client.get(f"/jobs/{job}/lines/{number}/audio")).content
                    assert sound == wav(voice, text, seed=derived_seed(3, f"{number:06d}"))
        engine.open()
        worker.stop()
    assert files_of(folder, job) == [f"{number:06d}.wav" for number in range(1, 13)]


async def test_a_worker_that_dies_costs_a_job_nothing(
    client: httpx.AsyncClient, links: list[LocalLink], voice: Voice, worker: Supervisor
) -> None:
    job = (await ordered(client, {"lines": [{"text": LONG, "seed": 5}]}))["id"]
    await eventually(lambda: worker.status.background == 1)
    links[-1].die()
    await ended(client, job)
    assert (await client.get(f"/jobs/{job}/lines/1/audio")).content == wav(voice, LONG, seed=5)


async def test_a_disk_that_is_full_costs_no_line(
    client: httpx.AsyncClient, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.jobs.store.DISK_SECONDS", 0.02)
    monkeypatch.setattr("service.jobs.runner.DISK_SECONDS", 0.02)
    left = {"made": 2, "next_line": 2, "_write": 3}

    def failing(kind: type, name: str, error: Exception) -> None:
        original = getattr(kind, name)

        def once(self: Any, *arguments: Any) -> Any:
            left[name] -= 1
            if left[name] >= 0:
                raise error
            return original(self, *arguments)

        monkeypatch.setattr(kind, name, once)

    full = sqlite3.OperationalError("database or disk is full")
    failing(JobStore, "made", full)
    failing(JobStore, "next_line", full)
    failing(_OutputFile, "_write", OSError(errno.ENOSPC, "No space left on device"))
    job = (await ordered(client))["id"]
    told = await ended(client, job)
    assert (told["lines"]["done"], told["lines"]["failed"]) == (3, 0)
    assert all(count < 0 for count in left.values())
    assert (await client.get(f"/jobs/{job}/lines/1/audio")).content == wav(
        voice, "Good day to you.", length_scale=1.5, seed=derived_seed(7, "one")
    )


async def test_a_line_that_this_release_does_not_know_fails_alone(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = JobStore.next_line
    changed = []

    def other(self: JobStore) -> WaitingLine | None:
        line = original(self)
        if line is not None and line.number == 2:
            changed.append(line)
            return dataclasses.replace(line, request='{"text": "Yes.", "mood": "glad"}')
        return line

    monkeypatch.setattr(JobStore, "next_line", other)
    job = (await ordered(client))["id"]
    told = await ended(client, job)
    assert (told["lines"]["done"], told["lines"]["failed"], len(changed)) == (2, 1, 1)
    assert (await lines_of(client, job))[1]["error"] == {
        "code": "unknown_field",
        "message": "mood: extra inputs are not permitted",
        "field": "mood",
    }


async def test_cancel_and_delete(
    client: httpx.AsyncClient, engine: GatedEngine, folder: Path, worker: Supervisor
) -> None:
    engine.gate()
    job = (
        await ordered(client, {"lines": [{"text": "Yes."}, *({"text": LONG} for _ in range(5))]})
    )["id"]
    await eventually(lambda: worker.status.background == 3)
    assert (await client.get(f"/jobs/{job}/archive")).status_code == 409
    assert (await client.get(f"/jobs/{job}/lines/6/audio")).status_code == 409
    told = (await client.post(f"/jobs/{job}/cancel")).json()
    assert (told["state"], told["lines"]["cancelled"], told["lines"]["waiting"]) == (
        "cancelled",
        6,
        0,
    )
    await eventually(lambda: worker.status.background == 0)
    assert (await client.post(f"/jobs/{job}/cancel")).json() == told
    engine.open()
    assert not files_of(folder, job)
    assert zipfile.ZipFile(
        io.BytesIO((await client.get(f"/jobs/{job}/archive")).content)
    ).namelist() == ["manifest.jsonl"]
    assert (await client.delete(f"/jobs/{job}")).status_code == 204
    assert not files_of(folder, job)
    assert (await client.get(f"/jobs/{job}")).status_code == 404
    assert (await client.get("/jobs")).json() == {"jobs": []}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "missing_field", "lines"),
        ({"lines": []}, "invalid_value", "lines"),
        ({"lines": [{"text": "Yes."}, {}]}, "missing_field", "lines.1.text"),
        ({"lines": [{"text": "Yes.", "speed": "fast"}]}, "wrong_type", "lines.0.speed"),
        ({"lines": [{"text": "Yes.", "stream": False}]}, "unknown_field", "lines.0.stream"),
        ({"lines": [{"text": "Yes.", "voice": "nobody"}]}, "invalid_value", "lines.0.voice"),
        (
            {"lines": [{"text": "Yes.", "id": "000002"}, {"text": "No."}]},
            "invalid_value",
            "lines.1.id",
        ),
        (
            {"lines": [{"text": "Yes.", "lexicon": {"a b": "x"}}]},
            "invalid_value",
            "lines.0.lexicon",
        ),
        ({"lines": [{"text": "Yes."}], "defaults": {"text": "No."}}, "unknown_field", "defaults"),
        ({"lines": [{"text": "Yes."}], "seed": -1}, "invalid_value", "seed"),
        ({"lines": [{"text": "Yes."}], "webhook": "ftp://example.com"}, "invalid_value", "webhook"),
        (
            {"lines": [{"text": "Yes."}], "webhook": "https://127.0.0.1/told"},
            "invalid_value",
            "webhook",
        ),
        (
            {"lines": [{"text": "Yes."}], "webhook": "https://me:you@example.com/"},
            "invalid_value",
            "webhook",
        ),
    ],
    ids=str,
)
async def test_what_is_wrong_is_named_and_nothing_is_taken_on(
    client: httpx.AsyncClient, body: dict[str, Any], code: str, field: str
) -> None:
    answer = await client.post("/jobs", json=body)
    assert (
        answer.status_code,
        answer.json()["error"]["code"],
        answer.json()["error"]["field"],
    ) == (422, code, field)
    assert (await client.get("/jobs")).json() == {"jobs": []}


async def test_a_speed_goes_over_a_default_length_scale(client: httpx.AsyncClient) -> None:
    await ordered(
        client,
        {
            "lines": [{"text": "Yes.", "speed": 2}, {"text": "No."}],
            "defaults": {"length_scale": 2.0},
        },
    )


@pytest.mark.parametrize(
    "line",
    [
        {"text": "Yes."},
        {
            "id": "a",
            "ssml": "<speak>No.</speak>",
            "voice": "tiny",
            "speaker": "anna",
            "seed": 2**64 - 1,
            "speed": 3,
            "format": "flac",
        },
        {
            "id": "b" * LONGEST_ID,
            "phonemes": "həˈloʊ",
            "speaker": 1,
            "length_scale": 0.3,
            "pitch": -1.5,
            "volume": 0,
            "temperature": 0.5,
        },
    ],
)
def test_a_line_says_in_a_job_what_it_says_in_a_list(line: dict[str, Any]) -> None:
    assert set(JobLine.model_fields) - {"sample_rate", "lexicon", "ssml_strict"} == set(FIELDS) - {
        "chapters"
    }
    listed, order = (
        entry_of(7, line),
        JobLine.model_validate(line | ({"ssml_strict": True} if "ssml" in line else {})).order(),
    )
    assert source_text(order.text) == line[field_name_of(order.text)]
    assert (listed.text, listed.voice, listed.speaker, listed.seed) == (
        order.text,
        order.voice,
        order.speaker,
        order.seed,
    )
    assert (listed.length_scale or 1.0, listed.pitch or 0.0, listed.temperature) == (
        order.length_scale,
        order.pitch,
        order.temperature,
    )
    assert order.volume == (1.0 if listed.volume is None else listed.volume)
    job = JobRequest(lines=[{"text": "x"}] * 6 + [line])
    assert job.checked()[6].id == listed.id


async def test_lines_are_told_page_by_page(client: httpx.AsyncClient) -> None:
    job = (await ordered(client, {"lines": [{"text": "Yes."} for _ in range(7)]}))["id"]
    for query, numbers in (
        ("", range(1, 8)),
        ("?limit=3", range(1, 4)),
        ("?after=5", range(6, 8)),
        ("?after=7", ()),
    ):
        assert [
            line["number"]
            for line in (await client.get(f"/jobs/{job}/lines{query}")).json()["lines"]
        ] == list(numbers)
    for query in ("?limit=0", "?after=-1", "?after=x", "?limit=1001"):
        answer = await client.get(f"/jobs/{job}/lines{query}")
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, query[1:6])
    for number in ("0", "8", "x", "-1", "1" * 20):
        assert (await client.get(f"/jobs/{job}/lines/{number}/audio")).json()["error"][
            "code"
        ] == "unknown_line"


async def test_only_so_many_jobs_wait(client: httpx.AsyncClient, engine: GatedEngine) -> None:
    engine.gate()
    jobs = [(await ordered(client))["id"] for _ in range(3)]
    refused = await client.post("/jobs", json=JOB)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
    await client.delete(f"/jobs/{jobs[0]}")
    await ordered(client)


async def test_a_key_sees_its_own_jobs_alone(
    keeping: ServiceSettings, worker: Supervisor, tmp_path: Path
) -> None:
    (anna, anna_line), (otto, otto_line) = make_key("anna"), make_key("otto")
    file = tmp_path / "keys"
    file.write_text(f"{anna_line}\n{otto_line}\n")
    app = create_app(dataclasses.replace(keeping, key_file=file), worker=worker)
    hers, his = ({"headers": {"x-api-key": key}} for key in (anna, otto))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://sonant"
        ) as client,
    ):
        assert (await client.post("/jobs", json=JOB)).status_code == 401
        job = (await ordered(client, **hers))["id"]
        await ended(client, job, **hers)
        for method, path in (
            ("GET", ""),
            ("GET", "/lines"),
            ("GET", "/lines/1/audio"),
            ("GET", "/archive"),
            ("POST", "/cancel"),
            ("DELETE", ""),
        ):
            assert (await client.request(method, f"/jobs/{job}{path}", **his)).status_code == 404
        assert (await client.get("/jobs", **his)).json() == {"jobs": []}
        assert [one["id"] for one in (await client.get("/jobs", **hers)).json()["jobs"]] == [job]


async def test_where_none_are_kept_that_is_said(
    keeping: ServiceSettings, worker: Supervisor
) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(
            app=create_app(dataclasses.replace(keeping, jobs=None), worker=worker)
        ),
        base_url="http://sonant",
    ) as client:
        for answer in (
            await client.post("/jobs", json=JOB),
            await client.get("/jobs"),
            await client.delete("/jobs/x"),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_kept")


async def test_two_services_cannot_keep_one_folder(
    app: FastAPI, keeping: ServiceSettings, worker: Supervisor
) -> None:
    with pytest.raises(ConfigError, match="locked"):
        create_app(keeping, worker=worker)


def test_a_folder_of_a_later_release_is_left_alone(
    keeping: ServiceSettings, worker: Supervisor, folder: Path
) -> None:
    folder.mkdir()
    with sqlite3.connect(folder / "jobs.sqlite3") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigError, match="later release"):
        create_app(keeping, worker=worker)


async def test_every_example_of_a_job_is_taken_on(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    examples = document["components"]["schemas"]["JobRequest"]["examples"]
    assert examples
    for example in examples:
        job = (await ordered(client, example))["id"]
        assert (await ended(client, job))["lines"]["failed"] == 0


async def test_answers_are_those_described(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Whatever is asked of jobs, and of one that is there."""
    job = (await ordered(client))["id"]
    await ended(client, job)
    asked: set[str] = set()
    for found in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
        operation = found.ok()
        if not operation.path.startswith("/jobs") or operation.method == "delete":
            continue

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(), there=st.booleans())
        def holds(case: schemathesis.Case, there: bool) -> None:
            if there and "job" in case.path_parameters:
                case.path_parameters["job"] = job
            answer = case.call()
            assert answer.status_code < 500 or answer.status_code == 503
            case.validate_response(
                answer,
                checks=[
                    status_code_conformance,
                    content_type_conformance,
                    response_schema_conformance,
                ],
            )
            asked.add(case.path)

        await asyncio.to_thread(holds)
    assert len(asked) == 7


async def test_defaults_are_stored_and_checked_once(
    client: httpx.AsyncClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large lexicon for many lines: as much is stored as was sent, and DELETE gives it back."""
    checked = []
    own = Lexicon.of

    def counted(entries: Any, **options: Any) -> Lexicon:
        checked.append(len(entries))
        return own(entries, **options)

    monkeypatch.setattr(Lexicon, "of", counted)
    lexicon = {f"word{number}": "həlˈoʊ" for number in range(500)}

    def stored() -> int:
        return sum(path.stat().st_size for path in folder.glob(f"{NAME}*"))

    empty = stored()
    job = {"lines": [{"text": "Yes."}] * 300, "defaults": {"lexicon": lexicon, "format": "pcm"}}
    size = len(json.dumps(job))
    told = await ordered(client, job)
    assert sum(checked) <= 3 * len(lexicon)  # of the first lines, which are being made
    assert stored() < empty + 10 * size
    assert (await client.delete(f"/jobs/{told['id']}")).status_code == 204
    assert stored() <= empty


async def test_a_line_takes_what_it_leaves_out_from_the_defaults(
    client: httpx.AsyncClient, voice: Voice
) -> None:
    job = {
        "lines": [{"text": "Yes.", "seed": 3}, {"text": "Yes.", "seed": 3, "lexicon": {}}],
        "defaults": {"lexicon": {"yes": "nˈoʊ"}},
    }
    told = await ordered(client, job)
    await ended(client, told["id"])
    heard = [
        (await client.get(f"/jobs/{told['id']}/lines/{number}/audio")).content for number in (1, 2)
    ]
    assert heard[1] == wav(voice, "Yes.", seed=3)
    assert heard[0] == wav(voice, "Yes.", seed=3, lexicon=Lexicon.of({"yes": "nˈoʊ"}))


async def test_defaults_that_no_line_can_take_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/jobs", json={"lines": [{"text": "A"}], "defaults": {"speed": "fast"}}
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "defaults.speed"
