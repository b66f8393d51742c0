"""Books, chapters and verses of the Bible: "Gen. 1:1", "1 Cor. 13:4-7", "John 3:16"."""

from __future__ import annotations

import re

from vocoder.text.normalise.abbreviation_names import SCRIPTURE
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, quantity
from vocoder.text.normalise.word_lists import listed

_WHOLE = """
    Genesis Exodus Leviticus Numbers Deuteronomy Joshua Judges Ruth Samuel Kings Chronicles Ezra
    Nehemiah Esther Job Psalm Psalms Proverbs Ecclesiastes Isaiah Jeremiah Lamentations Ezekiel
    Daniel Hosea Joel Amos Obadiah Jonah Micah Nahum Habakkuk Zephaniah Haggai Zechariah Malachi
    Matthew Mark Luke John Acts Romans Corinthians Galatians Ephesians Philippians Colossians
    Thessalonians Timothy Titus Philemon Hebrews James Peter Jude Revelation Surah Quran
"""
WHOLE_BOOKS = listed(_WHOLE.lower())
_SHORT = "|".join(sorted((short.capitalize() for short in SCRIPTURE), key=len, reverse=True))
_BOOK = (
    rf"(?P<book>Song of Solomon|Song of "
    rf"Songs|{'|'.join(sorted(_WHOLE.split(), key=len, reverse=True))}|(?P<short>{_SHORT})\.?)"
)
_VERSES = (
    r"(?P<chapter>[0-9]{1,3}):(?P<verse>[0-9]{1,3})(?![0-9])"
    r"(?P<half>[a-c](?!\w))?(?!:[0-9]|\s?[ap]\.?m\b)"
)
_REST = re.compile(
    r"(?P<joint>\s?[-–—]\s?|,\s?)(?:(?P<chapter>[0-9]{1,3}):)?(?P<verse>[0-9]{1,3})(?![\w:]|\.[0-9])"
)
_REFERENCE = re.compile(rf"(?:(?P<part>[1-3]|I{{1,3}})\s)?{_BOOK}\s{_VERSES}")
_NUMBERED = re.compile(
    r"(?P<part>[1-3]|I{1,3})\s(?P<book>Samuel|Kings|Chronicles|Corinthians|Thessalonians|Timothy|Peter|John|(?P<short>Sam|Kgs|Chr|Chron|Cor|Thess|Tim|Pet)\.?)"
    r"(?=\s[0-9]{1,3}\b(?!:)|[.,;)]|\sis\b|\sand\b|\schapter\b|\Z)(?:\s(?P<chapter>[0-9]{1,3})(?![\w:]|\.[0-9]))?"
)
_CHAPTER = re.compile(
    r"(?P<book>(?P<short>Isa|Prov|Pss?|Deut|Exod|Lev|Josh|Jer|Ezek|Eccl|Matt|Rom|Heb|Thess|Cor|Zech|Neh)\.)\s(?P<chapter>[0-9]{1,3})(?![\w:]|\.[0-9])"
)
_PARTS = {"1": "first", "2": "second", "3": "third", "I": "first", "II": "second", "III": "third"}
_MOST_MORE = 4  # verses or ranges behind the first


def read_scripture(source: Source, at: int) -> Reading | None:
    """A reference with chapter and verse; a book with a number before it."""
    if not source.starts_token(at):
        return None
    text = source.text
    found = _REFERENCE.match(text, at)
    if found is None:
        found = _NUMBERED.match(text, at) or _CHAPTER.match(text, at)
        if found is None:
            return None
        part = _PARTS[found.group("part")] if "part" in found.groupdict() else ""
        chapter = cardinal(found.group("chapter")) if found.group("chapter") else ""
        return Reading(
            spoken=" ".join(filter(None, (part, _book(found), chapter))), end=found.end()
        )
    part = f"{_PARTS[found.group('part')]} " if found.group("part") else ""
    half = f" {found.group('half').upper()}" if found.group("half") else ""
    spoken, end = (
        (
            f"{part}{_book(found)} {quantity(found.group('chapter'))} "
            f"{quantity(found.group('verse'))}{half}"
        ),
        found.end(),
    )
    for _ in range(_MOST_MORE):
        more = _REST.match(text, end)
        if more is None or (
            "," in more.group("joint")
            and len(more.group("joint")) > 1
            and not more.group("chapter")
        ):
            break
        chapter = f"{cardinal(more.group('chapter'))} " if more.group("chapter") else ""
        joint = "," if "," in more.group("joint") else " to"
        spoken, end = f"{spoken}{joint} {chapter}{cardinal(more.group('verse'))}", more.end()
    return Reading(spoken=spoken, end=end)


def _book(found: re.Match[str]) -> str:
    short = found.group("short")
    return SCRIPTURE[short.lower()] if short else found.group("book").lower()
