"""`sonant bench`: one run, every engine, for people and for programs."""

from __future__ import annotations

import json

import pytest

from tests.tiny_voice import AUDIO
from vocoder.cli.program import BAD_INPUT, run


def test_a_report_for_programs(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--voice", "tiny", "--rounds", "1", "--seconds", "0.005", "--json"]) == 0
    report = json.loads(capfd.readouterr().out)
    assert set(report) == {"machine", "network", "rows"}
    assert report["network"]["num_layers"] == 4
    assert {"reference", "torch-loop", "recomputed"} <= {row["engine"] for row in report["rows"]}
    for row in report["rows"]:
        assert {
            "engine",
            "precision",
            "isa",
            "streams",
            "threads",
            "samples_per_second",
            "real_time_factor",
        } <= set(row)
        assert row["samples_per_second"] > 0
        # The voice's own rate is what real time means.
        assert row["real_time_factor"] == pytest.approx(
            row["samples_per_second"] / AUDIO.sample_rate, abs=1e-3
        )


def test_a_table_for_people(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--voice", "tiny", "--rounds", "1", "--seconds", "0.005"]) == 0
    captured = capfd.readouterr()
    assert "samples/s" in captured.out
    assert "torch-loop" in captured.out
    assert captured.err == ""


def test_a_mistake_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "--voice", "nobody"]) == BAD_INPUT
    assert "there is no voice 'nobody'" in capfd.readouterr().err
