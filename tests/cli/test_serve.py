"""`sonant serve`: the service speaks the bytes of `sonant say`, and stops when it is told to."""

from __future__ import annotations

import asyncio
import builtins
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from wyoming.audio import AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.tts import Synthesize

import service.wyoming
from service.settings import ServiceSettings
from vocoder.cli.program import BAD_INPUT, FAILED, run
from vocoder.errors import ConfigError

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = "Oh, hi. You?"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
        return number


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def wyoming_port() -> int:
    return free_port()


@pytest.fixture
def server(
    port: int, wyoming_port: int, workplace: Path, monkeypatch: pytest.MonkeyPatch
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
        "--wyoming",
        f"127.0.0.1:{wyoming_port}",
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


async def heard_by_wyoming(port: int) -> bytes:
    heard = b""
    async with AsyncTcpClient("127.0.0.1", port, read_timeout=60) as client:
        asked = Synthesize(text=TEXT).event()
        await client.write_event(Event(asked.type, {**asked.data, "seed": 7}))
        while (event := await client.read_event()) is not None:
            if AudioStop.is_type(event.type):
                return heard
            heard += event.payload or b""
    raise AssertionError("the connection was lost")


def test_the_service_speaks_the_bytes_of_say(
    server: subprocess.Popen[bytes], port: int, wyoming_port: int, workplace: Path
) -> None:
    body = json.dumps({"text": TEXT, "seed": 7}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/synthesize", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        served = response.read()
    assert run(["say", TEXT, "--seed", "7", "--voice", "tiny", "-o", "said.wav"]) == 0
    assert served == Path("said.wav").read_bytes()
    assert asyncio.run(heard_by_wyoming(wyoming_port)) == served[44:]
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=30) == 0
    assert b"Traceback" not in (workplace / "log").read_bytes()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the command would have run."""
    found: dict[str, object] = {}
    monkeypatch.setattr(
        "service.server.run", lambda settings, **place: found.update(place, settings=settings)
    )
    return found


def test_every_option_reaches_its_setting(started: dict[str, object]) -> None:
    options = (
        "--host 0.0.0.0 --port 99 -v tiny --engine reference --precision fp32 --threads 3 "
        "--max-streams 4 --capacity 4.5 --no-standby --address-streams 5 "
        "--address-requests-per-minute 6 --key-file keys --guard-metrics --allow-origin "
        "https://a.example --allow-origin https://b.example --trusted-proxy 10.0.0.1 "
        "--openai-voice nova=tiny --root-path /speech --wyoming [::1]:10200 "
        "--otlp http://collector:4318 --lexicons words --jobs work --webhooks-to-private "
        "--shutdown-seconds 0.5 --log-text"
    )
    assert run(["serve", *options.split()]) == 0
    expected = ServiceSettings(
        voices=("tiny", ), engine="reference", precision="fp32", threads=3, max_streams=4,
        capacity=4.5, standby=False, address_streams=5,
        address_requests_per_minute=6, key_file=Path("keys"), guard_metrics=True,
        allow_origins=("https://a.example", "https://b.example"),
        trusted_proxies=("10.0.0.1",), openai_voices=("nova=tiny",),
        root_path="/speech",
        wyoming="[::1]:10200",
        otlp_endpoint="http://collector:4318", lexicons=Path("words"), jobs=Path("work"),
        webhooks_to_private=True, shutdown_seconds=0.5, log_text=True,
    )  # fmt: skip
    assert started == {"host": "0.0.0.0", "port": 99, "settings": expected}
    unset = ServiceSettings()
    with_option = {field.name for field in fields(unset) if field.metadata["option"]}
    assert with_option == {
        name for name, value in vars(expected).items() if value != vars(unset)[name]
    } - {"voices", "engine", "precision"}


def test_without_options_the_settings_are_the_defaults_on_every_core(
    started: dict[str, object],
) -> None:
    assert run(["serve"]) == 0
    assert started == {
        "host": "127.0.0.1",
        "port": 8000,
        "settings": ServiceSettings(voices=("kathleen",), threads=os.cpu_count() or 1),
    }


def test_wyoming_is_serve_with_its_port(started: dict[str, object]) -> None:
    assert run(["wyoming", "--max-streams", "4"]) == 0
    assert started["settings"] == ServiceSettings(
        voices=("kathleen",),
        threads=os.cpu_count() or 1,
        max_streams=4,
        wyoming="127.0.0.1:10200",
    )


@pytest.mark.parametrize(
    "option", ["--threads", "--max-streams", "--address-streams", "--capacity"]
)
def test_what_a_setting_does_not_allow_is_bad_input(
    option: str, started: dict[str, object], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", option, "0"]) == BAD_INPUT
    assert option in capfd.readouterr().err
    assert not started


def test_an_address_in_use_is_a_failure_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert run(["serve", "--port", str(port), "--voice", "tiny"]) == FAILED
    assert (
        capfd.readouterr()
        .err.splitlines()[-1]
        .startswith(f"sonant: cannot serve at 127.0.0.1:{port} (")
    )


def test_a_wyoming_address_in_use_is_a_failure_in_one_line(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        assert run(["serve", "--port", "0", "--voice", "tiny", "--wyoming", place]) == FAILED
    last = capfd.readouterr().err.splitlines()[-1]
    assert last.startswith(f"sonant: cannot serve Wyoming at {place} (")


@pytest.mark.parametrize("place", ["10200", "host:", "host:65536", "::1:10200", "tcp://host:1"])
def test_a_wyoming_address_is_host_and_port(place: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT"):
        ServiceSettings(wyoming=place)
    assert ServiceSettings(wyoming="[::1]:10200").wyoming_address == ("::1", 10_200)


def test_the_package_of_wyoming_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(service, "wyoming", service.wyoming)  # put back what is imported anew
    for name in [name for name in sys.modules if name.startswith("service.wyoming")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "wyoming.error", None)
    assert run(["serve", "--port", "0", "--wyoming", "127.0.0.1:0"]) == FAILED
    assert capfd.readouterr().err.splitlines()[-1] == (
        "sonant: serving Wyoming needs wyoming, which is not installed: "
        "pip install 'sonant[wyoming]'"
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
