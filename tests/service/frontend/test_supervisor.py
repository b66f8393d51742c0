"""Workers that die, readers that sleep, requests that wait: the same bytes, and nobody forgotten.
Workers live in the test's process here.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.protocol.capacity import INITIAL_SLOWNESS, Capacity
from service.protocol.messages import (
    Failure,
    Heartbeat,
    Snapshot,
    StartFailed,
    StartStream,
    StreamPlanned,
)
from service.settings import ServiceSettings
from service.worker.warm_up import measure_capacity
from tests.service.asgi_call import AsgiCall
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG, eventually
from tests.service.local_link import LocalLink
from vocoder.audio.pcm import to_bytes
from vocoder.errors import EngineError, VoiceError
from vocoder.synthesis.voice import Voice

Make = Callable[[ServiceSettings], Supervisor]


def snapshots(link: LocalLink) -> list[Snapshot]:
    return [message for message in link.heard if isinstance(message, Snapshot)]


async def test_a_stream_goes_on_from_its_snapshot(
    app: FastAPI, engine: GatedEngine, links: list[LocalLink], voice: Voice
) -> None:
    call = AsgiCall(app, {"text": LONG, "seed": 3, "format": "pcm"})
    await eventually(lambda: len(snapshots(links[0])) > 0)
    call.stop_reading()
    await asyncio.sleep(0.05)
    before = engine.made[3]
    emitted = snapshots(links[0])[-1].saved.emitted
    links[0].die()
    call.read_on()
    body = await call.finished()
    assert body == to_bytes(voice.synthesize(LONG, seed=3))
    assert len(links) == 2
    again = engine.made[3] - voice.plan(LONG).num_samples
    assert 0 <= again <= before - emitted + 400, (
        "more was made again than what came after the snapshot"
    )


async def test_a_stream_that_has_no_snapshot_begins_again_and_the_drawn_seed_stays(
    app: FastAPI, engine: GatedEngine, links: list[LocalLink], voice: Voice
) -> None:
    engine.gate()
    call = AsgiCall(app, {"text": LONG, "format": "pcm"})
    engine.allow(2)
    await call.until(1)
    links[0].die()
    engine.open()
    body = await call.finished()
    assert body == to_bytes(voice.synthesize(LONG, seed=int(call.headers["x-seed"])))


async def test_every_stream_survives_many_deaths(
    app: FastAPI, engine: GatedEngine, links: list[LocalLink], voice: Voice
) -> None:
    # a stream may get far ahead before the last one is planned again, and must not come to its end
    text = " ".join([LONG] * 4)
    engine.gate()  # a call at a time, or a fast engine would be done before many have died
    calls = [AsgiCall(app, {"text": text, "seed": seed, "format": "pcm"}) for seed in range(5)]
    for _ in range(6):
        # A stream that gets nowhere while workers die is given up: each has got a little further
        # before the next one does.
        before = [len(call.body) for call in calls]

        def further(before: list[int] = before) -> bool:
            # no one gets ahead while others are still planned
            if sum(isinstance(message, StreamPlanned) for message in links[-1].heard) == len(calls):
                engine.allow_the_next()
            return all(len(call.body) > size for call, size in zip(calls, before, strict=True))

        await eventually(further)
        assert not any(call.done.done() for call in calls), "nobody was there to survive"
        links[-1].die()
    engine.open()
    for seed, call in enumerate(calls):
        assert await call.finished() == to_bytes(voice.synthesize(text, seed=seed))


async def test_the_next_worker_begins_with_who_will_first_have_nothing_to_play(
    app: FastAPI, engine: GatedEngine, links: list[LocalLink], voice: Voice
) -> None:
    ahead = AsgiCall(app, {"text": LONG, "seed": 1, "format": "pcm"})
    # half a second of sound, made in less
    await eventually(lambda: len(ahead.body) > voice.sample_rate)
    engine.gate()
    behind = AsgiCall(app, {"text": LONG, "seed": 2, "format": "pcm"})
    await eventually(
        lambda: (
            2
            in [message.order.seed for message in links[0].told if isinstance(message, StartStream)]
        )
    )
    links[0].die()
    await eventually(lambda: len(links) == 2 and len(links[1].told) >= 3)
    assert [
        message.order.seed for message in links[1].told if isinstance(message, StartStream)
    ] == [2, 1]
    engine.open()
    for seed, call in ((1, ahead), (2, behind)):
        assert await call.finished() == to_bytes(voice.synthesize(LONG, seed=seed))


async def test_a_stream_that_kills_its_workers_is_given_up(
    app: FastAPI, engine: GatedEngine, links: list[LocalLink], worker: Supervisor
) -> None:
    engine.gate()
    deadly = AsgiCall(app, {"text": LONG, "seed": 13})
    for _ in range(5):
        await eventually(lambda: worker.status.ready)
        await asyncio.sleep(0.02)
        links[-1].die()
    assert b'"internal"' in await deadly.finished()
    assert deadly.status == 500
    engine.open()
    well = AsgiCall(app, {"text": "Yes."})
    await well.finished()
    assert well.status == 200


async def test_a_reader_that_sleeps_is_not_blamed_for_workers_that_die(
    app: FastAPI, links: list[LocalLink], worker: Supervisor, voice: Voice
) -> None:
    lazy = AsgiCall(app, {"text": LONG, "seed": 1, "format": "pcm"})
    await lazy.until(1)
    lazy.stop_reading()
    await asyncio.sleep(0.1)
    for _ in range(8):
        links[-1].die()
        await eventually(lambda: worker.status.ready)
        await asyncio.sleep(0.02)
    lazy.read_on()
    assert await lazy.finished() == to_bytes(voice.synthesize(LONG, seed=1))


async def test_a_defect_of_the_generator_costs_nobody_his_stream(
    app: FastAPI, links: list[LocalLink], voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links[0].worker._state.scheduler, "made", lambda *_: 1 / 0)
    call = AsgiCall(app, {"text": "Yes.", "seed": 5, "format": "pcm"})
    assert await call.finished() == to_bytes(voice.synthesize("Yes.", seed=5))
    assert len(links) == 2


async def test_a_spare_worker_takes_over(
    settings: ServiceSettings, make_worker: Make, links: list[LocalLink], voice: Voice
) -> None:
    worker = make_worker(dataclasses.replace(settings, standby=True))
    await eventually(lambda: worker._workers.spare is not None)
    assert len(links) == 2
    app = create_app(settings, worker=worker)
    call = AsgiCall(app, {"text": LONG, "seed": 8, "format": "pcm"})
    await call.until(1)
    links[0].die()
    assert worker.status.ready, "there was a gap"
    assert len(links) == 3
    assert await call.finished() == to_bytes(voice.synthesize(LONG, seed=8))


async def test_the_capacity_is_measured_before_another_worker_is_loaded(
    settings: ServiceSettings,
    make_worker: Make,
    links: list[LocalLink],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside one that loads, half of it is seen. What stands around turns is allowed for."""
    seen: list[tuple[int, float]] = []

    def measured(voice: Voice, settings: ServiceSettings, clock: Callable[[], float]) -> Capacity:
        capacity = measure_capacity(voice, settings, clock)
        time.sleep(0.2)  # for another that would be loaded beside
        seen.append((len(links), capacity.slowness))
        return capacity

    monkeypatch.setattr("service.worker.generator.measure_capacity", measured)
    make_worker(dataclasses.replace(settings, standby=True))
    await eventually(lambda: len(links) == 2)
    assert seen == [(1, INITIAL_SLOWNESS)]


