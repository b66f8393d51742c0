"""Text to sentences, each short enough that speech can start soon.

A mark ends a sentence when what follows looks like a new one, and what stands before is no abbreviation, initial or number. Other scripts' full stops always
do, and so do blank lines and the items of a list. A sentence that is still too long is divided at its best mark or, at worst, at a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_SENTENCE = 400  # characters
_SHORTEST_PART = 60  # characters: a long sentence is divided no nearer to either end, where that can be

_NEVER_END = """
    mr mrs ms messrs mme mlle dr prof rev hon gov sen rep pres supt gen col capt cpt cmdr lt sgt cpl pvt maj adm mt no nos vol vols pp p
    fig figs sec ch chap eq eqs ed eds vs v approx dept est ext incl viz e.g i.e eg ie cf ca c sq tel hwy
"""
# Those that end one where a capital follows.
_OFTEN_END = "etc inc ltd co corp bros jr sr esp al ave rd blvd oz lb lbs ft hr hrs min mins"
# Those that end one only where a word follows that begins many: not in "U.S. Senate", "St. Louis" or "Jan. Fifth".
_SELDOM_END = """
    a.m p.m u.s u.k u.s.a u.n e.u d.c a.d b.c ph.d m.d b.a m.a b.sc m.sc st
"""
# Likewise, and abbreviations with a capital alone: "We sat. John left."
_DAYS_AND_MONTHS_END = """
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun
"""
_OFTEN = frozenset(_OFTEN_END.split())
_DAYS_AND_MONTHS = frozenset(_DAYS_AND_MONTHS_END.split())
_SELDOM = frozenset(_SELDOM_END.split()) | _DAYS_AND_MONTHS
_ABBREVIATIONS = _OFTEN | _SELDOM | frozenset(_NEVER_END.split())
# Before a number these do not end, whatever else they are: "No. 5", "p. 12".
_NUMBERED = frozenset({"no", "nos", "p", "pp", "fig", "figs", "vol", "vols", "ch", "chap", "sec", "eq", "eqs", "tel"})
_OFTEN_FIRST = """
    the a an he she it we they you i this that these those there his her its our their but and so in on at for if when while after as then
    what who how
"""
_STARTERS = frozenset(_OFTEN_FIRST.split())

_OPENERS = "\"'“‘«‹([{¿¡„‚「『（【《"
_CLOSERS = "\"'”’»›)]}」』）】》"
_OTHER_STOPS = "。｡！？؟۔।॥։።။‽⁇⁈⁉⸮"  # full stops of other scripts, and double marks: no space follows them
_BULLET = r"(?:[-*+•‣◦–—]|\(?(?:\d{1,3}|[a-zA-Z])[.)])"
# Every alternative takes all it can and looks no further than its own characters and one more: time grows with the text's length only.
_MARKS = re.compile(
    rf"(?P<marks>[.!?…]+)[{re.escape(_CLOSERS)}]*"
    rf"|(?P<other>[{_OTHER_STOPS}]+)[{re.escape(_CLOSERS)}]*"
    r"|(?P<blank>\n[^\S\n]*\n)"
    rf"|(?P<item>\n(?=[^\S\n]{{0,20}}{_BULLET}[^\S\n]))"
)
_DIVISIONS = (re.compile(r"[;:—–]+(?=\s)|—"), re.compile(r"[,)\]]+(?=\s)|[，、；：]"), re.compile(r"\s"))


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end.

    Returns:
        pairs (start, end) of indices, in order, never overlapping; no sentence is blank, begins or ends with white space or is longer than
        `LONGEST_SENTENCE` characters, and all that lies outside of them is white space.
    """
    sentences: list[tuple[int, int]] = []
    start = 0
    for end in (*_ends(text), len(text)):
        sentences.extend(_divide(text, *_strip(text, start, end)))
        start = end
    return sentences


def one_sentence(text: str) -> list[tuple[int, int]]:
    """The same of a text that is one sentence whatever marks are in it: in parts where it is too long, none where it is blank."""
    return list(_divide(text, *_strip(text, 0, len(text))))


def _ends(text: str) -> Iterator[int]:
    """Where sentences end, without the text's own end."""
    for match in _MARKS.finditer(text):
        if match["marks"] is None or _ends_sentence(text, match):
            yield match.end()


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Whether full stops, exclamation or question marks end a sentence here."""
    marks, end = match["marks"], match.end()
    if end < len(text) and not text[end].isspace():
        return marks[-1] in "!?" and text[end].isupper()  # not 3.14, example.com, e.g., Yahoo!'s; but "What?Yes."
    following = text[end : end + 60].split()
    while following and not following[0].strip(_OPENERS):
        following = following[1:]
    if not following:
        return True
    word = following[0].lstrip(_OPENERS)
    if word[:1].islower():
        return False  # '"Really?" he asked.', "Well... maybe"
    if marks != ".":
        return True
    before = _word_before(text, match.start())
    if len(before) == 1 and before.isalpha() and before.isupper() and before != "I":
        return _is_starter(word)  # an initial, unless what follows is no name: "J. R. R. Tolkien", "vitamin C. The"
    abbreviation = before.lower()
    if re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", before) and abbreviation not in _ABBREVIATIONS:
        return _is_starter(word)  # "J.R.R. Tolkien", "a.k.a. Bob", "N.A.S.A. The"
    if abbreviation.isdigit() and _begins_line(text, match.start() - len(before)):
        return False  # "1. First"
    if abbreviation not in _ABBREVIATIONS or (abbreviation == "no" and not word[0].isdigit()):
        return True
    if abbreviation in _DAYS_AND_MONTHS and before.islower():
        return True
    if word[0].isdigit() and abbreviation in _NUMBERED:
        return False
    if abbreviation in _SELDOM:
        return _is_starter(word)
    return abbreviation in _OFTEN and word[0].isupper()


def _is_starter(word: str) -> bool:
    return re.sub(r"[^a-z].*", "", word.lower()) in _STARTERS


def _begins_line(text: str, at: int) -> bool:
    line = text[max(at - 20, 0) : at].rpartition("\n")
    return not line[2].strip() and (bool(line[1]) or at <= 20)


def _word_before(text: str, end: int) -> str:
    start = end
    while start > 0 and end - start < 20 and not text[start - 1].isspace():
        start -= 1
    return text[start:end].strip(_OPENERS + _CLOSERS + ",").rpartition("—")[2]


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    """The same stretch without the white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _divide(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence in parts of at most `LONGEST_SENTENCE` characters."""
    while end - start > LONGEST_SENTENCE:
        first, last = start + _SHORTEST_PART, min(start + LONGEST_SENTENCE, end - _SHORTEST_PART)
        at = start + LONGEST_SENTENCE
        for pattern in _DIVISIONS:
            places = [match.end() for match in pattern.finditer(text, first, last)]
            if places:
                at = places[-1]
                break
        yield _strip(text, start, at)
        start, _ = _strip(text, at, end)
    if start < end:
        yield start, end
