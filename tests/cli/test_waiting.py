"""Progress: on standard error, only on a terminal, only for what takes its time."""

from __future__ import annotations

import io
import os
import shutil
import sys

import pytest

from tests.cli.terminal import Terminal
from vocoder.cli import status_line, waiting
from vocoder.cli.status_line import StatusLine
from vocoder.cli.waiting import Bar

ERASE = "\r\033[K"


def watched(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error from now on. No fixture: pytest captures anew for the test itself."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def work(steps: int) -> None:
    with Bar("speaking", steps) as bar:
        for _ in range(steps):
            bar.advance(1)


def test_what_is_quick_has_no_bar(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    terminal = watched(monkeypatch)
    work(10)
    assert terminal.getvalue() == ""
    assert capfd.readouterr().out == ""


def test_what_takes_its_time_has_one_on_standard_error_that_goes(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    terminal = watched(monkeypatch)
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", -1.0)
    work(10)
    assert capfd.readouterr().out == ""
    assert terminal.getvalue().startswith(f"{ERASE}speaking  10%, ")
    assert terminal.getvalue().endswith(ERASE)


def test_where_nobody_looks_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", -1.0)
    work(10)
    with waiting.waiting("loading"):
        pass
    assert capfd.readouterr() == ("", "")


def test_what_is_waited_for_is_said_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = watched(monkeypatch)
    with waiting.waiting("loading"):
        assert terminal.getvalue() == f"{ERASE}loading ..."
    assert terminal.getvalue() == f"{ERASE}loading ...{ERASE}"


def test_a_line_fits_the_terminal_and_is_not_written_too_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((8, 24)))
    screen = Terminal()
    line = StatusLine(screen)
    line.show("one two three")
    line.show("too soon")
    assert screen.getvalue() == f"{ERASE}one two"
    monkeypatch.setattr(status_line, "SECONDS_BETWEEN", 0.0)
    line.show("later")
    assert screen.getvalue() == f"{ERASE}one two{ERASE}later"


def test_what_is_kept_stays_also_where_there_is_no_terminal() -> None:
    screen, file = Terminal(), io.StringIO()
    for stream in (screen, file):
        line = StatusLine(stream)
        line.show("passing")
        line.keep("kept")
    assert screen.getvalue() == f"{ERASE}passing{ERASE}kept\n"
    assert file.getvalue() == "kept\n"
