"""Texts too long to be planned before their first sound: spoken as they are planned, to the same
bytes; and nobody else waits for them.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator

import httpx
import numpy as np
import pytest
import soundfile
from fastapi import FastAPI

from service.protocol.messages import AskQuery, AudioChunk, StartStream
from service.settings import ServiceSettings
from service.worker.planner import Planner
from service.worker.query_handler import _SubtitleWriter
from tests.service.asgi_call import AsgiCall
from tests.service.frontend.test_supervisor import snapshots
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import eventually
from tests.service.local_link import LocalLink
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.planning import Planning
from vocoder.synthesis.subtitles import subrip, webvtt
from vocoder.synthesis.timeline import TimedSentence, Timeline
from vocoder.synthesis.voice import Voice

TEXT = "Good day to you all. Yes. " * 6


@pytest.fixture(scope="session")
def settings(settings: ServiceSettings) -> ServiceSettings:
    return dataclasses.replace(settings, planned_characters=60)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sentences that have been planned, in order."""
    numbers: list[int] = []
    original = Planning._planned

    def counting(self: Planning, number: int, *arguments: object, **options: object) -> object:
        numbers.append(number)
        return original(self, number, *arguments, **options)

    monkeypatch.setattr(Planning, "_planned", counting)
    return numbers


async def test_the_first_sentence_does_not_wait_for_the_last(
    app: FastAPI, engine: GatedEngine, planned: list[int], voice: Voice
) -> None:
    engine.gate()
    call = AsgiCall(app, {"text": TEXT, "seed": 7, "format": "pcm"})
    engine.allow(3)
    await call.until(2)
    assert max(planned) < 3 < voice.plan(TEXT).sentences[-1].number
    assert "content-length" not in call.headers
    assert call.headers["accept-ranges"] == "none"
    engine.open()
    assert await call.finished() == to_bytes(voice.synthesize(TEXT, seed=7))


@pytest.mark.parametrize("form", ["wav", "flac"])
async def test_a_header_that_tells_the_length_is_right(
    client: httpx.AsyncClient, voice: Voice, form: str
) -> None:
    """FLAC's may leave it open, but libsndfile reads none that does."""
    answer = await client.post("/synthesize", json={"text": TEXT, "seed": 7, "format": form})
    samples, _ = soundfile.read(io.BytesIO(answer.content), dtype="int16")
    np.testing.assert_array_equal(samples, voice.synthesize(TEXT, seed=7))
    assert (answer.headers.get("content-length") == str(44 + 2 * len(samples))) == (form == "wav")


async def test_it_can_be_picked_up_again(client: httpx.AsyncClient, voice: Voice) -> None:
    """As WAV at any byte. In other formats from the beginning, as whatever has no length
    beforehand.
    """
    for form, status in (("wav", 206), ("pcm", 200)):
        whole = await client.post("/synthesize", json={"text": TEXT, "seed": 7, "format": form})
        first = len(whole.content) * 2 // 3
        rest = await client.get(
            whole.headers["content-location"], headers={"range": f"bytes={first}-"}
        )
        assert rest.status_code == status
        assert rest.content == whole.content[first if status == 206 else 0 :]


@pytest.mark.parametrize("form", ["pcm", "wav"])
async def test_another_worker_goes_on_without_planning_what_was_heard(
    app: FastAPI, links: list[LocalLink], planned: list[int], voice: Voice, form: str
) -> None:
    call = AsgiCall(app, {"text": TEXT, "seed": 3, "format": form})
    await eventually(lambda: len(snapshots(links[0])) > 8)
    call.stop_reading()
    await asyncio.sleep(0.05)
    planned.clear()
    links[0].die()
    call.read_on()
    body = await call.finished()
    assert 1 not in planned  # 0 is of what a worker warms up with
    assert 11 in planned
    assert body[44 if form == "wav" else 0 :] == to_bytes(voice.synthesize(TEXT, seed=3))


