"""The WebSocket: text in as it is written, sound out as sentences are complete."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from service.app import create_app
from service.frontend.lexicon_store import LexiconStore
from service.frontend.supervisor import Supervisor
from service.http.websocket import SpeechSocket
from service.keys import make_key
from service.settings import ServiceSettings
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.timeline import Timeline
from vocoder.synthesis.voice import Voice


@pytest.fixture
def live(app: FastAPI) -> Iterator[WebSocketTestSession]:
    with TestClient(app).websocket_connect("/stream") as session:
        yield session


def say(session: WebSocketTestSession, kind: str, **fields: object) -> None:
    session.send_text(json.dumps({"type": kind, **fields}))


def hear(session: WebSocketTestSession, until: str) -> list[Any]:
    """All that comes, sound joined, up to an event of this type."""
    heard: list[Any] = []
    while True:
        message = session.receive()
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(message["code"])
        if "bytes" in message and message["bytes"] is not None:
            if heard and isinstance(heard[-1], bytes):
                heard[-1] += message["bytes"]
            else:
                heard.append(message["bytes"])
            continue
        heard.append(json.loads(message["text"]))
        if heard[-1]["type"] == until:
            return heard


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_words_one_by_one_are_spoken_sentence_by_sentence(
    live: WebSocketTestSession, voice: Voice
) -> None:
    say(live, "settings", seed=5, speaker="otto")
    for word in ["Good", "day", "to", "you.", "How", "are", "you?", ""]:
        say(live, "text", text=word + " ")
    say(live, "flush")
    first, first_sound, second, second_sound, flushed = hear(live, "flushed")
    assert (first["text"], first["seed"], second["text"], second["seed"]) == (
        "Good day to you.",
        5,
        "How are you?",
        6,
    )
    assert first_sound == to_bytes(voice.synthesize("Good day to you.", seed=5, speaker="otto"))
    assert second_sound == to_bytes(voice.synthesize("How are you?", seed=6, speaker="otto"))
    assert first["num_bytes"] == len(first_sound)
    assert first["sample_rate"] == voice.sample_rate
    assert flushed == {"type": "flushed"}


def test_a_sentence_is_spoken_before_the_text_ends(live: WebSocketTestSession) -> None:
    say(live, "text", text="Good day. And ")
    assert hear(live, "speaking")[0]["text"] == "Good day."


def test_settings_change_between_sentences(live: WebSocketTestSession, voice: Voice) -> None:
    say(live, "settings", seed=1)
    say(live, "text", text="Yes")
    say(live, "settings", seed=9, length_scale=2.0, format="mulaw")
    say(live, "text", text="No")
    say(live, "end")
    first, yes, second, no, done = hear(live, "done")
    assert (first["text"], second["text"], done["type"]) == ("Yes", "No", "done")
    assert yes == to_bytes(voice.synthesize("Yes", seed=1))
    assert len(no) == len(voice.synthesize("No", seed=9, length_scale=2.0))
    with pytest.raises(WebSocketDisconnect) as closed:
        hear(live, "nothing")
    assert closed.value.code == 1000


@pytest.mark.parametrize(
    ("audio_format", "rate"), [("pcm", 8_000), ("pcm", 24_000), ("mulaw", 8_000)]
)
def test_times_of_words_come_ahead_of_their_sound(
    live: WebSocketTestSession, voice: Voice, audio_format: str, rate: int
) -> None:
    say(live, "settings", seed=5, timestamps=True, format=audio_format, sample_rate=rate)
    say(live, "text", text="Good day to you. How are you?")
    say(live, "flush")
    heard = hear(live, "flushed")[:-1]
    begins = [
        number
        for number, one in enumerate(heard)
        if isinstance(one, dict) and one["type"] == "speaking"
    ]
    for piece in (heard[begins[0] : begins[1]], heard[begins[1] :]):
        timeline = Timeline.of(voice.plan(piece[0]["text"])).at(rate)
        assert [one for one in piece[1:] if isinstance(one, dict)] == [
            event for _, event in timeline.events()
        ]
        sent = 0
        for one in piece[1:]:
            if isinstance(one, bytes):
                sent += len(one) // (2 if audio_format == "pcm" else 1)
            else:
                assert one["start_sample"] >= sent
        assert sent == timeline.num_samples


def test_cancel_falls_silent_and_frees_the_stream(
    live: WebSocketTestSession, engine: GatedEngine, worker: Supervisor, voice: Voice
) -> None:
    engine.gate()
    say(live, "settings", seed=1)
    say(live, "text", text=LONG + " Another one. And another. ")
    say(live, "flush")
    engine.allow(2)
    hear(live, "speaking")
    until(lambda: worker.status.open_streams >= 2)  # the next piece has been begun as well
    say(live, "cancel")
    hear(live, "cancelled")
    engine.open()
    assert worker.status.open_streams == 0
    say(live, "settings", seed=3)
    say(live, "text", text="Yes.")
    say(live, "flush")
    speaking, sound, _ = hear(live, "flushed")
    assert (speaking["text"], sound) == ("Yes.", to_bytes(voice.synthesize("Yes.", seed=3)))


def test_a_client_that_leaves_frees_its_streams(
    app: FastAPI, engine: GatedEngine, worker: Supervisor
) -> None:
    engine.gate()
    with TestClient(app).websocket_connect("/stream") as session:
        say(session, "text", text=LONG + " Another one. And another. ")
        engine.allow(1)
        hear(session, "speaking")
    until(lambda: worker.status.open_streams == 0)


@pytest.mark.parametrize("turns", range(8))
async def test_whoever_cancels_a_connection_that_is_ending_knows_it_for_theirs(
    app: FastAPI, turns: int
) -> None:
    """The client leaves, and so many turns of the event loop later the server is told to end as
    well.
    """
    heard: list[Any] = []
    answered = asyncio.Event()
    messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def send(message: Any) -> None:
        heard.append(message["type"])
        answered.set()

    async def serve() -> None:
        with anyio.CancelScope() as cancelled:
            scopes.append(cancelled)
            await app(
                {
                    "type": "websocket",
                    "path": "/stream",
                    "headers": [],
                    "query_string": b"",
                    "client": ("127.0.0.1", 1),
                },
                messages.get,
                send,
            )

    scopes: list[anyio.CancelScope] = []
    served = asyncio.create_task(serve())
    messages.put_nowait({"type": "websocket.connect"})
    await answered.wait()
    messages.put_nowait({"type": "websocket.disconnect", "code": 1000})
    for _ in range(turns):
        await asyncio.sleep(0)
    scopes[0].cancel()
    await served
    assert heard == ["websocket.accept"]


WRONG: list[tuple[object, str, str | None]] = [
    ("nonsense", "invalid_json", "body"),
    ([], "invalid_json", "body"),
    ({}, "invalid_value", "type"),
    ({"type": "shout"}, "invalid_value", "type"),
    ({"type": []}, "invalid_value", "type"),
    ({"type": "text"}, "missing_field", "text"),
    ({"type": "text", "text": 3}, "wrong_type", "text"),
    ({"type": "text", "text": "a", "voice": "b"}, "unknown_field", "voice"),
    ({"type": "flush", "text": "a"}, "unknown_field", "text"),
    ({"type": "settings", "format": "mp3"}, "invalid_value", "format"),
    ({"type": "settings", "timestamps": "yes"}, "wrong_type", "timestamps"),
    ({"type": "settings", "seed": -1}, "invalid_value", "seed"),
    ({"type": "settings", "sample_rate": 1}, "invalid_value", "sample_rate"),
]


def test_what_is_wrong_is_told_and_the_connection_goes_on(live: WebSocketTestSession) -> None:
    for message, code, field in WRONG:
        live.send_text(message if isinstance(message, str) else json.dumps(message))
        (told,) = hear(live, "error")
        assert (told["error"]["code"], told["error"]["field"]) == (code, field), message
    live.send_bytes(b"sound")
    assert hear(live, "error")[0]["error"]["code"] == "invalid_json"
    for fields, field in (
        ({"voice": "nobody"}, "voice"),
        ({"pitch": 99.0}, "pitch"),
        ({"speaker": "nobody"}, "speaker"),
    ):
        say(live, "settings", **fields)
        say(live, "text", text="Yes.")
        say(live, "flush")
        assert hear(live, "flushed")[0]["error"]["field"] == field
    say(live, "settings")
    say(live, "text", text="\u2603")
    say(live, "text", text=" Yes.")
    say(live, "flush")
    heard = hear(live, "flushed")
    assert heard[-3]["type"] == "speaking"


def test_text_without_end_is_refused(live: WebSocketTestSession, engine: GatedEngine) -> None:
    engine.gate()
    for _ in range(3):
        say(live, "text", text="a" * 3_900)
    assert hear(live, "error")[-1]["error"]["code"] == "too_much_text"
    engine.open()


def test_no_room_is_told_and_ends_the_connection(
    live: WebSocketTestSession, worker: Supervisor
) -> None:
    worker.refuse_new()
    say(live, "text", text="Yes.")
    say(live, "flush")
    assert hear(live, "error")[0]["error"]["code"] == "at_capacity"
    with pytest.raises(WebSocketDisconnect) as closed:
        hear(live, "nothing")
    assert closed.value.code == 1013


def test_whoever_was_let_in_waits_for_room(
    settings: ServiceSettings,
    make_worker: Callable[[ServiceSettings], Supervisor],
    engine: GatedEngine,
) -> None:
    """With room for one stream, the second sentence of a message waits for the first."""
    worker = make_worker(dataclasses.replace(settings, capacity=1.25, queue_limit=0))
    engine.gate()
    with TestClient(create_app(settings, worker=worker)).websocket_connect("/stream") as session:
        say(session, "text", text="Good day to you. And to you. And to all of them. ")
        say(session, "end")
        time.sleep(0.3)  # in which the second is asked for
        engine.open()
        heard = hear(session, "done")
    kinds = [one["type"] for one in heard if isinstance(one, dict)]
    assert kinds == ["speaking", "speaking", "speaking", "done"]


def test_keys(settings: ServiceSettings, worker: Supervisor, tmp_path: Path) -> None:
    key, line = make_key("anna")
    (tmp_path / "keys").write_text(line)
    client = TestClient(
        create_app(dataclasses.replace(settings, key_file=tmp_path / "keys"), worker=worker)
    )
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/stream"):
        pass
    with client.websocket_connect("/stream", headers={"authorization": f"Bearer {key}"}) as session:
        say(session, "end")
        assert hear(session, "done") == [{"type": "done"}]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.one_of(
            st.text(),
            st.binary(),
            st.sampled_from(
                ['{"type":"cancel"}', '{"type":"flush"}', '{"type":"text","text":"Yes. "}']
            ),
        ),
        max_size=8,
    )
)
def test_random_frames_do_no_harm(
    app: FastAPI, worker: Supervisor, frames: list[str | bytes]
) -> None:
    with TestClient(app).websocket_connect("/stream") as session:
        for frame in frames:
            if isinstance(frame, bytes):
                session.send_bytes(frame)
            else:
                session.send_text(frame)
        say(session, "end")
        assert hear(session, "done")[-1] == {"type": "done"}
    assert worker.status.open_streams == 0


@pytest.mark.parametrize(
    "broken", ["[]", '{"type":"end"}'], ids=["while it complains", "while it says goodbye"]
)
def test_a_connection_that_the_server_closed_itself_is_one_that_the_client_left(
    settings: ServiceSettings, worker: Supervisor, broken: str
) -> None:
    """As uvicorn does between a frame that is none and the news of it: whatever is sent then is a
    RuntimeError.
    """
    messages = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": broken}]

    async def receive() -> Message:
        if not messages:
            await asyncio.get_running_loop().create_future()
        return messages.pop(0)

    refused = []

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            refused.append(message)
            raise RuntimeError("Unexpected ASGI message, after sending 'websocket.close'.")

    scope = {"type": "websocket", "path": "/stream", "headers": [], "client": ("127.0.0.1", 1)}
    asyncio.run(
        asyncio.wait_for(
            SpeechSocket(
                WebSocket(scope, receive, send), worker, settings, LexiconStore(None)
            ).run(),
            timeout=10,
        )
    )
    assert len(refused) == 1
