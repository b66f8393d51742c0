"""`sonant serve` in a process of its own, for as long as something is measured, and what its log
says of each request.
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from vocoder.machine import processor_name

_START_SECONDS, _STOP_SECONDS = 120.0, 30.0
# uvicorn's words where a reader that takes nothing is dropped
_BROKEN_OFF = "ASGI callable returned without completing response"
_LISTENING = re.compile(r"Sonant is listening on (http://\S+)")


@dataclass
class Served:
    """A service that runs.

    Attributes:
        pid: of the process with the event loop.
        url: where it listens.
        ended: when each request was over, by its id: seconds since 1970, to the millisecond, as the
            service's log has it.
        complaints: lines of standard error that are warnings, errors or of tracebacks, but for that
            of a response that has been broken off.
    """

    pid: int
    url: str = ""
    ended: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    listening: threading.Event = field(default_factory=threading.Event)

    def processes(self) -> dict[int, str]:
        """This process and all below it, with what each is."""
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parents[int(folder.name)] = (
                    int((folder / "stat").read_text().rpartition(") ")[2].split()[1]),
                    (folder / "cmdline").read_text(),
                )
            except OSError:
                continue  # it has ended meanwhile
        found = {self.pid: "service"}
        for pid, (parent, command) in sorted(parents.items()):
            if parent in found:
                found[pid] = "worker" if "spawn_main" in command else "helper"
        return found


def circumstances() -> dict[str, object]:
    """Where and when something was measured, and how busy that machine was."""
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@contextmanager
def serving(*options: str) -> Iterator[Served]:
    """Starts the service at a free port, waits until it is ready, and stops it in the end.

    Args:
        options: of `sonant serve`, beside the port.
    """
    command = [
        sys.executable,
        "-c",
        "from vocoder.cli import main; main()",
        "serve",
        "--port",
        "0",
        *options,
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    served = Served(pid=process.pid)
    readers = [
        threading.Thread(target=read, args=(served, process))
        for read in (_read_requests, _read_rest)
    ]
    for reader in readers:
        reader.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not served.listening.wait(0.1):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the service did not start: {served.complaints}")
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        finally:
            process.kill()
            for reader in readers:
                reader.join()


def _read_requests(served: Served, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        said = json.loads(line)
        served.ended[said["request_id"]] = datetime.fromisoformat(said["time"]).timestamp()


def _read_rest(served: Served, process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        sys.stderr.write(line)
        if found := _LISTENING.search(line):
            served.url = found[1]
            served.listening.set()
        elif not line.startswith("INFO") and _BROKEN_OFF not in line:
            served.complaints.append(line.rstrip())
