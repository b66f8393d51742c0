"""A client that openapi-python-client makes of the OpenAPI document, as it comes."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from fastapi import FastAPI

from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

CONFIG = Path(__file__).parents[3] / "docs" / "clients" / "openapi-python-client.yml"
PACKAGE = "sonant_client"


@pytest.fixture
def generated(app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Reads a part of the generated package."""
    document, output = tmp_path / "openapi.json", tmp_path / "client"
    document.write_text(json.dumps(app.openapi()))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document)]
    subprocess.run([*command, "--output-path", str(output), "--config", str(CONFIG)], check=True)
    monkeypatch.syspath_prepend(output)
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


async def test_it_speaks(generated: Any, app: FastAPI, voice: Voice) -> None:
    client = generated("client").Client(base_url="http://sonant")
    client.set_async_httpx_client(
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sonant")
    )
    synthesize, models = generated("api.default.synthesize"), generated("models")
    text = "Good day to you all."
    body = models.SynthesizeRequest(text=text, seed=7)
    spoken = await synthesize.asyncio(client=client, body=body)
    samples, _ = soundfile.read(io.BytesIO(spoken.payload.read()), dtype="int16")
    assert to_bytes(samples) == to_bytes(voice.synthesize(text, seed=7))
    refused = await synthesize.asyncio(
        client=client, body=models.SynthesizeRequest(text=text, pitch=13.0)
    )
    assert isinstance(refused, models.ProblemAnswer)
    assert refused.error.field == "pitch"
    read = await generated("api.default.phonemize").asyncio(
        client=client, body=models.PhonemizeRequest(text="It costs $5.")
    )
    assert [word.text for word in read.sentences[0].words][-2:] == ["five", "dollars"]


def test_operations_have_names_that_one_would_call(app: FastAPI) -> None:
    operations = [
        operation["operationId"]
        for path in app.openapi()["paths"].values()
        for operation in path.values()
    ]
    assert len(set(operations)) == len(operations)
    assert {"synthesize", "phonemize", "list_voices", "create_speech", "create_job"} <= set(
        operations
    )
    assert not [name for name in operations if name.endswith(("_get", "_post"))]
