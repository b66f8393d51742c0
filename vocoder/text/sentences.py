"""Text to sentences, each short enough that speech can start soon.

A mark ends a sentence when what follows looks like a new one, and what stands before is no
abbreviation, initial or number. Other scripts' full stops always do, and so do blank lines and the
items of a list. A sentence that is still too long is divided at its best mark or, at worst, at a
space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vocoder.text.normalise.abbreviation_names import (
    BEFORE_NAME,
    BEFORE_NUMBER,
    CAPITAL_AND_STOP,
    SCRIPTURE,
)
from vocoder.text.normalise.romans import HEADINGS
from vocoder.text.normalise.word_lists import listed

LONGEST_SENTENCE = 400  # characters
_SHORTEST_PART = (
    60  # characters: a long sentence is divided no nearer to either end, where that can be
)

# What goes on behind its full stop, whatever follows; beside titles (`BEFORE_NAME`).
_NEVER_END = listed("""
    mr mrs ms messrs mme mlle dr drs prof capt cmdr lt sgt mt vs v approx dept attn incl viz e.g i.e
    eg ie cf ca c tel acct fed civ crim evid exp
""") | frozenset(BEFORE_NAME) - {"st", "sec", "fr", "br", "ste"}
# Of those, which are words in small letters: "He was well fed. She ..."
_CAPITALISED = frozenset(BEFORE_NAME) | {"fed", "civ", "crim", "evid"}
# Those that end a sentence where a capital follows.
_OFTEN_END = listed(
    "etc inc ltd co corp bros jr sr esp al ave rd blvd hwy ct ln pl oz lb lbs ft hr hrs min mins "
    "sq est ext rev ed no app"
)
# Those that end one only where a word follows that begins many: not in "U.S. Senate", "St. Louis"
# or "Jan. Fifth".
_SELDOM_END = listed(
    "u.s u.k u.s.a u.n e.u d.c a.d b.c ph.d m.d b.a m.a b.sc m.sc st ste gen fr br"
)
# Likewise, and abbreviations with a capital alone: "We sat. John left."
_DAYS_AND_MONTHS = frozenset(CAPITAL_AND_STOP)
_CLOCK = frozenset(("a.m", "p.m"))
_COUNTRIES = frozenset(("u.s", "u.k", "u.s.a", "u.n", "e.u", "d.c"))
_SELDOM = _SELDOM_END | _DAYS_AND_MONTHS
# Before a number these do not end, whatever else they are: "No. 5", "Cor. 13:4", "Rs. 500".
_LETTERED_NUMBER = re.compile(r"[A-Z]{1,3}[0-9]")  # "Fig. S3"
_NUMBERED = (
    frozenset(BEFORE_NUMBER)
    | frozenset(SCRIPTURE)
    | _DAYS_AND_MONTHS
    | {"rs", "kr", "ver", "n°", "nº"}
)
_ABBREVIATIONS = _OFTEN_END | _SELDOM | _NEVER_END | _CLOCK | _NUMBERED
_STARTERS = listed("""
    the a an he she it we they you i this that these those there his her its our their but and so in
    on at for if when while after as then what who how my your all most many some no not yes now
    here where why both each every one to with from by
""")
# Behind "a.m." these go on with the time: "6 p.m. Eastern", "9 a.m. Monday".
_BEHIND_TIMES = (
    listed("""
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december eastern central mountain pacific atlantic
    greenwich est edt cst cdt mst mdt pst pdt et ct mt pt gmt utc bst cet ist jst
""")
    | _DAYS_AND_MONTHS
)
# Behind the name of a country these go on with it: "U.S. Senate".
_BEHIND_COUNTRIES = listed("""
    senate house congress army navy marine marines air coast supreme court courts district attorney
    department president vice treasury federal government open steel bank postal capitol secretary
    ambassador representative rep sen highway route census constitution virgin dollar embassy
    olympic forest fish geological food environmental patent national central securities soccer
    women men border customs special marshal marshals secret state states cyber space strategic
    pacific military security general assembly charter council chamber prime minister parliament
    government agency commission office citizenship justice trade energy labor education interior
    commerce agriculture surgeon rangers grand representative representatives civil
