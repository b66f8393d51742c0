"""Killed at any moment and started again: the same files, nothing rendered twice but what was in
flight, nothing left over. In real processes.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.batch.test_render import digests, records
from vocoder.batch.manifest import NAME
from vocoder.cli.program import INTERRUPTED, TERMINATED

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
STREAMS, THREADS = 3, 2
IN_FLIGHT = STREAMS + 2 * THREADS
# A shell starts what runs in its background with SIGINT ignored, and children inherit that.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
COMMAND = [sys.executable, "-c", f"{LISTEN}; from vocoder.cli import main; main()"]
RENDER = [
    *COMMAND,
    "render",
    "list.jsonl",
    "--voice",
    "tiny",
    "--streams",
    str(STREAMS),
    "--threads",
    str(THREADS),
    "--json",
]
LINES = [
    {
        "id": f"l/{number}",
        "text": "We go there, and they stay here. " * (number % 4 + 1),
        "format": ("wav", "flac", "ogg")[number % 3],
    }
    for number in range(120)
]
LINES += [{"id": f"twin {number}", "text": "We are equal.", "seed": 5} for number in range(4)]


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    Path("list.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")


def render(folder: str, *options: str) -> dict[str, int]:
    return json.loads(
        subprocess.run(
            [*RENDER, "-o", folder, *options], capture_output=True, text=True, check=True
        ).stdout
    )  # type: ignore[no-any-return]


def start(folder: str, *options: str) -> subprocess.Popen[bytes]:
    """A run that has begun to finish lines."""
    before = (Path(folder) / NAME).stat().st_size if (Path(folder) / NAME).exists() else 0
    process = subprocess.Popen(
        [*RENDER, "-o", folder, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while process.poll() is None and (
        not (Path(folder) / NAME).exists() or (Path(folder) / NAME).stat().st_size == before
    ):
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("times", [4, pytest.param(10, marks=pytest.mark.thorough)])
def test_killed_again_and_again_it_makes_what_an_undisturbed_run_makes(times: int) -> None:
    chance = random.Random(1)
    assert render("undisturbed")["rendered"] == 121
    kills = 0
    for _ in range(times):
        with start("killed") as process:
            time.sleep(chance.uniform(0.0, 0.15))
            kills += process.poll() is None
            process.kill()
    assert kills >= times // 2
    last = render("killed")
    assert last["failed"] == 0
    assert last["kept"] > 0
    # also: no temporary file is left
    assert digests(Path("killed")) == digests(Path("undisturbed"))
    written = [json.loads(line) for line in (Path("killed") / NAME).read_text("utf-8").splitlines()]
    # what is recorded is not made again
    assert set(Counter(record["id"] for record in written).values()) == {1}
    made, expected = records(Path("killed")), records(Path("undisturbed"))
    assert {key: record.sha256 for key, record in made.items()} == {
        key: record.sha256 for key, record in expected.items()
    }


def test_files_without_a_record_are_not_more_than_were_in_flight() -> None:
    with start("killed") as process:
        time.sleep(0.1)
        process.kill()
    finished = {
        path for path in Path("killed").iterdir() if not path.name.startswith((".", "manifest"))
    }
    recorded = len((Path("killed") / NAME).read_bytes().splitlines())
    assert recorded - 1 <= len(finished) <= recorded + IN_FLIGHT
    assert (
        len([path for path in Path("killed").iterdir() if path.name.endswith(".part")]) <= IN_FLIGHT
    )


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_a_signal_ends_it_and_leaves_what_is_finished(number: signal.Signals, code: int) -> None:
    with start("stopped", "--loudness", "-23") as process:
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    made = {str(record.path) for record in records(Path("stopped")).values()}
    assert set(digests(Path("stopped"))) == made
    assert 0 < len(made) < len(LINES)


def test_a_list_that_comes_slowly_is_rendered_as_it_comes_and_can_be_interrupted() -> None:
    command = [*COMMAND, "render", "-", "--voice", "tiny", "-o", "slow"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"Oh, hi.\n")
        process.stdin.flush()
        while not (Path("slow") / "000001.wav").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        assert process.stderr is not None
        said = process.stderr.read().decode()
        assert code == INTERRUPTED, said
        assert "rror" not in said