def test_a_voice_that_cannot_be_loaded_is_told_at_the_start(
    settings: ServiceSettings, make_worker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: LocalLink) -> None:
        self._received(self, StartFailed(failure=Failure.of(VoiceError("the pack is damaged"))))
        self.die()

    monkeypatch.setattr(LocalLink, "start", fail)
    with pytest.raises(VoiceError, match="the pack is damaged"):
        make_worker(settings)


def test_a_worker_that_dies_while_it_loads_is_told_at_the_start(
    settings: ServiceSettings, make_worker: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalLink, "start", LocalLink.die)
    with pytest.raises(EngineError, match="died while it loaded"):
        make_worker(settings)


async def test_a_request_may_wait_for_room(
    settings: ServiceSettings, make_worker: Make, engine: GatedEngine, voice: Voice
) -> None:
    worker = make_worker(dataclasses.replace(settings, capacity=1.0))
    app = create_app(settings, worker=worker)
    engine.gate()
    first = AsgiCall(app, {"text": LONG, "seed": 1})
    await eventually(lambda: worker.status.making == 1)
    refused = AsgiCall(app, {"text": "Yes."})
    await refused.finished()
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    waiting = AsgiCall(
        app, {"text": "Yes.", "seed": 2, "format": "pcm"}, headers={"prefer": "wait=30"}
    )
    await eventually(lambda: worker.status.queued == 1)
    impatient = AsgiCall(app, {"text": "Yes."}, headers={"prefer": "wait=30"})
    await eventually(lambda: worker.status.queued == 2)
    impatient.leave()
    await eventually(lambda: worker.status.queued == 1)
    engine.open()
    await first.finished()
    assert await waiting.finished() == to_bytes(voice.synthesize("Yes.", seed=2))
    assert float(waiting.headers["x-queued-seconds"]) > 0


