"""Abbreviations of words: titles, streets, Latin, business; dotted ones (e.g., U.S.A.); initials of
names.

Two kinds. `PLAIN` ones are no words themselves, so they are expanded wherever they stand, with or
without a full stop. The others need a number or a name next to them, or a capital and a full stop.
So whether an abbreviation is expanded never hangs on a lower-case word with a full stop alone,
which is what a text
that has been read consists of: reading it again changes nothing.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.abbreviation_names import (
    AFTER_NAME,
    BEFORE_NAME,
    BEFORE_NUMBER,
    CAPITAL_AND_STOP,
    DIRECTIONS,
    DOTTED,
    PHRASES,
    PLAIN,
    SLASHED,
    WITHOUT_STOP,
    WORDS_TOO,
)
from vocoder.text.normalise.romans import SMALL_SHORT
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.word_lists import listed

_WORD = re.compile(r"([A-Za-z]{1,8})(\.?)('s)?(?![^\W_]|'[^\W\d_])")
_NUMBER_NEXT = re.compile(r"\s?(?:[0-9#]|[A-Z]{1,3}[0-9]|[IVXLC]{2,6}\b)")
_SMALL_NUMERAL_NEXT = re.compile(r"\s[ivxl]{2,6}\b")
_UNIT_NEXT = re.compile(r"\s?[A-Z0-9](?![a-z])")  # "Apt. B", "Rm 4"
_TIGHT = re.compile(r"([A-Za-z]{1,4})\.(?=[0-9])")  # "no.5"
_ARTICLE_NEXT = re.compile(r"\s[IVX](?=[\s,.;:)]|\Z)")
_NAME_NEXT = re.compile(r"\s(?:[A-Z][a-z]|[A-Z]\.|Mc|O')")
_FULL_NAME_NEXT = re.compile(r"\s[A-Z][a-z]")
_DOTTED_WORD = re.compile(
    r"((?:[A-Za-z]|[Pp]h)(?:\.[A-Za-z]){1,8}(?:[Ss]c|[Pp]hil|s|l)?)(\.?)(?!\w)"
)
_SLASHED_WORD = re.compile(
    rf"(?:{'|'.join(sorted(SLASHED, key=len, reverse=True))})(?![^\W\d_]|[0-9])|w/(?=[^\W\d_])",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"((?:[A-Z]\.[ -]?){1,6})(?=[A-Z][a-z])")
_ET_AL = re.compile(r"et al(\.?)(?!\w)", re.IGNORECASE)
_PHRASE = re.compile("|".join(re.escape(phrase) for phrase in PHRASES))
_DIRECTION = re.compile(r"([NSEW]|[NS][EW])(\.?)(?=\s(?:[A-Z][a-z]|[0-9]{1,3}(?:st|nd|rd|th)\b))")
_DIRECTION_BEHIND = re.compile(r"(N[EW]|S[EW]|[NSEW])(?![\w.']|\s[A-Z])")
_STREET_WORD = re.compile(
    r"[A-Za-z0-9]\s(?:St|Ave|Rd|Blvd|Dr|Ln|Ct|Pl|Hwy|Pkwy|Street|Avenue|Road|Boulevard|Drive|Lane|Way|Place)\.?\s\Z"
)
_HOUSE_BEFORE = re.compile(r"(?<![\w.,$])[0-9]{1,5}\s\Z")
# The name of a street before "St.": an ordinal, or words with capitals behind the number of a
# house.
_STREET_BEFORE = re.compile(
    r"(?:(?<!\w)[0-9]{1,3}(?:st|nd|rd|th)|(?<![\w.,$])[0-9]{1,5}[A-Z]?\s(?:[NSEW]{1,2}\.?\s)?[A-Z0-9][A-Za-z]{0,20}(?:\s[A-Z][A-Za-z]{1,20}){0,2})\s\Z"
)
_NUMERO = re.compile(r"[Nn]°\.?(?=\s?[0-9])|Nº\.?(?=\s?[0-9])")
_CAPITALS_NEXT = re.compile(r"\s([A-Z]{3,20})")
_TITLES = listed("dr mr mrs prof sgt capt lt messrs")
_SAINTS = listed("""
    louis john james paul peter mary joseph george andrew patrick nicholas francis anthony thomas
    michael helens augustine petersburg catherine lucia kitts vincent moritz tropez pancras albans
    ives denis germain etienne jude anne bernard cloud clair charles croix martin mark luke
    elizabeth margaret
