"""What the service says of itself, and how it stops."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from service.frontend.supervisor import Supervisor
from tests.service.local_link import LocalLink
from tests.tiny_voice import AUDIO, SPEAKERS


async def test_voices(client: httpx.AsyncClient) -> None:
    (voice,) = (await client.get("/voices")).json()["voices"]
    assert voice["name"] == "tiny"
    assert voice["speakers"] == list(SPEAKERS)
    assert voice["sample_rate"] == AUDIO.sample_rate
    assert voice["is_default"] is True


async def test_health_and_readiness(client: httpx.AsyncClient, worker: Supervisor) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    # Of a capacity of 100 streams a fifth is headroom.
    assert ready.json() == {
        "status": "ready",
        "open_streams": 0,
        "making": 0,
        "queued": 0,
        "background": 0,
        "places": 80,
        "capacity": 100.0,
    }
    worker.refuse_new()
    assert (await client.get("/healthz")).status_code == 200
    not_ready = await client.get("/readyz")
    assert (not_ready.status_code, not_ready.json()["error"]["code"]) == (503, "not_ready")
    refused = await client.post("/synthesize", json={"text": "Yes."})
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"


async def test_not_ready_while_there_is_no_worker(
    client: httpx.AsyncClient, links: list[LocalLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalLink, "start", lambda self: None)
    links[-1].die()
    assert (await client.get("/readyz")).status_code == 503


async def test_openapi_describes_the_body(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    schema = document["components"]["schemas"]["SynthesizeRequest"]
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {
        "text",
        "ssml",
        "ssml_strict",
        "phonemes",
        "voice",
        "speaker",
        "length_scale",
        "speed",
        "pitch",
        "volume",
        "temperature",
        "seed",
        "format",
        "sample_rate",
        "timestamps",
        "lexicon",
        "stream",
    }


@contextmanager
def serving(pack: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`sonant serve` and its port. Told to stop inside, it must end with exit code 0 and without a
    traceback.

    The reference engine, because the native one would have made all of the text before the signal
    arrives.
    """
    sonant = "from vocoder.cli import main; main()"
    command = [
        sys.executable,
        "-c",
        sonant,
        "serve",
        "--port",
        "0",
        "--voice",
        str(pack),
        "--engine",
        "reference",
        *options,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            log = ""
            while not (found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", log)):
                line = server.stderr.readline()
                assert line, f"the server did not start: {log}"
                log += line
            yield server, int(found[1])
            log += server.stderr.read()
            assert server.wait(20) == 0, log
            assert "Traceback" not in log
        finally:
            server.kill()


@contextmanager
def stopped_while_open(pack: Path, seconds: str) -> Iterator[http.client.HTTPResponse]:
    """An answer of which 200 bytes have been read when the service is told to stop, and which may
    go on for so long.
    """
    with (
        serving(pack, "--shutdown-seconds", seconds) as (server, port),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection,
    ):
        body = json.dumps({"text": "One two three four five six seven.", "format": "pcm"})
        connection.request("POST", "/synthesize", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        assert len(answer.read(200)) == 200
        server.send_signal(signal.SIGTERM)
        yield answer


def test_the_command_serves_and_stops(pack: Path) -> None:
    with serving(pack) as (server, port):
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=20).json() == {"status": "ok"}
        server.send_signal(signal.SIGTERM)


def test_a_server_that_is_told_to_stop_finishes_what_is_open(pack: Path) -> None:
    with stopped_while_open(pack, "600") as answer:
        assert 200 + len(answer.read()) == int(answer.headers["content-length"])


def test_what_is_open_for_longer_than_it_may_be_is_cut_short(pack: Path) -> None:
    with stopped_while_open(pack, "0") as answer, pytest.raises(http.client.IncompleteRead):
        answer.read()
