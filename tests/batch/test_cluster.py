"""Rendering by a real Ray of two workers: the same bytes, also where one is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.batch.test_render import OUT, counts, digests, records, write
from vocoder.batch.cluster import Cluster, connected
from vocoder.batch.manifest import NAME
from vocoder.batch.progress import ProgressListener, RunProgress
from vocoder.batch.render import render
from vocoder.batch.render_orders import Defaults
from vocoder.cli.program import INTERRUPTED, TERMINATED
from vocoder.errors import EngineError, InputError
from vocoder.voices.library import VARIABLE

CHECKOUT = Path(__file__).resolve().parents[2]
PLAIN = Path("plain")
LINES: list[dict[str, Any]] = [
    {
        "id": f"l/{number}",
        "text": "We go there, and they stay here. " * (number % 4 + 1),
        "format": ("wav", "flac", "ogg")[number % 3],
    }
    for number in range(30)
]
LINES += [{"id": f"twin {number}", "text": "We are equal.", "seed": 5} for number in range(3)]
LINES += [{"id": "wrong", "text": "Yes.", "speaker": "nobody"}, {"id": "mute", "text": "☃"}]


@pytest.fixture(scope="module")
def cluster(library: Path) -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(library))  # what is started from here knows the voice
        patch.setenv("PYTHONPATH", str(CHECKOUT))
        with connected("local", workers=2, cores=2) as cluster:
            yield cluster


def on(cluster: Cluster, lines: list[dict[str, Any]], **options: Any) -> RunProgress:
    watcher = options.pop("watcher", None)
    files_url = options.pop("files_url", None)
    return render(
        write(lines),
        OUT,
        Defaults(voice="tiny", **options),
        threads=1,
        streams=3,
        cluster=cluster,
        files_url=files_url,
        watcher=watcher,
    )


def plain(lines: list[dict[str, Any]], **options: Any) -> None:
    render(write(lines), PLAIN, Defaults(voice="tiny", **options), threads=1, streams=3)


def workers() -> list[int]:
    """The processes of the actors, which are children of a child of this one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = path.read_text("ascii", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended in between
            continue
        parents[int(path.parent.name)] = int(rest[1])
    return [
        pid
        for pid in parents
        if parents.get(parents[pid]) == os.getpid()
        and b"MapWorker" in (Path("/proc") / str(pid) / "cmdline").read_bytes()
    ]


@pytest.mark.slow
def test_two_workers_make_what_one_machine_makes(cluster: Cluster) -> None:
    assert counts(on(cluster, LINES, subtitles="srt", loudness=-20.0)) == (31, 2, 0, 2)
    plain(LINES, subtitles="srt", loudness=-20.0)
    assert digests() == digests(PLAIN)  # also: no temporary file is left
    when = {"begun": None, "finished": None}
    made, expected = (
        {key: asdict(record) | when for key, record in records(folder).items()}
        for folder in (OUT, PLAIN)
    )
    assert made == expected
    assert counts(on(cluster, [*LINES, {"id": "late", "text": "Oh, hi."}], loudness=-20.0)) == (
        1,
        0,
        33,
        2,
    )


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(cluster: Cluster) -> None:
    lines = [
        {"id": str(number), "text": "We go there, and they stay here. " * 12}
        for number in range(24)
    ]
    killed: list[int] = []

    def ticked(tally: RunProgress) -> None:
        found = workers()
        if tally.rendered >= 2 and len(found) == 2 and not killed:
            killed.append(found[0])
            os.kill(found[0], signal.SIGKILL)
            assert tally.rendered < len(lines) / 2, "nothing was in flight"

    assert counts(on(cluster, lines, watcher=ProgressListener(ticked=ticked))) == (24, 0, 0, 0)
    assert len(killed) == 1
    plain(lines)
    assert digests() == digests(PLAIN)
    assert set(
        Counter(
            json.loads(line)["id"] for line in (OUT / NAME).read_text("utf-8").splitlines()
        ).values()
    ) == {1}


@pytest.mark.slow
@pytest.mark.thorough
def test_files_that_go_elsewhere(cluster: Cluster) -> None:
    there = Path("there").absolute()
    assert counts(on(cluster, LINES[:4], files_url=f"file://{there}")) == (4, 0, 0, 0)
    plain(LINES[:4])
    assert digests(there) == digests(PLAIN)


@pytest.mark.slow
def test_workers_that_cannot_render_are_an_error_that_says_why(
    cluster: Cluster, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Path("other")
    other.mkdir()
    (other / "mine").symlink_to(library / "tiny")
    monkeypatch.setenv(VARIABLE, str(other.absolute()))
    with pytest.raises(EngineError, match="mine"):
        render(write(LINES), OUT, Defaults(voice="mine"), threads=1, streams=3, cluster=cluster)
    assert digests() == {}


@pytest.mark.slow
@pytest.mark.thorough
def test_a_line_whose_voice_the_workers_do_not_have_fails_alone(
    cluster: Cluster, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Path("other")
    other.mkdir()
    for name in ("mine", "tiny"):
        (other / name).symlink_to(library / "tiny")
    monkeypatch.setenv(VARIABLE, str(other.absolute()))
    assert counts(
        on(cluster, [{"id": "a", "text": "Yes."}, {"id": "b", "text": "No.", "voice": "mine"}])
    ) == (1, 0, 0, 1)
    assert "mine" in str(records()["b"].reason)


@pytest.mark.slow
@pytest.mark.thorough  # a run without a cluster ends likewise (test_killed.py)
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_a_signal_ends_it_and_leaves_what_is_finished(
    number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    lines = [
        {"id": str(number), "text": "We go there, and they stay here. " * 12}
        for number in range(24)
    ]
    write(lines)
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [
        sys.executable,
        "-c",
        f"{listen}; from vocoder.cli import main; main()",
        "render",
        "list.jsonl",
        "--voice",
        "tiny",
    ]
    with subprocess.Popen(
        [*command, "-o", str(OUT), "--ray", "local", "--streams", "3"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        killer = threading.Timer(120, process.kill)
        killer.start()
        while process.poll() is None and not (
            (OUT / NAME).is_file() and (OUT / NAME).stat().st_size > 0
        ):
            time.sleep(0.02)
        process.send_signal(number)
        assert process.stderr is not None
        said = process.stderr.read().decode()
        assert process.wait() == code, said
        killer.cancel()
    assert "Traceback" not in said
    made = records()
    assert 0 < len(made) < len(lines)
    assert {str(record.path) for record in made.values()} <= set(digests())
    assert counts(render(write(lines), OUT, Defaults(voice="tiny"), threads=2, streams=6))[
        2
    ] == len(made)
    assert not list(OUT.glob("*.part")) + list(OUT.glob(".*.part"))


@pytest.mark.parametrize(
    "address", ["nowhere", "127.0.0.1:1", "127.0.0.1:99999", "ray://127.0.0.1:1"]
)
def test_an_address_where_no_cluster_is(address: str) -> None:
    with pytest.raises(InputError, match="no Ray cluster") as caught, connected(address):
        pass
    assert caught.value.field == "ray"