""")
_WINDOW = 60  # characters in which the name of a street is looked for
_LETTERED = frozenset(("apt", "ste", "rm", "bldg", "fl"))  # a letter may number them
_ARTICLES = frozenset(("art", "vol", "ch", "pt", "sec", "bk"))  # that "I" may number
_LOWER_ONLY = frozenset(("p", "c"))
_DAY_BEFORE = listed(
    "on next last this every until till by since from through thru before after and or to each "
    "early late in"
)
_DAY_NEXT = re.compile(
    r"\.?(?:,|\s?[0-9]|\s?[-–—&/]|\s(?:and|or|to|through|thru|at|the|morning|afternoon|evening|night)\b)"
)


def read_abbreviation(source: Source, at: int) -> Reading | None:
    """An abbreviated word, dotted letters, or initials before a name."""
    text = source.text
    if slashed := _SLASHED_WORD.match(text, at):
        return Reading(spoken=SLASHED[slashed.group().lower()], end=slashed.end())
    if et_al := _ET_AL.match(text, at):
        return _closed(source, "and others", et_al.end(), et_al.group(1))
    if numero := _NUMERO.match(text, at):
        return Reading(spoken="number", end=numero.end())
    if phrase := _PHRASE.match(text, at):
        return _closed(source, PHRASES[phrase.group()], phrase.end(), ".")
    if (direction := _DIRECTION.match(text, at)) and _HOUSE_BEFORE.search(
        text[max(0, at - _WINDOW) : at]
    ):
        return Reading(spoken=DIRECTIONS[direction.group(1)], end=direction.end())
    if (direction := _DIRECTION_BEHIND.match(text, at)) and _STREET_WORD.search(
        text[max(0, at - _WINDOW) : at]
    ):
        return _closed(source, DIRECTIONS[direction.group(1)], direction.end(1), "")
    if (
        (tight := _TIGHT.match(text, at))
        and tight.group(1).lower() in BEFORE_NUMBER
        and not (tight.group(1)[0].isupper() and len(tight.group(1)) == 1)
    ):
        return Reading(spoken=BEFORE_NUMBER[tight.group(1).lower()], end=tight.end())
    if initials := _INITIALS.match(text, at):
        return Reading(spoken=" ".join(re.findall("[A-Z]", initials.group(1))), end=initials.end())
    if dotted := _DOTTED_WORD.match(text, at):
        low = dotted.group(1).lower()
        return _closed(
            source,
            DOTTED.get(low) or " ".join(dotted.group(1).upper().split(".")),
            dotted.end(),
            dotted.group(2),
        )
    word = _WORD.match(text, at)
    if word is None:
        return None
    expanded = _expand(source, word)
    if not expanded:
        return None
    if word.group(3):  # "Jr.'s"
        return Reading(spoken=f"{expanded}'s", end=word.end())
    return _closed(source, expanded, word.end(2), word.group(2))


def _expand(source: Source, word: re.Match[str]) -> str:
    """What an abbreviation stands for, "" if it is none here."""
    written, stop = word.group(1), word.group(2)
    low = written.lower()
    text, start, end = source.text, word.start(), word.end(2)
    capital = written[0].isupper()
    if (
        low in BEFORE_NUMBER
        and (stop or low in WITHOUT_STOP)
        and not (capital and low in _LOWER_ONLY)
        and (
            _NUMBER_NEXT.match(text, end)
            or (stop and low in SMALL_SHORT and _SMALL_NUMERAL_NEXT.match(text, end))
            or (low in _ARTICLES and _ARTICLE_NEXT.match(text, end))
            or (low in _LETTERED and capital and _UNIT_NEXT.match(text, end))
        )
    ):
        return BEFORE_NUMBER[low]
    if (
        capital
        and low in AFTER_NAME
        and (low in {"st", "dr"} or stop or written.istitle())
        and _is_street(source, start, end)
    ):
        return AFTER_NAME[low]
    if (
        capital
        and low in BEFORE_NAME
        and (stop or low in ("st", "mt", "ft"))
        and _NAME_NEXT.match(text, end)
    ):
        return BEFORE_NAME[low]
    if (
        written in ("v", "vs")
        and source.word_before(start)[:1].isupper()
        and (_FULL_NAME_NEXT.match(text, end) if stop or written == "v" else True)
    ):
        return "versus" if stop or written == "vs" else ""
    if (
        capital
        and stop
        and low in AFTER_NAME
        and low not in ("dr", "st")
        and (source.word_before(start)[:1].isupper() or text[start - 2 : start] == "& ")
    ):
        return AFTER_NAME[low]
    if capital and low == "bros" and source.word_before(start)[:1].isupper():
        return AFTER_NAME[low]
    if (
        capital
        and stop
        and low in CAPITAL_AND_STOP
        and (low not in WORDS_TOO or _is_day(source, start, end))
    ):
        return CAPITAL_AND_STOP[low]
    if (
        low == "st"
        and written.isupper()
        and (saint := _CAPITALS_NEXT.match(text, end))
        and saint.group(1).lower() in _SAINTS
    ):
        return "saint"
    if low in _TITLES and written.isupper() and _CAPITALS_NEXT.match(text, end):
        return PLAIN[low]  # "DR SMITH"
    if written.isupper() and len(written) > 1 and not stop:
        return ""  # MS, DR, MT: letters, or a word in a text of capitals
    return PLAIN.get(low, "")


def _is_street(source: Source, start: int, end: int) -> bool:
    """Whether "St." or "Dr." stands behind the name of a street."""
    text = source.text
    if _STREET_BEFORE.search(text[max(0, start - _WINDOW) : start]):
        return True
    if text[start : start + 2] not in ("St", "Dr", "ST", "DR") or _NAME_NEXT.match(text, end):
        return False
    before = source.word_before(start)
    return (
        before[:1].isupper()
        and text[start - 1 : start] == " "
        and text[start - 2 : start - 1].isalnum()
    )


def _is_day(source: Source, start: int, end: int) -> bool:
    """Whether "Sun." or "Jan." is a day or a month, and neither a word nor a name at the end of a
    sentence.
    """
    before = source.word_before(start).lower()
    return (
        before in _DAY_BEFORE
        or before in CAPITAL_AND_STOP
        or _DAY_NEXT.match(source.text, end - 1) is not None
    )


def _closed(source: Source, spoken: str, end: int, stop: str) -> Reading:
    """A reading whose own full stop also ends the text, if it is the last."""
    return Reading(spoken=spoken + "." if stop and source.ends_at(end) else spoken, end=end)
