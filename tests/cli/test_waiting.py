"""Bars: on standard error, only on a terminal, only for what takes its time."""

from __future__ import annotations

import pytest

from vocoder.cli import waiting
from vocoder.cli.waiting import Bar


def work(steps: int) -> None:
    with Bar("speaking", steps) as bar:
        for _ in range(steps):
            bar.advance(1)


def test_what_is_quick_has_no_bar(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    work(10)
    assert capfd.readouterr() == ("", "")


def test_what_takes_its_time_has_one_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, to rich
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", -1.0)
    work(10)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "speaking" in captured.err


def test_where_nobody_looks_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", -1.0)
    work(10)
    assert capfd.readouterr() == ("", "")
