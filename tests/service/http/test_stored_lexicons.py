"""Lexicons that are stored for a voice: looked at and edited, and what of them is heard."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from service.app import create_app
from service.frontend.lexicon_store import LexiconStore
from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings
from tests.service.asgi_call import AsgiCall
from tests.service.gated_engine import GatedEngine
from tests.service.local_link import LocalLink
from vocoder.audio.pcm import to_bytes
from vocoder.errors import ConfigError, InputError, TextError
from vocoder.synthesis.voice import Voice
from vocoder.text import Lexicon, SpeechInput, Ssml
from vocoder.text.lexicon import read_lexicon_file, to_pls

WORDS = {"SQL": "ˈsiːkwəl", "cat": {"alias": "dog"}}
LEXICON = Lexicon.of(WORDS)
HERE = "/voices/tiny/lexicon"
PLS = "application/pls+xml"
SPEAK = {"text": "A cat of SQL.", "seed": 7, "format": "pcm"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lexicons"


@pytest.fixture
def storing(settings: ServiceSettings, folder: Path, worker: Supervisor) -> FastAPI:
    """A service that stores lexicons."""
    return create_app(dataclasses.replace(settings, lexicons=folder), worker=worker)


@pytest.fixture
async def editor(storing: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=storing), base_url="http://sonant"
    ) as client:
        yield client


def write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def put_a_folder_at(path: Path) -> None:
    path.unlink()
    path.mkdir()


def sound(voice: Voice, lexicon: Lexicon | None = LEXICON) -> bytes:
    return to_bytes(voice.synthesize("A cat of SQL.", seed=7, lexicon=lexicon))


def failure(answer: httpx.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["field"]


async def test_a_stored_lexicon_is_looked_at_and_edited_in_both_forms(
    editor: httpx.AsyncClient, folder: Path
) -> None:
    empty = await editor.get(HERE)
    assert (empty.status_code, empty.json(), empty.headers["vary"]) == (200, {}, "Accept")
    put = await editor.put(HERE, json=WORDS)
    assert put.status_code == 204
    assert read_lexicon_file(folder / "tiny.json") == LEXICON
    found = await editor.get(HERE)
    assert found.json() == WORDS
    assert found.headers["etag"] == put.headers["etag"] != empty.headers["etag"]
    assert found.headers["content-type"] == "application/json"
    pls = await editor.get(HERE, headers={"Accept": f"{PLS}, */*"})
    assert pls.headers["content-type"] == PLS
    assert pls.text == to_pls(LEXICON, language="en-us")
    assert pls.headers["etag"] != found.headers["etag"]
    await editor.put(HERE, json={})
    back = await editor.put(HERE, content=pls.content, headers={"Content-Type": PLS})
    assert back.headers["etag"] == found.headers["etag"]
    for answer, accept in ((found, "application/json"), (pls, PLS)):
        known = await editor.get(
            HERE, headers={"Accept": accept, "If-None-Match": answer.headers["etag"]}
        )
        assert (known.status_code, known.content) == (304, b"")
    patched = await editor.patch(
        HERE,
        json={"sql": None, "GIF": "dʒɪf", "none": None},
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert patched.status_code == 204
    assert (await editor.get(HERE)).json() == {"GIF": "dʒɪf", "cat": {"alias": "dog"}}


async def test_single_words_are_looked_at_and_edited(editor: httpx.AsyncClient) -> None:
    assert failure(await editor.get(f"{HERE}/SQL")) == (404, "unknown_word", "word")
    put = await editor.put(f"{HERE}/SQL", json={"ipa": "ˈsiːkwəl"})
    assert put.status_code == 204
    found = await editor.get(f"{HERE}/sql")
    assert found.json() == {"word": "SQL", "ipa": "ˈsiːkwəl", "alias": None}
    assert found.headers["etag"] == put.headers["etag"]
    assert (
        await editor.get(f"{HERE}/sql", headers={"If-None-Match": found.headers["etag"]})
    ).status_code == 304
    assert (
        await editor.put(f"{HERE}/Caf%C3%A9", json={"alias": "coffee house"})
    ).status_code == 204
    assert (await editor.get(HERE)).json() == {"Café": {"alias": "coffee house"}, "SQL": "ˈsiːkwəl"}
    assert (await editor.delete(f"{HERE}/Sql")).status_code == 204
    assert failure(await editor.delete(f"{HERE}/SQL")) == (404, "unknown_word", "word")
    assert (await editor.get(HERE)).json() == {"Café": {"alias": "coffee house"}}


async def test_who_was_slower_does_not_overwrite(editor: httpx.AsyncClient) -> None:
    await editor.put(HERE, json=WORDS)
    old = (await editor.get(HERE)).headers["etag"]
    old_pls = (await editor.get(HERE, headers={"Accept": PLS})).headers["etag"]
    word = (await editor.get(f"{HERE}/cat")).headers["etag"]
    assert (
        await editor.patch(HERE, json={"SQL": None}, headers={"If-Match": old_pls})
    ).status_code == 204
    late = [
        await editor.put(HERE, json={}, headers={"If-Match": old}),
        await editor.put(HERE, json={}, headers={"If-Match": old_pls}),
        await editor.patch(
            HERE, json={}, headers={"If-Match": f"W/{(await editor.get(HERE)).headers['etag']}"}
        ),
        await editor.put(f"{HERE}/SQL", json={"ipa": "ə"}, headers={"If-Match": "*"}),
        await editor.put(f"{HERE}/cat", json={"ipa": "ə"}, headers={"If-Match": '"other"'}),
        await editor.delete(f"{HERE}/cat", headers={"If-Match": '"other"'}),
    ]
    assert {failure(answer) for answer in late} == {(412, "precondition_failed", "if-match")}
    taken = await editor.put(f"{HERE}/cat", json={"ipa": "ə"}, headers={"If-None-Match": "*"})
    assert failure(taken) == (412, "precondition_failed", "if-none-match")
    assert (await editor.get(HERE)).json() == {"cat": {"alias": "dog"}}
    assert (
        await editor.put(f"{HERE}/new", json={"ipa": "ə"}, headers={"If-None-Match": "*"})
    ).status_code == 204
    assert (
        await editor.put(f"{HERE}/cat", json={"ipa": "ə"}, headers={"If-Match": f'"x", {word}'})
    ).status_code == 204


async def test_of_two_at_once_one_is_told(editor: httpx.AsyncClient) -> None:
    tag = (await editor.get(HERE)).headers["etag"]
    answers = await asyncio.gather(
        *(editor.put(HERE, json={f"word{n}": "ə"}, headers={"If-Match": tag}) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [204, *[412] * 7]
    answers = await asyncio.gather(
        *(editor.put(f"{HERE}/more{n}", json={"ipa": "ə"}) for n in range(8))
    )
    assert {answer.status_code for answer in answers} == {204}
    assert len((await editor.get(HERE)).json()) == 9


async def test_a_stored_lexicon_is_heard_and_a_request_s_own_goes_over_it(
    editor: httpx.AsyncClient, voice: Voice
) -> None:
    plain = await editor.post("/synthesize", json=SPEAK)
    await editor.put(HERE, json=WORDS)
    stored = await editor.post("/synthesize", json=SPEAK)
    assert stored.content == sound(voice)
    own = await editor.post("/synthesize", json=SPEAK | {"lexicon": {"CAT": "kuː"}})
    assert own.content == sound(voice, lexicon=Lexicon.of({"SQL": "ˈsiːkwəl", "cat": "kuː"}))
    assert len({answer.headers["etag"] for answer in (plain, stored, own)}) == 3
    reading = (await editor.post("/phonemize", json={"text": "cat"})).json()
    assert reading["sentences"][0]["words"][0]["text"] == "dog"
    subtitles = await editor.post("/synthesize", json={"text": "A cat.", "timestamps": "vtt"})
    dog = await editor.post("/synthesize", json={"text": "A dog.", "timestamps": "vtt"})
    assert subtitles.text.replace("cat", "dog") == dog.text


async def test_what_was_begun_stays_what_it_was_whatever_is_edited(
    editor: httpx.AsyncClient, voice: Voice
) -> None:
    await editor.put(HERE, json=WORDS)
    begun = await editor.post("/synthesize", json=SPEAK)
    await editor.put(HERE, json={"cat": {"alias": "a very long horse"}})
    again = await editor.get(begun.headers["content-location"])
    assert again.headers["etag"] == begun.headers["etag"]
    assert again.content == begun.content == sound(voice)
    assert (await editor.post("/synthesize", json=SPEAK)).headers["etag"] != begun.headers["etag"]


async def test_a_stream_keeps_its_lexicon_when_its_worker_dies_after_an_edit(
    editor: httpx.AsyncClient,
    storing: FastAPI,
    voice: Voice,
    links: list[LocalLink],
    engine: GatedEngine,
) -> None:
    await editor.put(HERE, json=WORDS)
    engine.gate()
    call = AsgiCall(storing, SPEAK)
    engine.allow(2)
    await call.until(1)
    await editor.put(HERE, json={})
    links[0].die()
    engine.open()
    assert await call.finished() == sound(voice)
    assert len(links) == 2


def test_a_piece_of_a_live_text_is_spoken_with_the_lexicon_of_its_settings(
    storing: FastAPI, voice: Voice
) -> None:
    with TestClient(storing) as client, client.websocket_connect("/stream") as live:
        client.put(HERE, json={"SQL": "ˈsiːkwəl"}).raise_for_status()
        live.send_json({"type": "settings", "seed": 7, "lexicon": {"cat": {"alias": "dog"}}})
        live.send_json({"type": "text", "text": "A cat of SQL."})
        live.send_json({"type": "end"})
        heard = b""
        while (message := live.receive()).get("bytes") or json.loads(message["text"])[
            "type"
        ] != "done":
            heard += message.get("bytes") or b""
        assert heard == sound(voice)
    with TestClient(storing) as client, client.websocket_connect("/stream") as live:
        live.send_json({"type": "settings", "lexicon": {"Xhosa": "ǁ"}})
        error = live.receive_json()["error"]
        assert (error["code"], error["field"]) == ("invalid_value", "lexicon")
        assert "'Xhosa'" in error["message"]


async def test_edits_outlive_the_service(
    editor: httpx.AsyncClient, settings: ServiceSettings, worker: Supervisor, folder: Path
) -> None:
    await editor.put(HERE, json=WORDS)
    again = create_app(dataclasses.replace(settings, lexicons=folder), worker=worker)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=again), base_url="http://sonant"
    ) as client:
        assert (await client.get(HERE)).json() == WORDS
    assert names(folder) == ["tiny.json"]


async def test_a_file_of_pls_stays_one(
    folder: Path, settings: ServiceSettings, worker: Supervisor
) -> None:
    write(folder, "tiny.pls", to_pls(LEXICON, language="en-us"))
    app = create_app(dataclasses.replace(settings, lexicons=folder), worker=worker)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        assert (await client.get(HERE)).json() == WORDS
        await client.delete(f"{HERE}/cat")
    assert read_lexicon_file(folder / "tiny.pls", language="en-us") == Lexicon.of(
        {"SQL": "ˈsiːkwəl"}
    )
    assert (folder / "tiny.pls").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    "method, path, content, media_type, expected",
    [
        ("PUT", HERE, b"{", "application/json", (400, "invalid_json", "body")),
        ("PUT", HERE, b'{"a": "\xff"}', "application/json", (400, "invalid_json", "body")),
        ("PUT", HERE, b'{"a": "b", "a": "c"}', "application/json", (400, "invalid_json", "body")),
        (
            "PUT",
            HERE,
            b'{"a": "b", "A": "c"}',
            "application/json",
            (422, "invalid_value", "lexicon"),
        ),
        ("PUT", HERE, '{"a": "ǁ"}'.encode(), "application/json", (422, "invalid_value", "lexicon")),
        ("PUT", HERE, b"<lexicon/>", PLS, (422, "invalid_value", "lexicon")),
        ("PUT", HERE, b"\xff\xfe<", PLS, (422, "invalid_value", "lexicon")),
        (
            "PUT",
            HERE,
            to_pls(LEXICON, language="de").encode(),
            PLS,
            (422, "invalid_value", "lexicon"),
        ),
        ("PUT", HERE, b"{}", "text/plain", (415, "unsupported_media_type", "content-type")),
        (
            "PUT",
            HERE,
            b"{" + b" " * 3_000 + b"}",
            "application/json",
            (413, "body_too_large", "body"),
        ),
        ("PATCH", HERE, b"[]", "application/merge-patch+json", (400, "invalid_json", "body")),
        ("PATCH", HERE, b'{"a": {}}', "application/json", (422, "invalid_value", "lexicon")),
        (
            "PATCH",
            HERE,
            b'{"a": null, "A": null}',
            "application/json",
            (422, "invalid_value", "lexicon"),
        ),
        ("PATCH", HERE, b"{}", PLS, (415, "unsupported_media_type", "content-type")),
        (
            "PUT",
            f"{HERE}/a",
            b'{"ipa": "\\u01c1"}',
            "application/json",
            (422, "invalid_value", "lexicon"),
        ),
        ("PUT", f"{HERE}/a", b"{}", "application/json", (422, "conflicting_fields", "ipa")),
        (
            "PUT",
            f"{HERE}/a",
            b'{"ipa": "a", "alias": "b"}',
            "application/json",
            (422, "conflicting_fields", "ipa"),
        ),
        ("PUT", f"{HERE}/a", b'{"ipa": 3}', "application/json", (422, "wrong_type", "ipa")),
        (
            "PUT",
            f"{HERE}/two%20words",
            b'{"ipa": "a"}',
            "application/json",
            (422, "invalid_value", "word"),
        ),
        ("GET", f"{HERE}/two%20words", None, None, (422, "invalid_value", "word")),
        ("DELETE", f"{HERE}/%00", None, None, (422, "invalid_value", "word")),
        ("GET", "/voices/none/lexicon", None, None, (404, "unknown_voice", "voice")),
        ("PUT", "/voices/..%2f/lexicon", b"{}", "application/json", (404, "not_found", None)),
        ("PUT", "/voices/none/lexicon", b"{}", "application/json", (404, "unknown_voice", "voice")),
        ("DELETE", "/voices/none/lexicon/a", None, None, (404, "unknown_voice", "voice")),
    ],
)
async def test_what_is_wrong_with_an_edit_is_named_and_nothing_changes(
    settings: ServiceSettings,
    worker: Supervisor,
    folder: Path,
    method: str,
    path: str,
    content: bytes | None,
    media_type: str | None,
    expected: object,
) -> None:
    app = create_app(
        dataclasses.replace(settings, lexicons=folder, lexicon_limit=2_000), worker=worker
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        await client.put(HERE, json=WORDS)
        answer = await client.request(
            method,
            path,
            content=content,
            headers={} if media_type is None else {"Content-Type": media_type},
        )
        assert failure(answer) == expected
        assert (await client.get(HERE)).json() == WORDS


async def test_without_a_folder_nothing_is_edited_and_the_option_is_named(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get(HERE)).json() == {}
    for answer in (
        await client.put(HERE, json=WORDS),
        await client.patch(HERE, json=WORDS),
        await client.put(f"{HERE}/SQL", json={"ipa": "ə"}),
        await client.delete(f"{HERE}/SQL"),
    ):
        assert failure(answer) == (403, "read_only", None)
        assert "--lexicons DIR" in answer.json()["error"]["message"]
    assert failure(await client.put("/voices/none/lexicon", json=WORDS)) == (
        404,
        "unknown_voice",
        "voice",
    )


async def test_a_disk_that_does_not_take_it_is_the_service_s_fault(
    editor: httpx.AsyncClient, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await editor.put(HERE, json=WORDS)
    put_a_folder_at(folder / "tiny.json")
    with caplog.at_level(logging.ERROR):
        answer = await editor.put(HERE, json={})
    assert failure(answer) == (500, "internal", None)
    assert "is a folder" in caplog.text
    assert (await editor.get(HERE)).json() == WORDS


def test_files_that_are_wrong_keep_the_service_from_starting(
    folder: Path, worker: Supervisor
) -> None:
    folder.mkdir()
    (folder / "tiny.json").write_text('{"a": 3}')
    with pytest.raises(InputError, match=r"tiny\.json: the lexicon must have for 'a'"):
        LexiconStore(folder).load(worker.voices)
    (folder / "tiny.pls").write_text(to_pls(LEXICON, language="de"), "utf-8")
    with pytest.raises(ConfigError, match="has two lexicons"):
        LexiconStore(folder).load(worker.voices)
    (folder / "tiny.json").unlink()
    with pytest.raises(InputError, match="language is 'de'"):
        LexiconStore(folder).load(worker.voices)
    with pytest.raises(ConfigError, match="cannot be stored"):
        LexiconStore(folder / "tiny.pls").load(worker.voices)
    for name in ("../tiny", ".tiny", "", "a\0"):
        with pytest.raises(ConfigError, match="no file can have this name"):
            LexiconStore(folder).load([dataclasses.replace(worker.voices[0], name=name)])


async def test_a_service_with_a_worker_of_its_own_reads_them_when_it_has_loaded(
    settings: ServiceSettings,
    folder: Path,
    make_worker: Callable[[ServiceSettings], Supervisor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(folder, "tiny.json", json.dumps(WORDS))
    supervisor = make_worker(settings)
    monkeypatch.setattr(supervisor, "start", lambda: None)
    monkeypatch.setattr(supervisor, "stop", lambda: None)
    monkeypatch.setattr("service.app.Supervisor", lambda *_, **__: supervisor)
    app = create_app(dataclasses.replace(settings, lexicons=folder))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://sonant"
        ) as client,
    ):
        assert (await client.get(HERE)).json() == WORDS


def test_large_lexicons_do_not_travel(folder: Path, worker: Supervisor) -> None:
    lexicons = LexiconStore(folder)
    lexicons.load(worker.voices)

    async def asked(given: SpeechInput) -> Lexicon | None:
        await lexicons.edit("tiny", lambda _: Lexicon.of({f"word{n}": "ə" for n in range(5_000)}))
        return await lexicons.entries_for(given, voice=None, lexicon=None)

    for said in (
        "Say word7, word77.",
        Ssml("<speak>Say word7, <emphasis>word77</emphasis>.</speak>"),
    ):
        found = asyncio.run(asked(said))
        assert found is not None
        assert set(found.entries) == {"word7", "word77"}
    assert asyncio.run(asked("Say word.")) is None
    with pytest.raises(TextError, match="has 100001 characters"):  # before it is looked through
        asyncio.run(asked("a" * 100_001))


async def test_a_document_is_spoken_with_lexicons_too(
    editor: httpx.AsyncClient, voice: Voice
) -> None:
    await editor.put(HERE, json={"SQL": "ˈsiːkwəl"})
    answer = await editor.post(
        "/synthesize",
        json={
            "ssml": "<speak>A cat of SQL.</speak>",
            "seed": 7,
            "format": "pcm",
            "lexicon": {"cat": {"alias": "dog"}},
        },
    )
    assert answer.content == sound(voice)
    wrong = await editor.post("/synthesize", json={"ssml": "<speak>", "lexicon": {"cat": "ə"}})
    assert failure(wrong) == (422, "invalid_text", "ssml")


def test_whatever_is_edited_the_answer_is_one_of_those_described(
    storing: FastAPI, worker: Supervisor
) -> None:
    asked: dict[str, set[int]] = {}
    for found in schemathesis.openapi.from_asgi("/openapi.json", storing).get_all_operations():
        operation = found.ok()
        if not operation.path.startswith("/voices/{voice}"):
            continue

        @effort(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def holds(case: schemathesis.Case) -> None:
            if case.path_parameters:
                case.path_parameters["voice"] = "tiny"
            answer = case.call()
            assert answer.status_code < 500
            case.validate_response(
                answer,
                checks=[
                    status_code_conformance,
                    content_type_conformance,
                    response_schema_conformance,
                ],
            )
            asked.setdefault(f"{case.method} {case.path}", set()).add(answer.status_code)

        holds()
    assert len(asked) == 6
    assert 204 in asked["PUT /voices/{voice}/lexicon"]


async def test_a_full_disk_is_told_and_nothing_is_lost(
    editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await editor.put(HERE, json={"cat": {"alias": "dog"}})).status_code == 204

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("vocoder.audio.whole_file.os.fsync", full)
    answer = await editor.put(HERE, json=WORDS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")
    assert (await editor.get(HERE)).json() == {"cat": {"alias": "dog"}}
