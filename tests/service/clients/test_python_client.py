"""docs/clients/sonant_client.py against the service."""

from __future__ import annotations

import base64
import http.client
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.frontend.supervisor import Supervisor
from tests.service.clients.conftest import ROOT
from tests.service.clients.flaky import FlakyProxy
from tests.service.clients.laws import Client, ClientLaws, Kind
from tests.service.gated_engine import GatedEngine
from tests.service.http.test_streaming import LONG
from tests.service.http.test_websocket import until
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

PATH = ROOT / "docs" / "clients" / "sonant_client.py"


@pytest.fixture(scope="module")
def module() -> Any:
    spec = importlib.util.spec_from_file_location("sonant_client", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def client(module: Any) -> Client:
    def use(url: str, order: dict[str, Any], kind: Kind) -> dict[str, Any]:
        sonant = module.Sonant(url, tries=4)
        try:
            if kind == "stream":
                return {"bytes": b"".join(sonant.stream(order))}
            events = list(sonant.events(order))
            sound = b"".join(
                base64.b64decode(event["data"]) for event in events if event["type"] == "audio"
            )
            return {
                "events": [event for event in events if event["type"] != "audio"],
                "samples": np.frombuffer(sound, "<i2").tolist(),
            }
        except module.SonantError as error:
            return {
                "status": error.status,
                "code": error.code,
                "message": str(error),
                "field": error.field,
            }
        except (OSError, http.client.HTTPException) as error:
            return {"lost": type(error).__name__}

    return use


class TestPythonClient(ClientLaws):
    pass


def test_sound_comes_as_it_is_made_and_whoever_stops_is_gone(
    module: Any, service: str, worker: Supervisor, engine: GatedEngine
) -> None:
    engine.gate()
    engine.allow(1)
    pieces = module.Sonant(service).stream({"text": LONG, "seed": 1})
    assert len(next(pieces)) >= 44  # while the engine stands
    pieces.close()
    until(lambda: worker.status.open_streams == 0)
    engine.open()


def test_it_is_a_command_too(service: str, voice: Voice, tmp_path: Path) -> None:
    command = [sys.executable, str(PATH), "Yes.", "--url", service]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    subprocess.run([*command, "-o", str(tmp_path / "said.wav")], check=True)
    assert (
        len(said)
        == len((tmp_path / "said.wav").read_bytes())
        == 44 + len(to_bytes(voice.synthesize("Yes.", seed=1)))
    )
    refused = subprocess.run(
        [sys.executable, str(PATH), "", "--url", service],
        capture_output=True,
        check=False,
        text=True,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("text: ")


def test_a_key(module: Any, proxy: FlakyProxy) -> None:
    next(module.Sonant(proxy.url, key="abc").stream({"text": "Yes."}))
    assert "authorization: bearer abc" in proxy.requests[0]
