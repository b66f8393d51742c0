"""What only a process of its own can show: signals, a reader that leaves, and that help does not
wait for torch.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vocoder.audio.wav import HEADER_BYTES
from vocoder.cli.program import BAD_INPUT, BROKEN_PIPE, INTERRUPTED, TERMINATED, run

# A shell starts what runs in its background with SIGINT ignored, and children inherit that: these
# tests are about what a terminal sends.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
COMMAND = [sys.executable, "-c", f"{LISTEN}; from vocoder.cli import main; main()"]
# The reference engine takes minutes for it.
SPEAK_LONG = [
    *COMMAND,
    "say",
    "This is a long sentence, and it goes on and on. " * 20,
    "-o",
    "-",
    "--voice",
    "tiny",
    "--engine",
    "reference",
]
CHECKOUT = Path(__file__).resolve().parents[2]


def start(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> subprocess.Popen[bytes]:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)]
)
def test_a_signal_ends_it_without_a_traceback(
    number: signal.Signals, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start(SPEAK_LONG, monkeypatch) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert len(process.stdout.read(HEADER_BYTES)) == HEADER_BYTES  # it is speaking now
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        assert b"Traceback" not in process.stderr.read()


def test_a_reader_that_leaves_ends_it_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    with start(SPEAK_LONG, monkeypatch) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(HEADER_BYTES)
        process.stdout.close()
        assert process.wait(timeout=60) == BROKEN_PIPE
        assert process.stderr.read() == b""


def test_without_a_command_the_help_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([]) == BAD_INPUT
    shown = capfd.readouterr().err
    assert "Usage: sonant" in shown
    assert "render" in shown


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from vocoder.cli.program import run; code = run(['say', '--help']); "
        "print(code, sorted({'torch', 'numpy'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert "--temperature" in answer.stdout
    assert answer.stdout.endswith("0 []\n")
