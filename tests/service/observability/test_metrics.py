"""What is counted is what happened."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from service.frontend.supervisor import Supervisor
from tests.service.asgi_call import AsgiCall
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG
from tests.service.local_link import LocalLink
from vocoder.synthesis.voice import Voice


async def counted(client: httpx.AsyncClient) -> dict[str, float]:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_streams_by_how_they_end(
    app: FastAPI,
    client: httpx.AsyncClient,
    engine: GatedEngine,
    worker: Supervisor,
    links: list[LocalLink],
    voice: Voice,
) -> None:
    await client.post("/synthesize", json={"text": "Yes."})
    await client.post("/synthesize", json={"text": ""})
    engine.failing.add(3)
    await client.post("/synthesize", json={"text": "Yes.", "seed": 3})
    engine.gate()
    leaver = AsgiCall(app, {"text": LONG})
    engine.allow(1)
    await leaver.until(1)
    live = await counted(client)
    assert (
        live["sonant_open_streams"],
        live["sonant_making_streams"],
        live["sonant_ready"],
        live["sonant_places"],
    ) == (1, 1, 1, 80)
    leaver.leave()
    await leaver.finished()
    engine.open()
    links[-1].die()
    worker.refuse_new()
    found = await counted(client)
    assert {name: found[f"sonant_streams_total[{name}]"] for name in ("finished", "left", "failed",
        "invalid")} == {
        "finished": 1, "left": 1, "failed": 1, "invalid": 1,
    }  # fmt: skip
    assert found["sonant_first_audio_seconds_count"] == 2
    assert found["sonant_worker_deaths_total"] == 1
    assert (found["sonant_open_streams"], found["sonant_ready"]) == (0, 0)
    spoken = voice.plan("Yes.").seconds
    assert found["sonant_audio_seconds_total[tiny]"] == pytest.approx(spoken, abs=0.1)
