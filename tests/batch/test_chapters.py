"""Chapters in what is rendered: part of the bytes where somebody asks for them, and of nothing
else.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from tests.batch.test_render import OUT, counts, digests, records, run, write
from vocoder.audio import chapter_marks as embedding
from vocoder.batch.forecast import forecast
from vocoder.batch.record import Record
from vocoder.batch.render import render
from vocoder.batch.render_orders import Defaults, release
from vocoder.errors import InputError
from vocoder.synthesis.chapters import chapters_of
from vocoder.synthesis.voice import load_voice, voice_folder
from vocoder.text import TextWithHeadings
from vocoder.voices.library import MANIFEST

BOOK = "A word before.\n# One\nHe came.\n## Two\nHe saw."
SSML = (
    '<speak><p>He <mark name="chapter:A"/>came.</p><mark name="chapter:B"/><p>He saw.</p></speak>'
)
LINES: list[dict[str, Any]] = [
    {"id": "flac", "text": BOOK, "format": "flac"},
    {"id": "ogg", "text": BOOK, "format": "ogg"},
    {"id": "opus", "text": BOOK, "format": "opus"},
    {"id": "mp3", "text": BOOK, "format": "mp3"},
    {"id": "ssml", "ssml": SSML},
    {"id": "none", "text": "He came. # One"},
]


def chaptered(
    lines: list[dict[str, Any]] = LINES, *, chapters: bool = True, **options: Any
) -> tuple[int, int, int, int]:
    return counts(run(lines, format="flac", chapters=chapters, **options))


def told(name: str) -> list[tuple[str, float]]:
    with av.open(str(OUT / name)) as container:
        return [
            (chapter["metadata"]["title"], float(chapter["start"] * chapter["time_base"]))
            for chapter in container.chapters()
        ]


def test_each_file_tells_of_its_chapters() -> None:
    assert chaptered() == (6, 0, 0, 0)
    voice = load_voice("tiny")
    plan = voice.plan(TextWithHeadings(BOOK))
    expected = [
        (one.title, round(one.start_sample / voice.sample_rate, 3)) for one in chapters_of(plan)
    ]
    assert [title for title, _ in expected] == ["One", "Two"]
    for line in LINES[:4]:
        assert told(f"{line['id']}.{line['format']}") == expected
    assert [title for title, _ in told("ssml.flac")] == ["A", "B"]
    assert told("none.flac") == []
    assert {path.suffix for path in OUT.iterdir()} == {
        ".flac",
        ".ogg",
        ".opus",
        ".mp3",
        ".jsonl",
        ".parquet",
    }
    for record in records().values():
        data = (OUT / str(record.path)).read_bytes()
        assert (record.num_bytes, record.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    samples, _ = soundfile.read(OUT / "flac.flac", dtype="int16")
    assert len(samples) == records()["flac"].num_samples
    np.testing.assert_array_equal(
        samples, voice.synthesize(TextWithHeadings(BOOK), seed=records()["flac"].seed)
    )


def test_what_nobody_asks_for_changes_nothing() -> None:
    """Works of folders that are there stay what they are, those of lines without chapters too where
    others have some.
    """
    chaptered(chapters=False)
    before, works = digests(), {identity: record.work for identity, record in records().items()}
    assert chaptered(chapters=False) == (0, 0, 6, 0)
    assert chaptered() == (5, 0, 1, 0)
    after = digests()
    assert {name for name in after if after[name] == before[name]} == {"none.flac"}
    assert {
        identity for identity, record in records().items() if record.work == works[identity]
    } == {"none"}
    assert chaptered() == (0, 0, 6, 0)


def test_the_work_of_a_line_without_chapters_is_what_it_was_before_there_were_any() -> None:
    chaptered([{"id": "none", "text": "Yes.", "seed": 3}])
    voice = load_voice("tiny")
    depends = {
        "mark": 1, "sonant": release(),
        "voice": hashlib.sha256((voice_folder("tiny") / MANIFEST).read_bytes()).hexdigest(),
        "engine": voice.engine.name,
        "precision": voice.engine.precision, "text": "Yes.", "speaker": 0, "length_scale": 1.0,
        "pitch": 0.0, "volume": 1.0, "temperature": 0.9, "seed": 3,
        "format": "flac", "loudness": None,
    }  # fmt: skip
    assert (
        records()["none"].work
        == hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()
    )


def test_a_line_says_for_itself() -> None:
    text = {"text": BOOK, "format": "mp3"}
    lines = [
        {"id": "a", "chapters": True, **text},
        {"id": "b", "chapters": False, **text},
        {"id": "c", **text},
        {"id": "d", **text, "chapters": None},
    ]
    assert counts(run(lines, seed=1)) == (4, 0, 0, 0)
    assert [len(told(f"{name}.mp3")) for name in "abcd"] == [2, 0, 0, 0]
    # those that say the same are rendered once
    assert chaptered([{**line, "seed": 1} for line in lines]) == (
        2,
        2,
        0,
        0,
    )
    assert [len(told(f"{name}.mp3")) for name in "abcd"] == [2, 0, 2, 2]
    assert len(set(digests().values())) == 2
    assert records()["d"].same_as in ("a", "c")


def test_they_are_the_same_bytes_each_time_and_whatever_is_missing() -> None:
    chaptered(threads=1, streams=1)
    before = digests()
    for name in ("mp3.mp3", "opus.opus"):
        (OUT / name).unlink()
    (OUT / "ogg.ogg").write_bytes(b"OggS")
    assert chaptered() == (3, 0, 3, 0)
    assert digests() == before
    assert chaptered(loudness=-23.0) == (6, 0, 0, 0)
    assert told("mp3.mp3") == told("flac.flac")
    louder, _ = soundfile.read(OUT / "flac.flac", dtype="int16")
    assert len(louder) == records()["flac"].num_samples


@pytest.mark.parametrize("format_name", ["wav", "pcm", "aiff"])
def test_a_format_without_a_place_for_them(format_name: str) -> None:
    with pytest.raises(InputError, match="has no place for chapters") as caught:
        run(LINES, format=format_name, chapters=True)
    assert caught.value.field == "format"
    assert not OUT.exists()
    assert chaptered(
        [{"id": "a", "text": "Yes.", "format": format_name}, {"id": "b", "text": "Yes."}]
    ) == (1, 0, 0, 1)
    assert records()["a"].field == "format"
    assert counts(run([{"id": "a", "text": BOOK, "chapters": True}], format=format_name)) == (
        0,
        0,
        0,
        1,
    )


def test_a_machine_that_cannot_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "av" else find(name, *rest)
    )
    assert chaptered(chapters=False) == (6, 0, 0, 0)
    with pytest.raises(InputError, match=r"sonant\[batch\]") as caught:
        chaptered()
    assert caught.value.field == "chapters"


def test_what_cannot_be_told_fails_alone_and_in_a_dry_run_too() -> None:
    many = "".join(f"# {number}\n" for number in range(256))
    lines = [
        {"id": "many", "text": many, "format": "mp3"},
        {"id": "blank", "ssml": '<speak><mark name="chapter:"/>Yes.</speak>'},
        {"id": "fine", "text": BOOK},
    ]
    failed: list[Record] = []
    defaults = Defaults(voice="tiny", format="flac", chapters=True)
    found = forecast(write(lines), OUT, defaults, threads=1, streams=2, failed=failed.append)
    assert (found.to_render, found.failed, OUT.exists()) == (1, 2, False)
    assert [(record.id, record.field) for record in failed] == [
        ("many", "chapters"),
        ("blank", "chapters"),
    ]
    plan = load_voice("tiny").plan(TextWithHeadings(BOOK))
    assert found.seconds == plan.seconds
    assert chaptered(lines) == (1, 0, 0, 2)
    assert [records()[name].reason for name in ("many", "blank")] == [
        record.reason for record in failed
    ]
    assert sorted(digests()) == ["fine.flac"]


def test_elsewhere_than_in_the_folder_they_are_the_same_bytes(workplace: Path) -> None:
    chaptered()
    there = workplace / "there"
    tally = render(
        write(LINES),
        Path("other"),
        Defaults(voice="tiny", format="flac", chapters=True),
        threads=1,
        streams=3,
        files_url=f"file://{there}",
    )
    assert counts(tally) == (6, 0, 0, 0)
    assert digests(there) == digests()


def test_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chaptered(LINES[:1])

    class Full(embedding._CountedFile):
        def write(self, data: bytes) -> int:
            self._error = OSError(errno.ENOSPC, "No space left on device")
            raise self._error

    with monkeypatch.context() as context:
        context.setattr(embedding, "_CountedFile", Full)
        with pytest.raises(OSError, match="No space left on device"):
            chaptered()
    assert sorted(digests()) == ["flac.flac"]
    assert chaptered() == (5, 0, 1, 0)
