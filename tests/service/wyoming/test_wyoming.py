"""The Wyoming protocol, asked by its own package's client."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeTextFormat,
    SynthesizeVoice,
)

from service.app import create_app
from service.frontend.live_stream import LiveStream
from service.frontend.supervisor import Supervisor
from service.protocol.speech_order import SpeechOrder
from service.settings import ServiceSettings
from service.wyoming.server import WyomingServer
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG, eventually
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

TEXT = "Good day to you all."
SENTENCES = ("Good day to you all.", "How are you?", "I am well.")


@asynccontextmanager
async def serving(
    settings: ServiceSettings, worker: Supervisor, app: FastAPI | None = None
) -> AsyncIterator[WyomingServer]:
    app = app or create_app(settings, worker=worker)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = WyomingServer(listener, settings, worker, app.state.lexicons)
        await server.start()
        try:
            yield server
        finally:
            await server.stop(1.0)


@asynccontextmanager
async def connected(server: WyomingServer) -> AsyncIterator[AsyncTcpClient]:
    async with AsyncTcpClient(*server.listener.getsockname()[:2], read_timeout=20) as connection:
        yield connection


@pytest.fixture
async def server(
    settings: ServiceSettings, worker: Supervisor, app: FastAPI
) -> AsyncIterator[WyomingServer]:
    async with serving(settings, worker, app) as server:
        yield server


@pytest.fixture
async def home(server: WyomingServer) -> AsyncIterator[AsyncTcpClient]:
    """What Home Assistant has."""
    async with connected(server) as connection:
        yield connection


def event_of(what: Eventable, **more: object) -> Event:
    event = what.event()
    return Event(type=event.type, data={**event.data, **more}, payload=event.payload)


async def ask(connection: AsyncTcpClient, *events: Event | Eventable) -> None:
    for event in events:
        await connection.write_event(event if isinstance(event, Event) else event.event())


async def hear(connection: AsyncTcpClient, until: str) -> list[Event]:
    """All that comes, up to an event of this type; less where the connection ends."""
    heard: list[Event] = []
    while (event := await connection.read_event()) is not None:
        heard.append(event)
        if event.type == until:
            break
    return heard


def sound_of(events: list[Event]) -> bytes:
    return b"".join(AudioChunk.from_event(e).audio for e in events if AudioChunk.is_type(e.type))


def kinds(events: list[Event]) -> list[str]:
    """Types of events, each run of equal ones once."""
    found = [event.type for event in events]
    return [one for one, before in zip(found, [None, *found], strict=False) if one != before]


async def refused(connection: AsyncTcpClient) -> str | None:
    """The code of the error that ends the connection."""
    heard = await hear(connection, until="nothing")
    assert kinds(heard)[-1] == "error"
    assert Error.from_event(heard[-1]).text
    return Error.from_event(heard[-1]).code


SSML = "<speak>Good <emphasis>day</emphasis>.</speak>"


@pytest.mark.parametrize(
    ("asked", "ours"),
    [
        (Synthesize(TEXT), {"text": TEXT}),
        (
            Synthesize(TEXT, voice=SynthesizeVoice(name="tiny", speaker="otto")),
            {"text": TEXT, "speaker": "otto"},
        ),
        (Synthesize(SSML, text_format=SynthesizeTextFormat.SSML), {"ssml": SSML}),
        (Synthesize(LONG * 4), {"text": LONG * 4}),
    ],
    ids=["text", "speaker", "ssml", "long"],
)
async def test_the_bytes_are_those_of_synthesize(
    home: AsyncTcpClient, client: httpx.AsyncClient, asked: Synthesize, ours: dict[str, object]
) -> None:
    await ask(home, event_of(asked, seed=7))
    heard = await hear(home, until="audio-stop")
    assert kinds(heard) == ["audio-start", "audio-chunk", "audio-stop"]
    answer = await client.post("/synthesize", json={**ours, "seed": 7, "format": "pcm"})
    assert sound_of(heard) == answer.content
    start = AudioStart.from_event(heard[0])
    assert str(start.rate) == answer.headers["x-sample-rate"]
    assert (start.width, start.channels, heard[0].data["seed"]) == (2, 1, 7)


async def test_the_seed_that_was_drawn_is_told(home: AsyncTcpClient, voice: Voice) -> None:
    await ask(home, Synthesize(TEXT))
    heard = await hear(home, until="audio-stop")
    assert sound_of(heard) == to_bytes(voice.synthesize(TEXT, seed=heard[0].data["seed"]))


@pytest.mark.parametrize("size", [1, 7, 1_000])
async def test_of_a_text_stream_sentence_n_is_spoken_with_seed_plus_n(
    home: AsyncTcpClient, voice: Voice, size: int
) -> None:
    text = " ".join(SENTENCES)
    await ask(
        home,
        event_of(SynthesizeStart(), seed=2**64 - 2),
        *(SynthesizeChunk(text[first : first + size]) for first in range(0, len(text), size)),
        Synthesize(text),  # Home Assistant repeats it, for services that do not stream
        SynthesizeStop(),
    )
    heard = await hear(home, until="synthesize-stopped")
    seeds = (2**64 - 2, 2**64 - 1, 0)
    assert kinds(heard) == [*("audio-start", "audio-chunk", "audio-stop") * 3, "synthesize-stopped"]
    assert [event.data["seed"] for event in heard if AudioStart.is_type(event.type)] == [*seeds]
    assert sound_of(heard) == b"".join(
        to_bytes(voice.synthesize(sentence, seed=seed))
        for sentence, seed in zip(SENTENCES, seeds, strict=True)
    )


async def test_sound_comes_while_the_text_is_still_written(home: AsyncTcpClient) -> None:
    await ask(home, SynthesizeStart(), SynthesizeChunk("Good day to you all. How are "))
    assert sound_of(await hear(home, until="audio-stop"))
    await ask(home, SynthesizeChunk("you?"), SynthesizeStop())
    assert sound_of(await hear(home, until="synthesize-stopped"))


async def test_ssml_in_pieces_is_one_document(home: AsyncTcpClient, voice: Voice) -> None:
    start = SynthesizeStart(text_format=SynthesizeTextFormat.SSML)
    document = "<speak>Good <sub alias='night'>day</sub>. How are you?</speak>"
    await ask(
        home,
        event_of(start, seed=7),
        SynthesizeChunk(document[:12]),
        SynthesizeChunk(document[12:]),
        SynthesizeStop(),
    )
    heard = await hear(home, until="synthesize-stopped")
    assert sound_of(heard) == to_bytes(voice.synthesize("Good night. How are you?", seed=7))


async def test_sound_leaves_as_it_is_made(home: AsyncTcpClient, engine: GatedEngine) -> None:
    engine.gate()
    await ask(home, Synthesize(LONG * 4))
    assert kinds([await home.read_event() or Event("none")]) == ["audio-start"]
    engine.allow(2)
    first = await home.read_event()
    assert first is not None
    assert AudioChunk.is_type(first.type)
    engine.open()
    assert sound_of(await hear(home, until="audio-stop"))


async def test_several_connections_at_once(
    server: WyomingServer, voice: Voice, engine: GatedEngine
) -> None:
    engine.gate()
    async with (
        connected(server) as first,
        connected(server) as second,
        connected(server) as third,
    ):
        await ask(first, event_of(Synthesize(LONG), seed=1))
        await ask(second, event_of(Synthesize(TEXT), seed=2))
        await ask(third, Describe())
        assert kinds(await hear(third, until="info")) == ["info"]  # while the others wait
        for connection in (first, second):
            assert kinds(await hear(connection, until="audio-start")) == ["audio-start"]
        engine.open()
        assert sound_of(await hear(second, until="audio-stop")) == to_bytes(
            voice.synthesize(TEXT, seed=2)
        )
        assert sound_of(await hear(first, until="audio-stop")) == to_bytes(
            voice.synthesize(LONG, seed=1)
        )


async def test_one_connection_asks_again_and_again(home: AsyncTcpClient, voice: Voice) -> None:
    await ask(home, *(event_of(Synthesize(TEXT), seed=seed) for seed in range(12)), Ping("x"))
    heard = await hear(home, until="pong")
    assert Pong.from_event(heard[-1]).text == "x"
    assert sound_of(heard) == b"".join(
        to_bytes(voice.synthesize(TEXT, seed=seed)) for seed in range(12)
    )


async def test_info_tells_the_voices(home: AsyncTcpClient) -> None:
    await ask(home, Describe())
    (event,) = await hear(home, until="info")
    (program,) = Info.from_event(event).tts
    assert program.installed
    assert program.supports_synthesize_streaming
    (voice,) = program.voices
    assert (voice.name, voice.languages, voice.installed) == ("tiny", ["en-US"], True)
    assert [speaker.name for speaker in voice.speakers or []] == ["anna", "otto"]


@pytest.mark.parametrize(
    "voice_asked",
    [
        SynthesizeVoice(name="en_US-lessac-medium"),
        SynthesizeVoice(name="tiny", speaker="nobody"),
        SynthesizeVoice(language="fr"),
        SynthesizeVoice(),
    ],
    ids=str,
)
async def test_unknown_voices_take_the_default(
    home: AsyncTcpClient, voice: Voice, voice_asked: SynthesizeVoice
) -> None:
    await ask(home, event_of(Synthesize(TEXT, voice=voice_asked), seed=7))
    assert sound_of(await hear(home, until="audio-stop")) == to_bytes(
        voice.synthesize(TEXT, seed=7)
    )


async def test_other_events_are_passed_over(home: AsyncTcpClient) -> None:
    chunk = AudioChunk(rate=8_000, width=2, channels=1, audio=b"\0" * 3_000)
    await ask(home, Event("select-program", {"name": "x"}), chunk, Describe())
    assert kinds(await hear(home, until="info")) == ["info"]


# What is refused.


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Event("synthesize", {"text": ""}), "invalid_text"),
        (Event("synthesize", {"text": "a" * 301}), "invalid_text"),
        (Event("synthesize", {}), "missing_field"),
        (Event("synthesize", {"text": 7}), "wrong_type"),
        (Event("synthesize", {"text": TEXT, "voice": "tiny"}), "wrong_type"),
        (Event("synthesize", {"text": TEXT, "seed": -1}), "invalid_value"),
        (Event("synthesize", {"text": TEXT, "text_format": "html"}), "invalid_value"),
        (Event("synthesize-start", {"seed": 2**64}), "invalid_value"),
        (Event("synthesize-chunk", {"text": TEXT}), "out_of_order"),
        (Event("synthesize-stop"), "out_of_order"),
        (Event("synthesize", {"text": "a" * 5_000}), "body_too_large"),
        (Event("x", payload=b"a" * 5_000), "body_too_large"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_told_and_ends_the_connection(
    home: AsyncTcpClient, event: Event, code: str
) -> None:
    await ask(home, event)
    assert await refused(home) == code


async def test_two_text_streams_on_one_connection(home: AsyncTcpClient) -> None:
    await ask(home, SynthesizeStart(), SynthesizeStart())
    assert await refused(home) == "out_of_order"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"GET / HTTP/1.1\n", "invalid_json"),
        (b"[]\n", "invalid_json"),
        (b"{}\n", "missing_field"),
        (b'{"type": "x", "data_length": -1}\n', "invalid_value"),
        (b'{"type": "x", "data_length": 2}\nno', "invalid_json"),
        (b'{"type": "' + b"x" * 70_000 + b'"}\n', "body_too_large"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_no_event_is_refused(server: WyomingServer, line: bytes, code: str) -> None:
    async with connected(server) as connection:
        assert connection._writer is not None  # the client sends events alone
        connection._writer.write(line)
        assert await refused(connection) == code


async def test_what_came_before_an_error_is_still_heard(home: AsyncTcpClient, voice: Voice) -> None:
    await ask(home, event_of(Synthesize(TEXT), seed=7), Event("synthesize", {}))
    heard = await hear(home, until="error")
    assert sound_of(heard) == to_bytes(voice.synthesize(TEXT, seed=7))
    assert await home.read_event() is None


async def test_what_comes_after_an_error_is_not_begun(
    home: AsyncTcpClient, worker: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    original = worker.open

    async def slow(order: SpeechOrder, *arguments: Any, **options: Any) -> LiveStream:
        opened.append(order.text)
        await asyncio.sleep(0.2)  # the next has been asked for meanwhile
        return await original(order, *arguments, **options)

    monkeypatch.setattr(worker, "open", slow)
    await ask(home, Synthesize(""), Synthesize(TEXT))
    assert await refused(home) == "invalid_text"
    assert opened == [""]


async def test_a_sentence_that_cannot_be_spoken_is_left_out(
    home: AsyncTcpClient, voice: Voice
) -> None:
    await ask(
        home,
        event_of(SynthesizeStart(), seed=7),
        SynthesizeChunk("Good day to you all. \N{SLIGHTLY SMILING FACE}\n\nHow are you?"),
        SynthesizeStop(),
    )
    heard = await hear(home, until="synthesize-stopped")
    told = [Error.from_event(event).code for event in heard if Error.is_type(event.type)]
    assert told == ["invalid_text"]
    assert sound_of(heard) == to_bytes(voice.synthesize(SENTENCES[0], seed=7)) + to_bytes(
        voice.synthesize("How are you?", seed=9)
    )


async def test_text_without_an_end_is_not_kept(
    settings: ServiceSettings, worker: Supervisor
) -> None:
    async with (
        serving(dataclasses.replace(settings, body_limit=20_000), worker) as server,
        connected(server) as connection,
    ):
        await ask(connection, SynthesizeStart(), SynthesizeChunk("a" * 10_001))
        assert await refused(connection) == "too_much_text"


async def test_a_full_service_refuses_at_once(
    settings: ServiceSettings,
    make_worker: Callable[[ServiceSettings], Supervisor],
    engine: GatedEngine,
) -> None:
    full = dataclasses.replace(settings, max_streams=1)
    engine.gate()
    async with (
        serving(full, make_worker(full)) as server,
        connected(server) as first,
        connected(server) as second,
    ):
        await ask(first, Synthesize(TEXT))
        assert kinds(await hear(first, until="audio-start")) == ["audio-start"]
        await ask(second, Synthesize(TEXT))
        assert await refused(second) == "at_capacity"
        engine.open()
        assert sound_of(await hear(first, until="audio-stop"))


async def test_who_was_let_in_waits_for_room_between_sentences(
    settings: ServiceSettings,
    make_worker: Callable[[ServiceSettings], Supervisor],
    engine: GatedEngine,
    voice: Voice,
) -> None:
    full = dataclasses.replace(settings, max_streams=1)
    async with serving(full, make_worker(full)) as server, connected(server) as connection:
        await ask(
            connection,
            event_of(SynthesizeStart(), seed=7),
            SynthesizeChunk(" ".join(SENTENCES)),
            SynthesizeStop(),
        )
        heard = await hear(connection, until="synthesize-stopped")
    assert sound_of(heard) == b"".join(
        to_bytes(voice.synthesize(sentence, seed=7 + n)) for n, sentence in enumerate(SENTENCES)
    )


async def test_limits_of_an_address_hold(
    settings: ServiceSettings, make_worker: Callable[[ServiceSettings], Supervisor]
) -> None:
    limited = dataclasses.replace(settings, address_requests_per_minute=2)
    async with serving(limited, make_worker(limited)) as server, connected(server) as connection:
        await ask(connection, Synthesize(TEXT), Synthesize(TEXT), Synthesize(TEXT))
        heard = await hear(connection, until="error")
        assert kinds(heard).count("audio-stop") == 2
        assert Error.from_event(heard[-1]).code == "client_limit"


async def test_a_stream_that_breaks_is_told(home: AsyncTcpClient, engine: GatedEngine) -> None:
    engine.failing.add(7)
    await ask(home, event_of(Synthesize(TEXT), seed=7), Synthesize(TEXT))
    heard = await hear(home, until="nothing")
    assert kinds(heard) == ["audio-start", "error"]
    assert Error.from_event(heard[-1]).code == "internal"


async def test_more_connections_than_may_be(settings: ServiceSettings, worker: Supervisor) -> None:
    async with (
        serving(dataclasses.replace(settings, connection_limit=1), worker) as server,
        connected(server) as first,
    ):
        await ask(first, Ping())
        assert kinds(await hear(first, until="pong")) == ["pong"]
        async with connected(server) as second:
            assert await refused(second) == "at_capacity"


async def test_all_connections_together_hold_no_more_than_they_may(
    settings: ServiceSettings, worker: Supervisor
) -> None:
    async with (
        serving(dataclasses.replace(settings, held_bodies_limit=3_000), worker) as server,
        connected(server) as first,
        connected(server) as second,
    ):
        assert first._writer is not None
        first._writer.write(b'{"type": "x", "data_length": 2000}\n{')
        await first._writer.drain()
        while server._budget._held == 0:  # noqa: ASYNC110  there is nothing to wait for
            await asyncio.sleep(0.01)
        await ask(second, Event("x", payload=b"a" * 2_000))
        assert await refused(second) == "at_capacity"


async def test_a_defect_is_logged(
    settings: ServiceSettings,
    worker: Supervisor,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.wyoming.connection.info_of", lambda voices: voices[9])
    async with serving(settings, worker) as server, connected(server) as connection:
        await ask(connection, Describe())
        assert await connection.read_event() is None
    assert "a Wyoming connection failed" in caplog.text
    assert "IndexError" in caplog.text


# Who leaves, and who stops.


async def test_generation_ends_when_the_client_leaves(
    server: WyomingServer, worker: Supervisor, engine: GatedEngine
) -> None:
    engine.gate()
    async with connected(server) as connection:
        await ask(connection, Synthesize(LONG * 4))
        await hear(connection, until="audio-start")
        assert worker.status.open_streams == 1
    await eventually(lambda: worker.status.open_streams == 0)


async def test_a_client_that_takes_nothing_is_dropped(
    settings: ServiceSettings, worker: Supervisor
) -> None:
    impatient = dataclasses.replace(settings, stall_seconds=0.2, buffer_seconds=60.0)
    app = create_app(impatient, worker=worker)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        server = WyomingServer(listener, impatient, worker, app.state.lexicons)
        await server.start()
        client.connect(listener.getsockname())
        for _ in range(6):
            client.sendall(
                b'{"type": "synthesize", "data": '
                + json.dumps({"text": LONG * 4}).encode()
                + b"}\n"
            )
        await eventually(lambda: worker.status.open_streams > 0)
        await eventually(lambda: not server._connections)
        assert worker.status.open_streams == 0
        await server.stop(1.0)


async def test_a_connection_on_which_nothing_happens_ends(
    settings: ServiceSettings, worker: Supervisor, engine: GatedEngine
) -> None:
    hasty = dataclasses.replace(settings, idle_seconds=0.1)
    async with serving(hasty, worker) as server, connected(server) as connection:
        engine.gate()
        await ask(connection, Synthesize(TEXT))
        await hear(connection, until="audio-start")
        await asyncio.sleep(0.3)  # somebody waits
        engine.open()
        heard = await hear(connection, until="nothing")
        assert kinds(heard) == ["audio-chunk", "audio-stop"]


async def test_stopping_lets_streams_finish_and_ends_what_is_idle(
    settings: ServiceSettings,
    worker: Supervisor,
    engine: GatedEngine,
    voice: Voice,
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine.gate()
    async with (
        serving(settings, worker) as server,
        connected(server) as speaking,
        connected(server) as idle,
    ):
        await ask(idle, Ping())
        await hear(idle, until="pong")
        await ask(speaking, event_of(Synthesize(TEXT), seed=7))
        await hear(speaking, until="audio-start")
        place = server.listener.getsockname()
        stopping = asyncio.create_task(server.stop(20.0))
        assert await idle.read_event() is None
        assert not stopping.done()
        engine.open()
        heard = await hear(speaking, until="nothing")
        assert sound_of(heard) == to_bytes(voice.synthesize(TEXT, seed=7))
        await asyncio.wait_for(stopping, 5)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*place)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_stopping_does_not_wait_for_ever(
    settings: ServiceSettings, worker: Supervisor, engine: GatedEngine
) -> None:
    engine.gate()
    async with serving(settings, worker) as server, connected(server) as connection:
        await ask(connection, Synthesize(TEXT))
        await hear(connection, until="audio-start")
        await asyncio.wait_for(server.stop(0.1), 5)
        assert await connection.read_event() is None
    await eventually(lambda: worker.status.open_streams == 0)


@pytest.mark.parametrize("log_text", [False, True])
async def test_a_connection_leaves_a_line(
    settings: ServiceSettings,
    worker: Supervisor,
    caplog: pytest.LogCaptureFixture,
    log_text: bool,
) -> None:
    caplog.set_level(logging.INFO, "sonant.requests")
    async with (
        serving(dataclasses.replace(settings, log_text=log_text), worker) as server,
        connected(server) as connection,
    ):
        await ask(connection, Synthesize("Secretly, yes."))
        heard = sound_of(await hear(connection, until="audio-stop"))
    lines = [
        json.loads(record.getMessage())
        for record in caplog.records
        if record.name == "sonant.requests"
    ]
    assert [line.get("text") for line in lines] == [*["Secretly, yes."] * log_text, None]
    assert len({line["request_id"] for line in lines}) == 1
    line = lines[-1]
    assert (line["protocol"], line["pieces"], line["bytes"], line["address"]) == (
        "wyoming",
        1,
        len(heard),
        "127.0.0.1",
    )