async def test_a_wait_ends_when_it_was_promised_to(
    settings: ServiceSettings, make_worker: Make, engine: GatedEngine
) -> None:
    worker = make_worker(dataclasses.replace(settings, capacity=1.0))
    app = create_app(settings, worker=worker)
    engine.gate()
    first = AsgiCall(app, {"text": "Yes."})
    await eventually(lambda: worker.status.making == 1)
    waiting = AsgiCall(app, {"text": "Yes."}, headers={"prefer": "wait=1"})
    assert b"as the request would wait" in await waiting.finished()
    assert waiting.status == 503
    engine.open()
    await first.finished()


async def test_readers_that_sleep_take_up_no_capacity(
    settings: ServiceSettings, make_worker: Make, voice: Voice
) -> None:
    worker = make_worker(dataclasses.replace(settings, capacity=1.0))
    app = create_app(settings, worker=worker)
    lazy = AsgiCall(app, {"text": LONG, "seed": 1, "format": "pcm"})
    await lazy.until(1)
    lazy.stop_reading()
    await eventually(lambda: worker.status.making == 0)
    assert worker.status.open_streams == 1
    quick = AsgiCall(app, {"text": "Yes.", "seed": 2, "format": "pcm"})
    assert await quick.finished() == to_bytes(voice.synthesize("Yes.", seed=2))
    lazy.read_on()
    assert await lazy.finished() == to_bytes(voice.synthesize(LONG, seed=1))


async def test_while_streams_are_late_nobody_is_let_in(
    settings: ServiceSettings, make_worker: Make, engine: GatedEngine, links: list[LocalLink]
) -> None:
    """For half a second after a pulse that says so; there is room for a hundred streams all the
    while.
    """
    worker = make_worker(settings)
    app = create_app(settings, worker=worker)
    engine.gate()
    first = AsgiCall(app, {"text": "Yes."})
    await eventually(lambda: worker.status.making == 1)
    late = Heartbeat(
        capacity=Capacity(rates=((1, 800_000.0),)),
        late_chunks=1,
        lateness_seconds=settings.strained_seconds + 0.1,
    )
    links[0]._hear(late)
    refused = AsgiCall(app, {"text": "Yes."})
    await refused.finished()
    assert (refused.status, worker.status.making) == (503, 1)
    links[0]._hear(dataclasses.replace(late, lateness_seconds=settings.strained_seconds - 0.1))
    await asyncio.sleep(0.6)
    let_in = AsgiCall(app, {"text": "Yes."})
    await eventually(lambda: worker.status.making == 2)
    engine.open()
    for call in (first, let_in):
        await call.finished()
        assert call.status == 200


async def test_one_address_has_its_limit(settings: ServiceSettings, make_worker: Make) -> None:
    worker = make_worker(dataclasses.replace(settings, address_requests_per_minute=1))
    transport = httpx.ASGITransport(app=create_app(settings, worker=worker))
    async with httpx.AsyncClient(transport=transport, base_url="http://sonant") as client:
        assert (await client.post("/synthesize", json={"text": "Yes."})).status_code == 200
        refused = await client.post("/synthesize", json={"text": "Yes."})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "client_limit")
    assert int(refused.headers["retry-after"]) >= 1


async def test_a_wait_that_is_no_number(client: httpx.AsyncClient) -> None:
    refused = await client.post(
        "/synthesize", json={"text": "Yes."}, headers={"prefer": "wait=long"}
    )
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "prefer")
    assert (
        await client.post(
            "/synthesize", json={"text": "Yes."}, headers={"prefer": "handling=lenient, wait=2"}
        )
    ).status_code == 200
