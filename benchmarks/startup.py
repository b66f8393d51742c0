"""What an installation of Sonant takes: megabytes, seconds to the first sound, resident memory.

    .venv/bin/python benchmarks/startup.py [--rounds 5] [--sentences 100]

Every figure is of whole processes, the commands of the Python that runs this. Times are the best of
several. `installed_mb` is all of that Python's environment.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vocoder.machine import processor_name

SONANT = (str(Path(sys.executable).parent / "sonant"),)
TEXT = "This is sentence number {} of many, and the service speaks it."
PATIENCE_SECONDS = 120.0
MEGABYTE = 1024 * 1024


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="megabytes, seconds and memory of whole processes")
    parser.add_argument("--rounds", type=int, default=5, help="of each time; the best counts")
    parser.add_argument("--sentences", type=int, default=100, help="before memory is looked at")
    options = parser.parse_args(arguments)
    ready, first_sound, resident = serving(options.sentences)
    report = {
        "processor": processor_name(),
        "installed_mb": round(installed_bytes(Path(sys.prefix)) / MEGABYTE),
        "help_seconds": best(options.rounds, "--help"),
        "say_seconds": best(options.rounds, "say", "Hello.", "--seed", "7", "--output", "-"),
        "serve_ready_seconds": round(ready, 2),
        "serve_first_sound_seconds": round(first_sound, 2),
        "resident_mb": resident,
    }
    print(json.dumps(report, indent=2))


def installed_bytes(folder: Path) -> int:
    """All files below it, on the disk; links are not followed."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def best(rounds: int, *arguments: str) -> float:
    """Wall-clock seconds of one command, from its start to its last byte."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([*SONANT, *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - began)
    return round(min(taken), 3)


def serving(sentences: int) -> tuple[float, float, dict[str, int]]:
    """Seconds until `sonant serve` is ready, and until its first sentence is heard to its end; then
    what each of its processes keeps after so many, by command, in megabytes.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    with process("serve", "--port", str(port)) as server:
        while not answers(f"{address}/readyz"):
            assert server.poll() is None, "the service has ended"
            assert time.perf_counter() - began < PATIENCE_SECONDS, "the service is not ready"
            time.sleep(0.01)
        ready = time.perf_counter() - began
        speak(address, "Hello.")
        first_sound = time.perf_counter() - began
        for number in range(sentences):
            speak(address, TEXT.format(number))
        return ready, first_sound, resident_megabytes(server.pid)


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a session of its own, ended afterwards."""
    started = subprocess.Popen(
        [*SONANT, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def speak(address: str, text: str) -> None:
    request = urllib.request.Request(
        f"{address}/synthesize",
        data=json.dumps({"text": text, "seed": 7}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        answer.read()


def resident_megabytes(session: int) -> dict[str, int]:
    """Of the processes of a session: frontend, worker (the largest that was spawned), standby."""
    sizes = {
        int(folder.name): resident_bytes(folder)
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and os.getsid(int(folder.name)) == session
    }
    frontend = sizes.pop(session)
    others = sorted(sizes.values(), reverse=True)
    return {
        name: round(size / MEGABYTE)
        for name, size in zip(("frontend", "worker", "standby"), (frontend, *others), strict=False)
    }


def resident_bytes(folder: Path) -> int:
    return int((folder / "statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
