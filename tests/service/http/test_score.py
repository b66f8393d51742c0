"""Scores over HTTP: the figure that Python gives, worked at in the gaps of the streams; and
whatever is sent, an answer that says what is wrong.
"""

from __future__ import annotations

import asyncio
import io
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vocoder.synthesis.score
from service.frontend.client_limits import Client
from service.frontend.supervisor import Supervisor
from service.protocol.queries import ScoreQuery, ScoreResult
from service.protocol.speech_order import SpeechOrder
from service.settings import ServiceSettings
from service.worker.scoring_queue import ScoringQueue
from tests.service.gated_engine import GatedEngine
from tests.service.local_link import LocalLink
from vocoder.audio.file_reading import read_audio_bytes
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

ANNA = Client(address="10.0.0.1")


def recording(
    rate: int = 8_000, *, seconds: float = 0.7, channels: int = 1, form: str = "WAV"
) -> bytes:
    t = np.arange(round(seconds * rate)) / rate
    tone = 0.3 * sum(np.sin(2 * np.pi * k * 150 * t) / k for k in range(1, 6))
    file = io.BytesIO()
    soundfile.write(file, np.stack([tone] * channels, axis=1), rate, format=form)
    return file.getvalue()


def problem(answer: httpx.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["field"]


@pytest.mark.parametrize(
    ("sent", "media_type"),
    [
        (recording(), "audio/wav"),
        (recording(44_100, channels=2, form="FLAC"), "audio/flac"),
        (recording(16_000, form="OGG"), "application/octet-stream"),
        (recording(11_025), ""),
    ],
    ids=["wav", "flac", "ogg", "no type"],
)
async def test_the_figure_is_that_of_python(
    client: httpx.AsyncClient, voice: Voice, sent: bytes, media_type: str
) -> None:
    expected = voice.score(
        read_audio_bytes(sent, voice.sample_rate, name="recording"), speaker="otto"
    )
    answer = await client.post(
        "/score?speaker=otto&frames=true",
        content=sent,
        headers={"content-type": media_type} if media_type else {},
    )
    assert answer.status_code == 200
    told = answer.json()
    assert (told["voice"], told["release"], told["sample_rate"], told["hop_length"]) == (
        "tiny",
        "0.0.1",
        voice.sample_rate,
        80,
    )
    assert (told["num_samples"], told["bits"], told["bits_per_sample"]) == (
        expected.num_samples,
        expected.bits,
        expected.bits_per_sample,
    )
    assert told["bits_per_frame"] == expected.bits_per_frame.tolist()
    assert told["log_likelihood"] == pytest.approx(-expected.bits * np.log(2))
    assert told["seconds"] == expected.num_samples / voice.sample_rate


async def test_as_a_form(client: httpx.AsyncClient) -> None:
    as_body = await client.post(
        "/score",
        params={"voice": "tiny", "speaker": "1"},
        content=recording(),
        headers={"content-type": "audio/wav"},
    )
    as_form = await client.post(
        "/score",
        data={"voice": "tiny", "speaker": "1"},
        files={"recording": ("a.wav", recording(), "audio/wav")},
    )
    assert as_form.json() == as_body.json()
    assert as_form.status_code == 200
    assert "bits_per_frame" not in as_form.json()
    other = await client.post("/score", content=recording(), headers={"content-type": "audio/wav"})
    assert other.json()["bits"] != as_body.json()["bits"]


WRONG: list[tuple[dict[str, Any], tuple[int, str, str | None]]] = [
    ({"content": b""}, (422, "invalid_value", "recording")),
    ({"content": b"RIFF nonsense"}, (422, "invalid_value", "recording")),
    ({"content": recording()[:40]}, (422, "invalid_value", "recording")),
    ({"content": recording(seconds=2.5)}, (422, "invalid_value", "recording")),
    (
        {"content": recording(form="FLAC", rate=500_000, seconds=0.01)},
        (422, "invalid_value", "recording"),
    ),
    ({"content": b"a" * 100_001}, (413, "body_too_large", "body")),
    (
        {"content": b"{}", "headers": {"content-type": "application/json"}},
        (415, "unsupported_media_type", "content-type"),
    ),
    ({"content": recording(), "params": {"voice": "nobody"}}, (422, "invalid_value", "voice")),
    ({"content": recording(), "params": {"speaker": "eve"}}, (422, "invalid_value", "speaker")),
    ({"content": recording(), "params": {"speaker": "2"}}, (422, "invalid_value", "speaker")),
    ({"content": recording(), "params": {"speaker": ""}}, (422, "invalid_value", "speaker")),
    ({"content": recording(), "params": {"frames": "yes"}}, (422, "invalid_value", "frames")),
    ({"content": recording(), "params": {"txet": "yes"}}, (422, "unknown_field", "txet")),
    (
        {"content": recording(), "params": [("voice", "tiny"), ("voice", "tiny")]},
        (422, "conflicting_fields", "voice"),
    ),
    ({"data": {"voice": "tiny"}, "files": {"other": b"a"}}, (422, "unknown_field", "other")),
    (
        {
            "files": {"recording": recording()},
            "params": {"voice": "tiny"},
            "data": {"voice": "tiny"},
        },
        (422, "conflicting_fields", "voice"),
    ),
    (
        {"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        (422, "missing_field", "recording"),
    ),
    (
        {"content": b"nonsense", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        (400, "invalid_form", "body"),
    ),
    (
        {"content": b"nonsense", "headers": {"content-type": "multipart/form-data"}},
        (400, "invalid_form", "body"),
    ),
]


@pytest.mark.parametrize(("sent", "expected"), WRONG, ids=range(len(WRONG)))
async def test_what_is_wrong_is_named(
    client: httpx.AsyncClient, sent: dict[str, Any], expected: tuple[int, str, str | None]
) -> None:
    assert problem(await client.post("/score", **sent)) == expected


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damaged_recordings_do_no_harm(app: FastAPI, data: st.DataObject) -> None:
    sent = bytearray(
        data.draw(
            st.sampled_from(
                [
                    recording(),
                    recording(form="FLAC"),
                    recording(form="OGG"),
                    recording(form="MP3"),
                    recording(form="AIFF"),
                ]
            )
        )
    )
    for _ in range(data.draw(st.integers(1, 8))):
        sent[data.draw(st.integers(0, min(200, len(sent)) - 1))] = data.draw(st.integers(0, 255))

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://sonant"
        ) as client:
            return await client.post(
                "/score", content=bytes(sent), headers={"content-type": "audio/x-any"}
            )

    answer = asyncio.run(asked())
    assert answer.status_code == 200 or problem(answer) == (422, "invalid_value", "recording")


async def test_streams_and_scores_leave_each_other_as_they_are(
    client: httpx.AsyncClient, voice: Voice
) -> None:
    body = {"text": "Good day to you. How are you?", "format": "pcm"}
    calls = [client.post("/synthesize", json=body | {"seed": seed}) for seed in (1, 2)]
    scores = [
        client.post("/score", content=recording(seconds=2.0), headers={"content-type": "audio/wav"})
        for _ in range(2)
    ]
    first, second, *judged = await asyncio.gather(*calls, *scores)
    for seed, answer in ((1, first), (2, second)):
        assert answer.content == to_bytes(voice.synthesize(body["text"], seed=seed))
    expected = voice.score(
        read_audio_bytes(recording(seconds=2.0), voice.sample_rate, name="recording")
    )
    assert [answer.json()["bits"] for answer in judged] == [expected.bits] * 2


class Case:
    """A recording of so many slices, each of which takes a second on the test's clock."""

    def __init__(self, slices: int, clock: list[float]) -> None:
        self.left, self._clock = slices, clock

    @property
    def finished(self) -> bool:
        return self.left == 0

    def advance(self) -> int:
        self.left -= 1
        self._clock[0] += 1.0
        return 800

    def result(self) -> vocoder.synthesis.score.Score:
        return vocoder.synthesis.score.Score(num_samples=800, bits_per_frame=np.ones(10))


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def judging(clock: list[float]) -> ScoringQueue:
    return ScoringQueue(ServiceSettings(turn_seconds=0.05), lambda: clock[0])


def test_nobody_waits_no_slice(judging: ScoringQueue) -> None:
    assert judging.next(idle=True, slack=100.0) is None


def test_streams_go_first_where_a_listener_has_little_left(
    judging: ScoringQueue, voice: Voice, clock: list[float]
) -> None:
    judging.add(7, voice, Case(9, clock))  # type: ignore[arg-type]
    assert [judging.next(idle=False, slack=0.2) for _ in range(4)] == [None] * 4
    assert judging.next(idle=True, slack=0.2) == 7


def test_where_they_have_plenty_slices_and_turns_alternate(
    judging: ScoringQueue, voice: Voice, clock: list[float]
) -> None:
    judging.add(7, voice, Case(9, clock))  # type: ignore[arg-type]
    assert [judging.next(idle=False, slack=10.0) for _ in range(5)] == [7, None, 7, None, 7]


def test_what_is_plenty_follows_from_how_long_a_slice_takes(
    judging: ScoringQueue, voice: Voice, clock: list[float]
) -> None:
    judging.add(7, voice, Case(9, clock))  # type: ignore[arg-type]
    assert judging.next(idle=False, slack=1.5) == 7
    judging.advance(7)  # a whole second
    judging.next(idle=False, slack=1.5)
    assert judging.next(idle=False, slack=1.5) is None
    assert judging.next(idle=False, slack=2.5) == 7


def test_the_oldest_is_first_and_one_that_has_left_is_not_worked_at(
    judging: ScoringQueue, voice: Voice, clock: list[float]
) -> None:
    judging.add(7, voice, Case(2, clock))  # type: ignore[arg-type]
    judging.add(8, voice, Case(1, clock))  # type: ignore[arg-type]
    assert judging.next(idle=True, slack=0.0) == 7
    assert judging.advance(7) is None
    judging.remove(7)
    assert judging.advance(7) is None
    assert clock[0] == 1.0
    assert judging.next(idle=True, slack=0.0) == 8
    scored = judging.advance(8)
    assert isinstance(scored, ScoreResult)
    assert scored.bits == 10.0


async def eventually(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  another thread changes it
            await asyncio.sleep(0.005)


async def test_the_next_worker_scores_what_one_that_died_has_begun(
    worker: Supervisor, links: list[LocalLink], engine: GatedEngine, voice: Voice
) -> None:
    engine.gate()  # the generator stands in a stream's turn
    stream = await worker.open(SpeechOrder(text="Yes.", seed=1), ANNA)
    scoring = asyncio.create_task(worker.ask(ScoreQuery(recording=recording()), ANNA))
    await eventually(lambda: links[0].worker._state.scoring_queue._queue)
    links[0].die()
    engine.open()
    async with asyncio.timeout(20):
        scored = await scoring
    stream.close()
    assert isinstance(scored, ScoreResult)
    assert (
        scored.bits
        == voice.score(read_audio_bytes(recording(), voice.sample_rate, name="recording")).bits
    )
    assert len(links) == 2


async def test_whoever_leaves_is_not_scored(
    worker: Supervisor, links: list[LocalLink], engine: GatedEngine
) -> None:
    engine.gate()
    stream = await worker.open(SpeechOrder(text="Yes.", seed=1), ANNA)
    scoring = asyncio.create_task(worker.ask(ScoreQuery(recording=recording()), ANNA))
    await eventually(lambda: links[0].worker._state.scoring_queue._queue)
    scoring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scoring
    assert links[0].worker._state.scoring_queue._queue == {}
    engine.open()
    stream.close()


async def test_without_what_analyses_recordings_it_is_said(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.http.score_routes.find_spec", lambda name: None)
    assert problem(await client.post("/score", content=recording())) == (501, "not_available", None)
