"""Places for files: whole or not at all, wherever they are, and a run gives the same bytes
there.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.batch.test_render import LINES, OUT, counts, digests, records, write
from vocoder.batch.destinations import Destination, FolderDestination, RemoteDestination
from vocoder.batch.forecast import forecast
from vocoder.batch.manifest import NAME, TABLE
from vocoder.batch.progress import RunProgress
from vocoder.batch.render import render
from vocoder.batch.render_orders import Defaults
from vocoder.errors import InputError

LEFTOVER = ".one.wav.0123abcd.part"
THERE = Path("there")


def url() -> str:
    return f"file://{THERE.absolute()}"


@pytest.fixture(params=["folder", "file", "local"])
def files(request: pytest.FixtureRequest) -> Destination:
    """In `THERE`, by this machine's own means, by pyarrow's and by fsspec's."""
    if request.param == "folder":
        THERE.mkdir()
        return FolderDestination(THERE)
    remote = RemoteDestination(f"{request.param}://{THERE.absolute()}")
    remote.make_place()
    return remote


def test_what_is_written_can_be_read(files: Destination) -> None:
    with files.writing("one.wav") as file:
        file.write(b"sound")
        file.seek(0)
        file.write(b"S")
        assert not (THERE / "one.wav").exists()
    assert [path.name for path in THERE.iterdir()] == ["one.wav"]
    with files.reading("one.wav") as found:
        assert found is not None
        assert (
            hashlib.file_digest(found, "sha256").hexdigest() == hashlib.sha256(b"Sound").hexdigest()
        )
        assert found.seek(0, 2) == 5
    with files.writing("one.wav") as file:
        file.write(b"other")
    assert (THERE / "one.wav").read_bytes() == b"other"
    with files.reading("two.wav") as found:
        assert found is None


def break_off(file: BinaryIO) -> None:
    file.write(b"half")
    raise KeyError


def test_what_is_broken_off_leaves_what_was_there(files: Destination) -> None:
    (THERE / "one.wav").write_bytes(b"before")
    with pytest.raises(KeyError), files.writing("one.wav") as file:
        break_off(file)
    assert {path.name: path.read_bytes() for path in THERE.iterdir()} == {"one.wav": b"before"}


def test_only_what_this_package_left_half_written_is_cleared_away(files: Destination) -> None:
    kept = {
        "one.wav",
        ".hidden",
        ".one.part",
        ".one.wav.0123abcd.partly",
        "one.wav.0123abcd.part",
        ".con.wav.0123abcd.part",
    }
    for name in [*kept, LEFTOVER, ".manifest.parquet.0123abcd.part"]:
        (THERE / name).touch()
    (THERE / ".two.wav.0123abcd.part").mkdir()
    files.clear_leftovers()
    assert {path.name for path in THERE.iterdir()} == kept | {".two.wav.0123abcd.part"}


def test_a_spool_has_no_name(files: Destination) -> None:
    with files.spool() as file:
        file.write(b"sound")
        file.seek(0)
        assert file.read() == b"sound"
        assert list(THERE.iterdir()) == []


def away(**options: object) -> RunProgress:
    return render(
        write(LINES), OUT, Defaults(voice="tiny", **options), threads=2, streams=3, files_url=url()
    )  # type: ignore[arg-type]


def test_a_run_whose_files_go_elsewhere() -> None:
    assert counts(away(subtitles="vtt", loudness=-23.0)) == (4, 1, 0, 0)
    assert {path.name for path in OUT.iterdir()} == {NAME, TABLE}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in THERE.iterdir()}
    assert {
        str(record.path): record.sha256 for record in records().values()
    }.items() <= there.items()
    render(
        write(LINES),
        Path("here"),
        Defaults(voice="tiny", subtitles="vtt", loudness=-23.0),
        threads=1,
        streams=2,
    )
    assert there == digests(Path("here"))


def test_a_run_whose_files_went_elsewhere_makes_what_is_missing_there() -> None:
    away()
    (THERE / LEFTOVER).touch()
    damaged, missing = (str(records()[key].path) for key in ("one", "three"))
    before = (THERE / damaged).read_bytes()
    (THERE / damaged).write_bytes(before[:-1] + b"\0")
    (THERE / missing).unlink()
    looked = forecast(
        write(LINES),
        OUT,
        Defaults(voice="tiny"),
        threads=1,
        streams=2,
        failed=lambda _: None,
        files_url=url(),
    )
    assert (looked.to_render, looked.kept) == (2, 3)
    assert counts(away()) == (2, 0, 3, 0)
    assert (THERE / damaged).read_bytes() == before
    assert not (THERE / LEFTOVER).exists()


def test_looking_makes_nothing() -> None:
    forecast(
        write(LINES),
        OUT,
        Defaults(voice="tiny"),
        threads=1,
        streams=2,
        failed=lambda _: None,
        files_url=url(),
    )
    assert not THERE.exists()


@pytest.mark.parametrize(
    "wrong", ["there", "/tmp/there", "nothing-of-this-name://there", "file:///proc/nowhere"]
)
def test_a_place_that_is_none(wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        render(write(LINES), OUT, Defaults(voice="tiny"), threads=1, streams=1, files_url=wrong)
    assert caught.value.field == "files"
