"""Time and the wire: sound leaves as it is made, and what a client does is felt by its own stream
only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import FastAPI

from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings
from tests.service.asgi_call import AsgiCall
from tests.service.conftest import MAX_STREAMS
from tests.service.gated_engine import GatedEngine
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

LONG = "One two three four five six seven eight nine ten eleven twelve."


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  another thread changes it
            await asyncio.sleep(0.005)


async def test_sound_leaves_before_the_rest_exists(
    app: FastAPI, engine: GatedEngine, voice: Voice
) -> None:
    engine.gate()
    call = AsgiCall(app, {"text": LONG, "seed": 7})
    engine.allow(1)
    first_chunk = round(0.04 * voice.sample_rate)
    # the correction's windows reach one frame to each side
    heard = first_chunk - 2 * voice.manifest.audio.hop_length
    await call.until(44 + 2 * heard)
    assert engine.made[7] == first_chunk < voice.plan(LONG).num_samples / 10
    assert call.status == 200
    assert bytes(call.body[44:]) == to_bytes(voice.synthesize(LONG, seed=7))[: 2 * heard]
    call.leave()
    engine.open()
    await call.finished()


async def test_whole_means_nothing_before_everything(app: FastAPI, engine: GatedEngine) -> None:
    engine.gate()
    call = AsgiCall(app, {"text": "Yes.", "seed": 7, "stream": False})
    engine.allow(1)
    await eventually(lambda: engine.made[7] > 0)
    await asyncio.sleep(0.05)
    assert call.status is None
    engine.open()
    body = await call.finished()
    assert len(body) == int(call.headers["content-length"])


async def test_a_client_that_leaves_stops_its_generation_within_a_chunk(
    app: FastAPI, engine: GatedEngine, worker: Supervisor, voice: Voice
) -> None:
    for stream in (True, False):
        engine.gate()
        seed = 10 + stream
        call = AsgiCall(app, {"text": LONG, "seed": seed, "stream": stream})
        engine.allow(1)
        await eventually(lambda seed=seed: engine.made[seed] > 0)
        call.leave()
        await call.finished()
        assert worker.status.open_streams == 0
        made = engine.made[seed]
        engine.open()
        await asyncio.sleep(0.3)
        assert engine.made[seed] - made <= 0.1 * voice.sample_rate


async def test_a_reader_that_stops_pauses_itself_and_nobody_else(
    app: FastAPI, engine: GatedEngine, voice: Voice, settings: ServiceSettings
) -> None:
    lazy = AsgiCall(app, {"text": LONG, "seed": 1, "format": "pcm"})
    await lazy.until(1)
    lazy.stop_reading()
    quick = AsgiCall(app, {"text": "Good day to you all.", "seed": 2, "format": "pcm"})
    assert await quick.finished() == to_bytes(voice.synthesize("Good day to you all.", seed=2))
    ahead = engine.made[1] - len(lazy.body) / 2
    assert ahead <= (settings.buffer_seconds + settings.chunk) * voice.sample_rate
    assert engine.made[1] < voice.plan(LONG).num_samples
    lazy.read_on()
    assert await lazy.finished() == to_bytes(voice.synthesize(LONG, seed=1))


async def test_a_reader_that_never_reads_again_is_dropped(
    impatient: tuple[FastAPI, Supervisor],
) -> None:
    app, worker = impatient
    call = AsgiCall(app, {"text": LONG})
    await call.until(1)
    call.stop_reading()
    await call.finished()
    assert worker.status.open_streams == 0
    assert len(call.body) < int(call.headers["content-length"])


async def test_no_more_streams_than_allowed(
    app: FastAPI, engine: GatedEngine, worker: Supervisor
) -> None:
    engine.gate()
    calls = [AsgiCall(app, {"text": LONG, "seed": seed}) for seed in range(MAX_STREAMS)]
    await eventually(lambda: worker.status.open_streams == MAX_STREAMS)
    refused = AsgiCall(app, {"text": "Yes."})
    answer = await refused.finished()
    assert refused.status == 503
    assert b'"at_capacity"' in answer
    assert int(refused.headers["retry-after"]) >= 1
    calls[0].leave()
    await calls[0].finished()
    accepted = AsgiCall(app, {"text": "Yes."})
    engine.open()
    await accepted.finished()
    assert accepted.status == 200
    for call in calls:
        call.leave()
        await call.finished()
    assert worker.status.open_streams == 0


async def test_a_stream_that_breaks_before_its_first_sound_is_an_error(
    app: FastAPI, engine: GatedEngine, worker: Supervisor
) -> None:
    engine.failing.add(3)
    call = AsgiCall(app, {"text": "Yes.", "seed": 3})
    body = await call.finished()
    assert call.status == 500
    assert b'"internal"' in body
    well = AsgiCall(app, {"text": "Yes.", "seed": 4})
    await well.finished()
    assert well.status == 200
    assert worker.status.ready


async def test_a_stream_that_breaks_later_is_cut_short(
    app: FastAPI, engine: GatedEngine, worker: Supervisor
) -> None:
    engine.gate()
    call = AsgiCall(app, {"text": LONG, "seed": 3})
    engine.allow(1)
    await call.until(100)
    engine.failing.add(3)
    engine.open()
    body = await call.finished()
    assert len(body) < int(call.headers["content-length"])
    assert worker.status.open_streams == 0


async def test_what_is_open_at_the_end_of_the_shutdown_limit_is_cut_short(
    app: FastAPI, engine: GatedEngine, worker: Supervisor
) -> None:
    engine.gate()
    begun, waiting = AsgiCall(app, {"text": LONG}), AsgiCall(app, {"text": LONG, "stream": False})
    engine.allow(1)
    await eventually(lambda: len(engine.batches) > 0 and len(begun.body) > 0)
    worker.refuse_new()
    worker.fail_open_streams()
    assert len(await begun.finished()) < int(begun.headers["content-length"])
    assert b'"at_capacity"' in await waiting.finished()
    assert waiting.status == 503
    assert worker.status.open_streams == 0
    assert not worker.status.ready
