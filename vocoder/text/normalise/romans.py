"""Roman numerals, where they can be nothing else: behind a ruler's name, a heading, or (with several letters) a name."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, ordinal
from vocoder.text.normalise.word_lists import listed

_ROMAN = re.compile(r"([IVXLC]{1,9})('s)?(?!\w|-\w|\.\w)")
_VALID = re.compile(r"(C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_RULERS = listed("""
    henry louis charles james george edward richard william elizabeth mary john paul pius leo benedict gregory clement innocent urban alexander
    nicholas peter catherine philip francis ferdinand frederick wilhelm otto napoleon victor umberto ramesses ramses thutmose ptolemy cleopatra darius
    xerxes robert malcolm harold olaf gustav haakon alfonso juan carlos pedro ivan boniface sixtus julius adrian theodore constantine leopold albert
    maximilian rudolf joseph christian margrethe
""")
_SHORT_HEADINGS = listed("vol ch chap pt sec fig no art bk")
_TITLES = listed("king queen pope emperor empress tsar czar kaiser prince pharaoh saint")
HEADINGS = listed("""
    chapter part volume book section act scene article title appendix phase type class level stage grade war bowl amendment canto figure table
    category mark group division tier step schedule unit lesson psalm symphony episode
""")
_SEQUELS = listed("rocky rambo fantasy godfather terminator halloween")
# Of several letters, but as likely something else behind an ordinary word with a capital ("An IV drip", "XX chromosomes").
_DOUBTFUL = listed("IV VI XI XX XXX IX LI CC CV CI XL LL CD")
_GREATEST_ANYWHERE = 39  # letters L and C only behind headings
_NO_NAMES = listed("a an the in on at of and or but is it for with to from by he she we they this that")


def read_roman(source: Source, at: int) -> Reading | None:
    """A Roman numeral: an ordinal behind a ruler ("henry the eighth"), a cardinal behind everything else ("chapter four")."""
    found = _ROMAN.match(source.text, at)
    if found is None or source.character_before(at) != " ":
        return None
    numeral, possessive = found.group(1), found.group(2) or ""
    value = _value(numeral)
    name = source.word_before(at)
    if not value or not name:
        return None
    if source.text[at - 2] == "." and name.lower() in _SHORT_HEADINGS and len(numeral) > 1:
        return Reading(spoken=cardinal(str(value)) + possessive, end=found.end())
    if source.text[at - 2] in ".,":
        return None
    if name.lower() in _RULERS and name[0].isupper():
        return Reading(spoken=f"the {ordinal(str(value))}{possessive}", end=found.end()) if len(numeral) > 1 or _is_ruler(source, at, numeral, name) else None
    if name.lower() in HEADINGS and (name[0].isupper() or len(numeral) > 1):
        return Reading(spoken=cardinal(str(value)) + possessive, end=found.end())
    numbers = len(numeral) > 1 and (numeral not in _DOUBTFUL or name.lower() in _SEQUELS) and value <= _GREATEST_ANYWHERE
    if numbers and len(name) > 1 and name[0].isupper() and name.lower() not in _NO_NAMES and not name.isupper():
        return Reading(spoken=cardinal(str(value)) + possessive, end=found.end())
    return None


def _is_ruler(source: Source, at: int, numeral: str, name: str) -> bool:
    """Whether a single letter numbers a ruler. "I" is a word as well, so it takes a title before the name, or "of" behind."""
    if numeral != "I":
        return numeral in "VX" and name.lower() not in ("malcolm", "mary", "albert", "adrian", "joseph", "robert")
    return source.word_before(at - 1 - len(name)).lower() in _TITLES or source.word_after(at + 1) == "of"


def _value(numeral: str) -> int:
    """The number that a numeral stands for, 0 if it is none."""
    if not _VALID.fullmatch(numeral):
        return 0
    values = [_VALUES[letter] for letter in numeral]
    return sum(-value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True))
