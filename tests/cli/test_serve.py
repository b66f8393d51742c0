"""`sonant serve`: the service speaks the bytes of `sonant say`, and stops when it is told to."""

from __future__ import annotations

import builtins
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from vocoder.cli.program import FAILED, run

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = "Oh, hi. You?"


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        return number


@pytest.fixture
def server(
    port: int, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[bytes]]:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    command = [
        sys.executable,
        "-c",
        "from vocoder.cli import main; main()",
        "serve",
        "--port",
        str(port),
        "--voice",
        "tiny",
    ]
    with (
        (workplace / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
                break
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.1)
        yield process
        process.kill()


def test_the_service_speaks_the_bytes_of_say(
    server: subprocess.Popen[bytes], port: int, workplace: Path
) -> None:
    body = json.dumps({"text": TEXT, "seed": 7}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/synthesize", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        served = response.read()
    assert run(["say", TEXT, "--seed", "7", "--voice", "tiny", "-o", "said.wav"]) == 0
    assert served == Path("said.wav").read_bytes()
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=30) == 0
    assert b"Traceback" not in (workplace / "log").read_bytes()


def test_an_address_in_use_is_a_failure_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert run(["serve", "--port", str(port), "--voice", "tiny"]) == FAILED
    assert (
        capfd.readouterr()
        .err.splitlines()[-1]
        .startswith(f"sonant: cannot serve at 127.0.0.1:{port} (")
    )


def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    original = builtins.__import__

    def without_fastapi(name: str, *arguments: object, **options: object) -> object:
        if name == "service.server":
            raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")
        return original(name, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_fastapi)
    assert run(["serve"]) == FAILED
    assert (
        capfd.readouterr().err
        == "sonant: serving needs fastapi, which is not installed: pip install 'sonant[service]'\n"
    )