@pytest.fixture
def slow_planning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sentence takes a slice."""
    monkeypatch.setattr("service.worker.time_slices._SLICE_SECONDS", 0.0)


@pytest.mark.usefixtures("slow_planning")
async def test_others_are_planned_in_between(
    app: FastAPI, links: list[LocalLink], voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    both_wanted = threading.Event()
    plan, admit = Planner._plan, Planner._admit
    monkeypatch.setattr(
        Planner, "_plan", lambda self, beginning: both_wanted.wait(10) and plan(self, beginning)
    )
    monkeypatch.setattr(
        Planner,
        "_admit",
        lambda self, beginning, *rest: (
            begun.append(beginning.wanted.order.seed) or admit(self, beginning, *rest)
        ),
    )
    calls = []
    for seed, text in enumerate((TEXT, "Yes. No."), start=1):
        calls.append(AsgiCall(app, {"text": text, "seed": seed, "format": "wav"}))
        await eventually(
            lambda seed=seed: sum(isinstance(told, StartStream) for told in links[0].told) == seed
        )
    both_wanted.set()
    for seed, (call, text) in enumerate(zip(calls, (TEXT, "Yes. No."), strict=True), start=1):
        assert (await call.finished())[44:] == to_bytes(voice.synthesize(text, seed=seed))
    assert begun == [2, 1]


@pytest.mark.usefixtures("slow_planning")
async def test_a_worker_that_stops_in_the_middle_of_planning_is_no_defect(
    links: list[LocalLink], app: FastAPI, planned: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    planned.clear()
    call = AsgiCall(app, {"text": TEXT, "seed": 1, "format": "wav"})
    await eventually(lambda: 1 in planned)
    await asyncio.to_thread(links[-1].worker.stop)
    assert not caplog.records
    call.leave()
    await call.finished()


async def test_one_that_is_too_long(client: httpx.AsyncClient) -> None:
    answer = await client.post("/synthesize", json={"text": "a " * 151})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "text")


async def test_times_are_told_as_it_is_planned(
    app: FastAPI, engine: GatedEngine, planned: list[int], voice: Voice
) -> None:
    engine.gate()
    call = AsgiCall(app, {"text": TEXT, "seed": 7, "timestamps": True})
    while b'"audio"' not in call.body:
        engine.allow(1)
        await asyncio.sleep(0.02)
    assert max(planned) < 3
    engine.open()
    start, *lines, end = map(json.loads, (await call.finished()).splitlines())
    timeline = Timeline.of(voice.plan(TEXT))
    assert (start["num_samples"], end["num_samples"]) == (None, timeline.num_samples)
    assert [line for line in lines if line["type"] != "audio"] == [
        event for _, event in timeline.events()
    ]
    sound = b"".join(base64.b64decode(line["data"]) for line in lines if line["type"] == "audio")
    assert sound == to_bytes(voice.synthesize(TEXT, seed=7))
    heard = 0
    for line in lines:
        heard = line["start_sample"] if line["type"] == "audio" else heard
        assert line["start_sample"] >= heard


@pytest.mark.parametrize("rate", [None, 44_100])
async def test_another_worker_tells_the_rest_of_the_times(
    app: FastAPI, links: list[LocalLink], voice: Voice, rate: int | None
) -> None:
    """None twice, none left out, wherever the first one dies."""
    wanted = {"text": TEXT, "seed": 3, "timestamps": True, "sample_rate": rate}
    undisturbed = await AsgiCall(app, wanted).finished()
    for sounds in (1, 3, 7, 12, 20, 31):
        link, before = links[-1], sent(links[-1])
        call = AsgiCall(app, wanted)
        await eventually(lambda link=link, until=before + sounds: sent(link) > until)
        link.die()
        assert await call.finished() == undisturbed


def sent(link: LocalLink) -> int:
    """How often it has sent sound."""
    return sum(isinstance(message, AudioChunk) for message in link.heard)


@pytest.mark.parametrize(("form", "write"), [("vtt", webvtt), ("srt", subrip)])
@pytest.mark.usefixtures("slow_planning")
async def test_subtitles_are_written_a_while_at_a_time(
    client: httpx.AsyncClient,
    links: list[LocalLink],
    voice: Voice,
    planned: list[int],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    write: Callable[[Iterable[TimedSentence], int], Iterator[str]],
) -> None:
    timeline = Timeline.of(voice.plan(TEXT))
    both_asked = threading.Event()
    advance = _SubtitleWriter.advance
    monkeypatch.setattr(
        _SubtitleWriter, "advance", lambda writing: both_asked.wait(10) and advance(writing)
    )
    planned.clear()
    asked = []
    for number, text in enumerate((TEXT, "Yes."), start=1):
        asked.append(
            asyncio.create_task(client.post("/synthesize", json={"text": text, "timestamps": form}))
        )
        await eventually(
            lambda number=number: (
                sum(isinstance(told, AskQuery) for told in links[0].told) == number
            )
        )
    both_asked.set()
    long, short = await asyncio.gather(*asked)
    assert short.status_code == 200
    assert long.text == "".join(write(timeline.sentences, timeline.sample_rate))
    assert planned.count(0) == 2
    # the short one's turn came before the long one's last sentence
    assert len(planned) - planned[::-1].index(0) < len(timeline.sentences)


async def test_a_long_text_with_nothing_in_it(client: httpx.AsyncClient) -> None:
    for form in ("pcm", "wav"):
        answer = await client.post(
            "/synthesize", json={"text": "\u4f60\u597d\u3002 " * 30, "format": form}
        )
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "text")
