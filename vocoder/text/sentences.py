"""Text to sentences, each short enough that speech can start soon.

A mark ends a sentence when what follows looks like a new one, and what stands before is no abbreviation, initial or number. Other scripts' full
stops always do. A sentence that is still too long is divided at its best mark or, at worst, at a space.
"""

from __future__ import annotations

import re

LONGEST_SENTENCE = 400  # characters
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st ave rd blvd mt ft vs gen col capt lt sgt maj rev hon gov sen rep pres supt no nos vol vols pp p fig figs sec ch chap "
    "approx dept est ext inc ltd co corp bros etc e.g i.e cf al ed eds jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun "
    "u.s u.k a.m p.m ph.d m.d b.a m.a b.sc u.s.a u.n d.c".split()
)
# Abbreviations that often end a sentence too: a capital after them starts a new one.
_MAY_END = frozenset("etc inc ltd co corp bros jr sr a.m p.m u.s u.k u.s.a u.n d.c ph.d m.d al".split())
_CLOSERS = "\"'”’»)]}"
_OPENERS = "\"'“‘«([{¿¡"
_END = re.compile(rf"[.!?…]+[{re.escape(_CLOSERS)}]*(?=\s)|[。！？｡؟।][{re.escape(_CLOSERS)}」』）]*|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
_PAUSES = (re.compile(r"[;:—–]\s"), re.compile(r",\s"), re.compile(r"\s"))


def split_sentences(text: str) -> list[str]:
    """The sentences of a text in order, stripped, none empty, none longer than `LONGEST_SENTENCE` characters."""
    sentences: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if _ends_sentence(text, match):
            sentences.append(text[start : match.end()])
            start = match.end()
    sentences.append(text[start:])
    return [piece for sentence in sentences for piece in _divide(sentence.strip()) if piece]


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark[0] not in ".…!?":
        return True
    following = text[match.end() : match.end() + 40].lstrip()
    following = following.lstrip(_OPENERS)
    if not following:
        return True
    if mark[0] in "!?":
        return not following[0].islower()  # '"Really?" he asked.' goes on
    if following[0].islower():
        return False
    word = _last_word(text, match.start())
    bare = word.lower()
    if len(bare) == 1 and bare.isalpha() and word.isupper() and bare != "i" and mark.startswith(".") and mark.count(".") == 1:
        return False  # an initial: J. R. R. Tolkien
    if mark.count(".") == 1 and bare in _ABBREVIATIONS:
        return bare in _MAY_END and following[0].isupper()
    return True


def _last_word(text: str, end: int) -> str:
    start = end
    while start > 0 and end - start < 20 and not text[start - 1].isspace():
        start -= 1
    return text[start:end].strip(_OPENERS + _CLOSERS + ",")


def _divide(sentence: str) -> list[str]:
    pieces: list[str] = []
    while len(sentence) > LONGEST_SENTENCE:
        at = LONGEST_SENTENCE
        for pattern in _PAUSES:
            ends = [match.end() for match in pattern.finditer(sentence, LONGEST_SENTENCE // 4, LONGEST_SENTENCE)]
            if ends:
                at = ends[-1]
                break
        pieces.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*pieces, sentence]
