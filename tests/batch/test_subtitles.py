"""Subtitles beside what is rendered: those of the plan, and there as soon as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.batch.test_render import LINES, OUT, counts, digests, records, run
from vocoder.batch.manifest import NAME
from vocoder.errors import InputError
from vocoder.synthesis.subtitles import subrip, webvtt
from vocoder.synthesis.timeline import TimedSentence, Timeline
from vocoder.synthesis.voice import load_voice


@pytest.mark.parametrize(("form", "write_subtitles"), [("vtt", webvtt), ("srt", subrip)])
def test_subtitles_stand_beside_every_file(
    form: str, write_subtitles: Callable[[Iterable[TimedSentence], int], Iterator[str]]
) -> None:
    assert counts(run(LINES, subtitles=form)) == (4, 1, 0, 0)
    voice = load_voice("tiny")
    for line in LINES:
        record = records()[line["id"]]
        settings = voice.settings(
            speaker=line.get("speaker"),
            length_scale=1 / line.get("speed", 1),
            pitch=line.get("pitch", 0.0),
        )
        timeline = Timeline.of(voice.plan(line["text"], settings))
        assert record.path is not None
        assert record.subtitles == f"{record.path.rpartition('.')[0]}.{form}"
        assert (OUT / record.subtitles).read_text("utf-8") == "".join(
            write_subtitles(timeline.sentences, timeline.sample_rate)
        )


def test_subtitles_that_are_missing_are_written_and_nothing_is_spoken_for_them() -> None:
    run(LINES)
    sound = digests()
    assert counts(run(LINES, subtitles="vtt")) == (0, 0, 5, 0)
    both = digests()
    assert {name: digest for name, digest in both.items() if not name.endswith(".vtt")} == sound
    assert len(both) == 10
    (OUT / "one.vtt").unlink()
    (OUT / "drei.vtt").write_text("WEBVTT\n")
    assert counts(run(LINES, subtitles="vtt")) == (0, 0, 5, 0)
    assert digests() == both
    (OUT / "drei.vtt").unlink()
    (OUT / "Three.wav").unlink()
    (OUT / "Three.vtt").unlink()
    # copied from a line whose subtitles are gone
    assert counts(run(LINES[:3], subtitles="vtt")) == (
        0,
        1,
        2,
        0,
    )
    assert digests() == {name: digest for name, digest in both.items() if name != "drei.vtt"}
    assert counts(run(LINES)) == (0, 0, 5, 0)  # who does not ask for them has them left alone
    assert records()["one"].subtitles == "one.vtt"


def test_a_line_whose_subtitles_cannot_be_there_fails_alone() -> None:
    (OUT / "one.vtt").mkdir(parents=True)
    assert counts(run(LINES[:2], subtitles="vtt")) == (1, 0, 0, 1)
    assert {path.name for path in OUT.iterdir()} >= {"one.vtt", NAME}
    assert not (OUT / "one.wav").exists()
    with pytest.raises(InputError, match="subtitles must be one of vtt, srt") as caught:
        run(LINES, subtitles="ass")
    assert caught.value.field == "subtitles"
