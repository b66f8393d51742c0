"""Times of words as files that other programs read: WebVTT, SubRip, and lines of JSON.

A subtitle is a sentence or, of a long one, some of its clauses, in the words of its author: no
longer than two lines of television, no longer on the screen than it takes to read them, and never
divided within what was written as one ("$5"). Where it is not known exactly where a sentence's
words were written, they are shown as they are spoken.
WebVTT has the time of every word within its subtitle too (https://www.w3.org/TR/webvtt1/, section
4.2.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from vocoder.errors import InputError
from vocoder.synthesis.timeline import TimedSentence, Timeline, event_line

_MOST_CHARACTERS = 84  # two lines of 42, which is what broadcasters allow
_MOST_SECONDS = 7.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Cue:
    """A subtitle.

    Attributes:
        start_sample: of its first word.
        end_sample: the one behind its last word's last.
        pieces: what is shown, in order, each with the sample at which it is said; joined by
            nothing.
    """

    start_sample: int
    end_sample: int
    pieces: tuple[tuple[int, str], ...]

    @property
    def text(self) -> str:
        """What is shown."""
        return "".join(text for _, text in self.pieces)


@dataclass(frozen=True, kw_only=True, slots=True)
class _CuePiece:
    """What is said and shown as one: a word, or the words of "$5"."""

    text: str
    start: int
    end: int


def cues(sentences: Iterable[TimedSentence], sample_rate: int) -> Iterator[Cue]:
    """The subtitles of sentences, in order; they never overlap. `sample_rate`: Hz, of the samples
    that are counted.
    """
    for sentence in sentences:
        shown: list[_CuePiece] = []
        for clause in _clauses(_pieces(sentence)):
            if shown and not _fits([*shown, *clause], sample_rate):
                yield _cue(shown)
                shown = []
            for piece in clause:
                if shown and not _fits([*shown, piece], sample_rate):
                    yield _cue(shown)
                    shown = []
                shown.append(piece)
        yield _cue(shown)


def webvtt(sentences: Iterable[TimedSentence], sample_rate: int) -> Iterator[str]:
    """A WebVTT file, in pieces: each sentence is asked for when what is before it has been given
    out.
    """
    yield "WEBVTT\n"
    for cue in cues(sentences, sample_rate):
        times = [_milliseconds(start, sample_rate) for start, _ in cue.pieces]
        end = _milliseconds(cue.end_sample, sample_rate)
        shown = _escaped(cue.pieces[0][1])
        for (before, at), (_, text) in zip(pairwise(times), cue.pieces[1:], strict=True):
            # the format wants them to increase
            stamp = f"<{_clock(at, '.')}>" if before < at < end else ""
            shown += stamp + _escaped(text)
        yield f"\n{_clock(times[0], '.')} --> {_clock(end, '.')}\n{shown}\n"


def subrip(sentences: Iterable[TimedSentence], sample_rate: int) -> Iterator[str]:
    """A SubRip file (.srt), in pieces likewise."""
    for number, cue in enumerate(cues(sentences, sample_rate), 1):
        start, end = (
            _clock(_milliseconds(sample, sample_rate), ",")
            for sample in (cue.start_sample, cue.end_sample)
        )
        yield ("\n" if number > 1 else "") + f"{number}\n{start} --> {end}\n{cue.text}\n"


def json_lines(timeline: Timeline, start: Mapping[str, object]) -> str:
    """What `POST /synthesize` answers with timestamps, without the sound: `start` is what the first
    line says beside the rate and the number of samples.
    """
    counts = {"sample_rate": timeline.sample_rate, "num_samples": timeline.num_samples}
    lines = [
        event_line({"type": "start", **start, **counts}),
        *(event_line(event) for _, event in timeline.events()),
    ]
    return "".join([*lines, event_line({"type": "end", "num_samples": timeline.num_samples})])


def writer_of(path: Path) -> Callable[[Timeline, Mapping[str, object]], str]:
    """How a file of this name is written.

    Raises:
        InputError: its extension names no format; `field` is the path.
    """
    match path.suffix.lower():
        case ".vtt":
            return lambda timeline, start: "".join(webvtt(timeline.sentences, timeline.sample_rate))
        case ".srt":
            return lambda timeline, start: "".join(subrip(timeline.sentences, timeline.sample_rate))
        case ".jsonl" | ".ndjson":
            return json_lines
        case other:
            raise InputError(
                (
                    f"{path}: the extension {other!r} names no format of times (known: .vtt, .srt, "
                    f".jsonl, .ndjson)"
                ),
                field=str(path),
            )


def _pieces(sentence: TimedSentence) -> list[_CuePiece]:
    words = sentence.words
    places = [word.place for word in words if word.place is not None]
    if len(places) < len(words):
        return [
            _CuePiece(text=f"{word.text} ", start=word.start_sample, end=word.end_sample)
            for word in words
        ]
    firsts = [
        number
        for number in range(len(words))
        if number == 0 or places[number][0] >= places[number - 1][1]
    ]
    # Marks stand with the word before them; before the first word there is nothing else for them to
    # stand with.
    bounds = [
        0,
        *(
            _after_marks(sentence.text, places[first - 1][1], places[first][0])
            for first in firsts[1:]
        ),
        len(sentence.text),
    ]
    ends = [*(first - 1 for first in firsts[1:]), len(words) - 1]
    return [
        _CuePiece(
            text=" ".join(sentence.text[begin:behind].split())
            + " " * sentence.text[behind - 1].isspace(),
            start=words[first].start_sample,
            end=words[last].end_sample,
        )
        for (begin, behind), first, last in zip(pairwise(bounds), firsts, ends, strict=True)
    ]


def _after_marks(text: str, end: int, start: int) -> int:
    """Where, between a word's end and the next one's start, what belongs to the first ends: behind
    the last white space.
    """
    between = text[end:start]
    behind = max(
        (place for place, character in enumerate(between, 1) if character.isspace()),
        default=len(between),
    )
    return end + behind


def _clauses(pieces: list[_CuePiece]) -> Iterator[list[_CuePiece]]:
    """Runs of pieces with no pause between."""
    clause = [pieces[0]]
    for before, piece in pairwise(pieces):
        if before.end < piece.start:
            yield clause
            clause = []
        clause.append(piece)
    yield clause


def _fits(pieces: list[_CuePiece], sample_rate: int) -> bool:
    return (
        sum(len(piece.text) for piece in pieces) <= _MOST_CHARACTERS
        and pieces[-1].end - pieces[0].start <= _MOST_SECONDS * sample_rate
    )


def _cue(pieces: list[_CuePiece]) -> Cue:
    shown = [(piece.start, piece.text) for piece in pieces]
    shown[-1] = (shown[-1][0], shown[-1][1].rstrip())
    return Cue(start_sample=pieces[0].start, end_sample=pieces[-1].end, pieces=tuple(shown))


def _milliseconds(sample: int, sample_rate: int) -> int:
    return (2_000 * sample + sample_rate) // (2 * sample_rate)


def _clock(milliseconds: int, point: str) -> str:
    seconds, milliseconds = divmod(milliseconds, 1_000)
    return (
        f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{milliseconds:03}"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
