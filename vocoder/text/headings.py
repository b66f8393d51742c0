"""A plain text with headings: which lines are some, and the script of the text, in which each is a
sentence of its own between two paragraphs.

A heading is a line of one to six hashes, white space and a title, as Markdown has it ("## The
second day"; hashes behind the title are no part of it, and of four spaces before it none is one).
Its hashes are neither said nor shown. Whatever its level, a chapter begins with it: a mark of the
script, as the author of an SSML document sets it with `<mark name="chapter:The second day"/>`.
"""

from __future__ import annotations

from collections.abc import Iterator

from vocoder.text.cleaning import clean
from vocoder.text.script import Mark, Script

CHAPTER = "chapter:"  # how the name of a mark begins with which a chapter does; its title follows
LONGEST_TITLE = 200  # characters
_MOST_HASHES, _MOST_SPACES = 6, 3


def title_of(text: str) -> str:
    """A chapter's title, from what is written: one line, without what cannot be seen, and no longer
    than a list of chapters can show.
    """
    title = " ".join(clean(text).text.split())
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"


def has_headings(text: str) -> bool:
    """Whether a chapter begins anywhere in it."""
    return any(title for *_, title in _lines(text))


def read_headings(text: str) -> Script:
    """A text, read. One without headings is read as the plain text that it is."""
    pieces: list[str] = []
    origins: list[int] = []
    marks: list[Mark] = []
    whole: list[tuple[int, int]] = []
    for start, line, title in _lines(text):
        if title is None:
            pieces.append(line)
            origins.extend(range(start, start + len(line)))
            continue
        begin, end = title
        marks.append(
            Mark(
                position=len(origins),
                name=CHAPTER + title_of(line[begin:end]),
                origin=start + begin,
            )
        )
        whole.append((len(origins), len(origins) + end - begin))
        # Of what stands behind the title its line end is kept, which parts it from what follows.
        pieces.append(line[begin:end] + "\n")
        origins.extend([*range(start + begin, start + end), start + len(line) - 1])
    ends = tuple(at for heading in whole for at in heading)
    return Script(
        text="".join(pieces),
        origins=tuple(origins),
        cues=tuple(marks),
        bounds=ends,
        whole=tuple(whole),
        paragraphs=ends,
    )


def _lines(text: str) -> Iterator[tuple[int, str, tuple[int, int] | None]]:
    """Each line with its start in the text and, of a heading, where in the line its title begins
    and ends.
    """
    at = 0
    for line in text.splitlines(keepends=True):
        yield at, line, _title(line)
        at += len(line)


def _title(line: str) -> tuple[int, int] | None:
    """No pattern: whatever a line is made of, this takes a time that grows with its length only."""
    bare = line.lstrip(" ")
    hashes = len(bare) - len(bare.lstrip("#"))
    start = len(line) - len(bare)
    begin = start + hashes
    if (
        start > _MOST_SPACES
        or not 1 <= hashes <= _MOST_HASHES
        or not line[begin : begin + 1].isspace()
    ):
        return None
    title = line[begin:].rstrip()
    closed = title.rstrip("#")
    if closed[-1:].isspace():
        title = closed.rstrip()
    end = begin + len(title)
    begin += len(title) - len(title.lstrip())
    return (begin, end) if any(map(str.isalnum, title)) else None
