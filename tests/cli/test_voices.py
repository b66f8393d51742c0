"""`sonant voices`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vocoder.cli.program import FAILED, run
from vocoder.voices.library import VARIABLE
from vocoder.voices.pack import FORMAT_VERSION


def test_voices_for_people_and_for_programs(
    library: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["voices"]) == 0
    table = capfd.readouterr().out
    assert (
        "tiny, release 0.0.1\n  en-us, 8000 Hz, speakers: anna, otto\n  licence CC0-1.0\n  price "
        "per sample: bf16 not measured, int8 not measured\n"
    ) in table
    assert f"  {library / 'tiny'}\n" in table
    assert run(["voices", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capfd.readouterr().out)}
    assert rows["tiny"] == {
        "name": "tiny",
        "release": "0.0.1",
        "language": "en-us",
        "licence": "CC0-1.0",
        "speakers": ["anna", "otto"],
        "sample_rate": 8_000,
        "precision_prices": {"bf16": None, "int8": None},
        "folder": str(library / "tiny"),
    }


def test_a_damaged_voice_hides_no_other(
    library: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "more" / "damaged").mkdir(parents=True)
    (tmp_path / "more" / "damaged" / "voice.json").write_text('{"format_version": 99}')
    monkeypatch.setenv(VARIABLE, f"{tmp_path / 'more'}:{library}")
    assert run(["voices", "--json"]) == FAILED
    captured = capfd.readouterr()
    assert "tiny" in [row["name"] for row in json.loads(captured.out)]
    assert (
        f"format version 99, and this release reads versions 3 to {FORMAT_VERSION}" in captured.err
    )
