"""Subtitles: in the author's words, at the words' times, and as other programs read them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest

from vocoder.errors import InputError
from vocoder.synthesis.subtitles import Cue, cues, json_lines, subrip, webvtt, writer_of
from vocoder.synthesis.timeline import TimedSentence, Timeline
from vocoder.synthesis.voice import Voice

TEXT = (
    "He  said:\n\u201cIt costs $5 & <more>\u2014really!\u201d (and left). \u65e5\u672c is skipped. "
    "A very long sentence follows here, with many clauses, which go on, "
    "and on, because nobody stopped the author, who likes commas; so it is divided. "
    + "On and on and on " * 15
    + "it went."
)


def cues_of(timeline: Timeline) -> Iterator[Cue]:
    return cues(timeline.sentences, timeline.sample_rate)


def text_of(
    write: Callable[[Iterable[TimedSentence], int], Iterator[str]], timeline: Timeline
) -> str:
    return "".join(write(timeline.sentences, timeline.sample_rate))


def timeline_of(voice: Voice, text: str = TEXT) -> Timeline:
    return Timeline.of(voice.plan(text, voice.settings(length_scale=2.0)))


def seen_by_ffmpeg(path: Path) -> list[tuple[int, int, str]]:
    """Milliseconds from and to, and the text, of each subtitle."""
    with av.open(str(path)) as file:
        packets = [
            packet for packet in file.demux(file.streams.subtitles[0]) if packet.pts is not None
        ]
        return [
            (packet.pts, packet.pts + packet.duration, bytes(packet).decode()) for packet in packets
        ]


def test_every_word_of_the_author_is_shown_once(voice: Voice) -> None:
    shown = " ".join(cue.text for cue in cues_of(timeline_of(voice)))
    assert shown == " ".join(TEXT.split())


def test_cues_are_short_and_in_order_and_at_the_times_of_their_words(voice: Voice) -> None:
    timeline = timeline_of(voice)
    found = list(cues_of(timeline))
    starts = {word.start_sample for sentence in timeline.sentences for word in sentence.words}
    ends = {word.end_sample for sentence in timeline.sentences for word in sentence.words}
    for cue in found:
        assert len(cue.text) <= 84
        assert cue.end_sample - cue.start_sample <= 7 * timeline.sample_rate
        assert {start for start, _ in cue.pieces} <= starts
        assert cue.end_sample in ends
        assert cue.pieces[0][0] == cue.start_sample
    assert all(one.end_sample <= following.start_sample for one, following in pairwise(found))
    assert len(found) > len(timeline.sentences)


def test_a_cue_ends_with_a_clause_where_it_can(voice: Voice) -> None:
    texts = [cue.text for cue in cues_of(timeline_of(voice, TEXT.partition("On and")[0]))]
    assert len(texts) >= 4
    assert all(text.endswith((",", ".", ";", ")")) for text in texts)


def test_what_was_written_as_one_is_not_divided(voice: Voice) -> None:
    timeline = timeline_of(voice, "It costs $5 now.")
    (cue,) = cues_of(timeline)
    assert [text for _, text in cue.pieces] == ["It ", "costs ", "$5 ", "now."]
    words = timeline.sentences[0].words
    assert [start for start, _ in cue.pieces] == [
        words[number].start_sample for number in (0, 1, 2, 4)
    ]


def test_without_exact_places_the_words_are_shown_as_they_are_spoken(voice: Voice) -> None:
    timeline = timeline_of(voice, "It costs $5 now.")
    sentence = timeline.sentences[0]
    words = (replace(sentence.words[0], place=None), *sentence.words[1:])
    (cue,) = cues_of(replace(timeline, sentences=(replace(sentence, words=words),)))
    assert cue.text == "it costs five dollars now"


@pytest.mark.parametrize("extension", [".vtt", ".srt"])
def test_ffmpeg_reads_what_was_meant(voice: Voice, tmp_path: Path, extension: str) -> None:
    timeline = timeline_of(voice)
    path = tmp_path / f"times{extension}"
    path.write_text(writer_of(path)(timeline, {}), "utf-8")
    seen = seen_by_ffmpeg(path)
    found = list(cues_of(timeline))
    assert len(seen) == len(found)
    for (start, end, text), cue in zip(seen, found, strict=True):
        assert abs(start / 1000 - cue.start_sample / timeline.sample_rate) <= 0.0005 + 1e-9
        assert abs(end / 1000 - cue.end_sample / timeline.sample_rate) <= 0.0005 + 1e-9
        plain = (
            re.sub(r"<[0-9:.]+>", "", text)
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
            if extension == ".vtt"
            else text
        )
        assert plain == cue.text


def test_webvtt_has_the_time_of_every_word(voice: Voice) -> None:
    timeline = timeline_of(voice, "One two three.")
    (block,) = text_of(webvtt, timeline).split("\n\n")[1:]
    times, text = block.strip().split("\n")
    words = timeline.sentences[0].words
    clock = [
        f"00:00:{round(1000 * word.start_sample / timeline.sample_rate) / 1000:06.3f}"
        for word in words
    ]
    assert times.startswith(f"{clock[0]} --> ")
    assert text == f"One <{clock[1]}>two <{clock[2]}>three."


def test_webvtt_takes_what_was_written_for_text_and_not_for_tags(voice: Voice) -> None:
    shown = text_of(webvtt, timeline_of(voice))
    assert "&amp; " in shown
    assert "&lt;more&gt;\u2014really" in shown


def test_hours_are_written_out(voice: Voice) -> None:
    timeline = timeline_of(voice, "Yes.")
    sentence = timeline.sentences[0]
    late = 3_723 * timeline.sample_rate + timeline.sample_rate // 4
    word = replace(sentence.words[0], start_sample=late, end_sample=late + timeline.sample_rate)
    late_timeline = replace(timeline, sentences=(replace(sentence, words=(word,)),))
    assert "01:02:03,250 --> 01:02:04,250\n" in text_of(subrip, late_timeline)


def test_lines_of_json_are_the_events(voice: Voice) -> None:
    timeline = timeline_of(voice)
    first, *events, last = map(json.loads, json_lines(timeline, {"seed": 7}).splitlines())
    assert first == {
        "type": "start",
        "seed": 7,
        "sample_rate": timeline.sample_rate,
        "num_samples": timeline.num_samples,
    }
    assert events == [event for _, event in timeline.events()]
    assert last == {"type": "end", "num_samples": timeline.num_samples}


def test_an_unknown_extension_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"times\.txt: the extension '\.txt' names no format of times"
    ) as refused:
        writer_of(Path("times.txt"))
    assert refused.value.field == "times.txt"
