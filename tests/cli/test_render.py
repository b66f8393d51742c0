"""`sonant render`: exit codes, and what is said of what went wrong."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from vocoder.batch.progress import RunProgress
from vocoder.batch.record import Record
from vocoder.cli.program import BAD_INPUT, run
from vocoder.cli.rendering_view import RenderingView, left_text, rate_text

RENDER = ["render", "list.txt", "-o", "out", "--voice", "tiny", "--threads", "1"]


@pytest.fixture(autouse=True)
def wanted() -> None:
    Path("list.txt").write_text("Oh, hi.\n\nYou?\n", "utf-8")


def test_all_went_well(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(RENDER) == 0
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("out: 2 rendered (")
    assert captured.err.endswith("0 copied, 0 there already, 0 failed\n")
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "000001.wav",
        "000003.wav",
        "manifest.jsonl",
        "manifest.parquet",
    ]
    assert run([*RENDER, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["kept"] == 2


def test_a_line_is_what_say_says(capfd: pytest.CaptureFixture[str]) -> None:
    options = [
        "--speaker",
        "otto",
        "--speed",
        "1.5",
        "--pitch",
        "2",
        "--volume",
        "0.5",
        "--temperature",
        "0.4",
        "--seed",
        "7",
        "--precision",
        "fp32",
    ]
    Path("list.jsonl").write_text('{"text": "Oh, hi.", "seed": 7}\n', "utf-8")
    assert (
        run(["render", "list.jsonl", "-o", "out", "--voice", "tiny", "--format", "ogg", *options])
        == 0
    )
    assert run(["say", "Oh, hi.", "-o", "said.wav", "--voice", "tiny", *options]) == 0
    assert run(["render", "list.jsonl", "-o", "out", "--voice", "tiny", *options]) == 0
    assert Path("said.wav").read_bytes() == Path("out/000001.wav").read_bytes()
    assert Path("out/000001.ogg").read_bytes().startswith(b"OggS")


def test_a_line_that_failed_is_told_in_a_line_and_in_the_exit_code(
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("list.txt").write_text("Oh, hi.\n...\n", "utf-8")
    for options in ([], ["--strict"], ["--dry-run"]):
        assert run([*RENDER, *options]) == 1
        assert (
            "sonant: line 2 (id '000002'): text: nothing in the text can be spoken\n"
            in capfd.readouterr().err
        )


def test_a_dry_run_touches_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*RENDER, "--dry-run"]) == 0
    assert capfd.readouterr().out.startswith("2 to render (")
    assert not Path("out").exists()
    assert run([*RENDER, "--dry-run", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["duration_seconds"] == pytest.approx(found["seconds"] / found["times_real_time"])


MISTAKES = {
    "list": (["render", "none.txt", "-o", "out", "--voice", "tiny"],
    "none.txt: cannot be read (No such file or directory)"),
    "extension": (["render", "list.doc", "-o", "out"], "give --list-format"),
    "list format": ([*RENDER, "--list-format", "tsv"], "unknown list format 'tsv'"),
    "no folder": (["render", "list.txt"], "--output"),
    "folder": (["render", "list.txt", "-o", "list.txt", "--voice", "tiny"],
    "list.txt: is no folder"),
    "voice": ([*RENDER, "--voice", "nobody"], "there is no voice 'nobody'"),
    "speaker": ([*RENDER, "--speaker", "eve"], "no speaker 'eve'"),
    "format": ([*RENDER, "--format", "xyz"], "unknown format 'xyz'"),
    "loudness": ([*RENDER, "--loudness", "0"], "loudness must lie in -70..-5 LUFS, not 0"),
    "seed": ([*RENDER, "--seed", "-1"], "seed must lie in 0..2**64-1"),
    "speed": ([*RENDER, "--speed", "9"], "speed must lie in 0.25..4, not 9"),
    "streams": ([*RENDER, "--streams", "0"], "--streams"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_one_line_that_names_it_and_nothing_is_done(
    what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments, message = MISTAKES[what]
    assert run(arguments) == BAD_INPUT
    captured = capfd.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not Path("out").exists()


def test_a_column_that_nobody_knows_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    Path("list.csv").write_text("text,colour\nOh.,red\n", "utf-8")
    assert run(["render", "list.csv", "-o", "out", "--voice", "tiny"]) == BAD_INPUT
    assert "the list's header has an unknown field 'colour'" in capfd.readouterr().err
    assert not Path("out").exists()


def test_without_pyarrow_all_but_parquet_works(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run(RENDER) == 0
    assert (
        "manifest.jsonl alone is written: manifest.parquet needs pyarrow" in capfd.readouterr().err
    )
    assert not Path("out/manifest.parquet").exists()
    Path("list.parquet").write_bytes(b"")
    assert run(["render", "list.parquet", "-o", "out2", "--voice", "tiny"]) == BAD_INPUT
    assert "reading Parquet needs pyarrow" in capfd.readouterr().err


def test_the_view_tells_how_far_it_is_and_how_long_it_takes() -> None:
    tally = RunProgress(
        lines=5,
        rendered=3,
        kept=1,
        failed=1,
        seconds=30.0,
        characters=500,
        spoken_characters=300,
        rendered_seconds=20.0,
    )
    assert rate_text(tally, 6.0) == "30 lines/min, 5.0 times real time"
    assert left_text(tally, 6.0, 150_500) == "0:50:00 left"
    assert left_text(RunProgress(), 6.0, 100) == ""
    screen = Terminal()
    with RenderingView(screen) as view:
        view.expect(9, 1_000)
        view.ticked(tally)
        view.failed(
            Record(line=3, id=None, status="failed", field="text", reason="it [b]is[/b] empty")
        )
    assert "5/9 lines, 1 failed" in screen.getvalue()
    assert "sonant: line 3: text: it [b]is[/b] empty" in screen.getvalue()


def test_where_nobody_looks_only_failures_are_shown() -> None:
    screen = io.StringIO()
    with RenderingView(screen) as view:
        view.ticked(RunProgress(lines=5))
        view.failed(
            Record(line=3, id="x\n\x1b[0m", status="failed", field="text", reason="it is empty")
        )
    assert screen.getvalue() == "sonant: line 3 (id 'x\\n\\x1b[0m'): text: it is empty\n"