""")
# A capital behind these is a letter that names one of several, and no initial: "vitamin C."
_LETTERED = listed("""
    vitamin vitamins plan plans type types grade grades group groups hepatitis option options
    section class level gate part team letter letters point exhibit answer column row appendix case
    step area block channel factor unit room terminal building model serie series an a got
""")
# "St." behind these begins a saint's name, behind other names it ends a street's: "Port St. Lucie",
# "King St. Peter".
_BEFORE_SAINTS = listed(
    "mount mt port fort bay east west north south mont saint lake cape isle point church "
    "cathedral hotel old new"
)
_BEFORE_STREETS = listed(
    "on at in of down along to from near and off across by behind beyond between onto up"
)

_ROMAN = re.compile(r"[IVXLC]{2,7}|[IVX](?!\w)|[ivxl]{2,7}")
_OPENERS = "\"'“‘«‹([{¿¡„‚「『（【《"
_CLOSERS = "\"'”’»›)]}」』）】》"
_OTHER_STOPS = (
    "。｡！？؟۔।॥։።။‽⁇⁈⁉⸮"  # full stops of other scripts, and double marks: no space follows them
)
_BULLET = r"(?:[-*+•‣◦–—]|\(?(?:\d{1,3}|[a-zA-Z])[.)])"
# Every alternative takes all it can and looks no further than its own characters and one more: time
# grows with the text's length only.
_MARKS = re.compile(
    rf"(?P<marks>[.!?…]+)[{re.escape(_CLOSERS)}]*"
    rf"|(?P<other>[{_OTHER_STOPS}]+)[{re.escape(_CLOSERS)}]*"
    r"|(?P<blank>\n[^\S\n]*\n)"
    rf"|(?P<item>\n(?=[^\S\n]{{0,20}}{_BULLET}[^\S\n]))"
)
_DIVISIONS = (
    re.compile(r"[;:—–]+(?=\s)|—"),
    re.compile(r"[,)\]]+(?=\s)|[，、；：]"),
    re.compile(r"\s"),
)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end.

    Returns:
        pairs (start, end) of indices, in order, never overlapping; no sentence is blank, begins or
        ends with white space or is longer than `LONGEST_SENTENCE` characters, and all that lies
        outside of them is white space.
    """
    sentences: list[tuple[int, int]] = []
    start = 0
    for end in (*_ends(text), len(text)):
        sentences.extend(_divide(text, *_strip(text, start, end)))
        start = end
    return sentences


def one_sentence(text: str) -> list[tuple[int, int]]:
    """The same of a text that is one sentence whatever marks are in it: in parts where it is too
    long, none where it is blank.
    """
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
        # not 3.14, example.com, e.g., Yahoo!'s; but "What?Yes."
        return marks[-1] in "!?" and text[end].isupper()
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
    start = match.start() - len(before)
    if len(before) == 1 and before.isalpha() and before.isupper():
        return _is_starter(word) if _is_initial(text, start, before) else True
    return _ends_after(text, start, before, following)


def _ends_after(text: str, start: int, before: str, following: list[str]) -> bool:
    """Whether a full stop behind a word that may be an abbreviation ends a sentence.

    Args:
        text: in which the word begins at `start`.
        start: index.
        before: the word, without the full stop.
        following: the words behind it, at least one.
    """
    word, abbreviation = following[0].lstrip(_OPENERS), before.lower()
    if abbreviation in _CLOCK:
        return re.sub(r"[^a-z].*", "", word.lower()) not in _BEHIND_TIMES and not word[0].isdigit()
    if abbreviation in _COUNTRIES and not _is_starter(word):
        return text[: start + len(before)].endswith(before) and _leaves_country(
            text, start, following
        )
    if re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", before) and abbreviation not in _ABBREVIATIONS:
        return _is_starter(word)  # "J.R.R. Tolkien", "a.k.a. Bob", "N.A.S.A. The"
    if abbreviation.isdigit() and _numbers_item(text, start, before):
        return False  # "1. First"
    if abbreviation not in _ABBREVIATIONS or (abbreviation == "no" and not word[0].isdigit()):
        return True
    if abbreviation in _DAYS_AND_MONTHS and text[:start].lower().endswith("the "):
        return word[0].isupper()  # "the Sun. Pluto"
    if abbreviation in _DAYS_AND_MONTHS and before.islower():
        return not word[0].isdigit()
    if (
        word[0] in "0123456789#"
        or _LETTERED_NUMBER.match(word)
        or _ROMAN.fullmatch(word.rstrip(",.;:)]"))
    ) and abbreviation in _NUMBERED:
        return False
    if abbreviation == "st" and not _is_starter(word):
        return _ends_street(text, start, before)
    return _ends_before(word, before)


def _ends_before(word: str, before: str) -> bool:
    """Whether an abbreviation of `_ABBREVIATIONS` ends a sentence before this word, for all that
    the two tell.
    """
    abbreviation = before.lower()
    if abbreviation in _SELDOM:
        return _is_starter(word)
    if abbreviation in _NEVER_END:
        return before[0].islower() and abbreviation in _CAPITALISED
    if abbreviation not in _OFTEN_END and not word[0].isdigit():
        return abbreviation not in BEFORE_NUMBER or word[0].isupper()
    return word[0].isupper()


def _is_initial(text: str, start: int, letter: str) -> bool:
    """Whether a capital letter is that of a name, and not a letter or the pronoun that ends a
    sentence.
    """
    before = _word_before(text, start - 1) if start else ""
    if letter == "I":  # "Ann I. Fox"; but "So did I. Jones left."
        return len(before) > 1 and before.istitle() and before.lower() not in _STARTERS | HEADINGS
    return before.lower() not in _LETTERED


def _leaves_country(text: str, start: int, following: list[str]) -> bool:
    """Whether "the U.S." ends a sentence before a capital that begins no office's name: "in the
    U.S. John stayed".
    """
    names = re.sub(r"[^a-z].*", "", following[0].lstrip(_OPENERS).lower()) in _BEHIND_COUNTRIES
    of_it = len(following) > 1 and (
        following[1].strip(",.") in ("of", "and", "&") or following[1][:1].isupper()
    )
    return (
        not names
        and not of_it
        and (_word_before(text, start - 1).lower() == "the" or text.startswith("D.C", start))
    )


def _ends_street(text: str, start: int, written: str) -> bool:
    """Whether "St." ends a street's name, before a word with a capital: "on King St. Peter runs
    it"; but "in Port St. Lucie".
    """
    name = _word_before(text, start - 1) if start else ""
    before = _word_before(text, start - 2 - len(name)) if start > len(name) + 1 else ""
    street = (
        name[:1].isupper()
        and name[-1] != "."
        and name.lower() not in _BEFORE_SAINTS
        and name.lower() not in _STARTERS
    )
    return written[0].isupper() and (
        (street and (before.lower() in _BEFORE_STREETS or before[:1].isdigit()))
        or re.fullmatch(r"\d+(?:st|nd|rd|th)", name) is not None
    )


def _numbers_item(text: str, start: int, digits: str) -> bool:
    """Whether a number with a full stop begins an item: at the beginning of a line, or a small one
    behind the end of a sentence ("1. Mix. 2. Bake.").
    """
    if _begins_line(text, start):
        return True
    ended = re.search(r"[.!?][\"')]*\s+\Z", text[max(0, start - 8) : start])
    if len(digits) > 2 or ended is None:
        return False
    before = _word_before(text, max(0, start - 8) + ended.start())
    return before.lower() not in _ABBREVIATIONS and len(before) > 1


def _is_starter(word: str) -> bool:
    return re.sub(r"[^a-z].*", "", word.lower()) in _STARTERS


def _begins_line(text: str, at: int) -> bool:
    line = text[max(at - 20, 0) : at].rpartition("\n")
    return not line[2].strip() and (bool(line[1]) or at <= 20)


def _word_before(text: str, end: int) -> str:
    start = end
    while start > 0 and end - start < 20 and not text[start - 1].isspace():
        start -= 1
    word = text[start:end].strip(_OPENERS + _CLOSERS + ",").rpartition("—")[2]
    last = re.split("[-–]", word)[-1]  # "Mon.-Fri."
    return last if last.lower() in _DAYS_AND_MONTHS else word


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
