"""Names that were made for computers (addresses, file names, tags): words as words, the rest
spelled, marks by name.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.capital_words import is_known
from vocoder.text.normalise.initialisms import is_short_word, spell_capitals
from vocoder.text.normalise.spelling import label, letters, one_by_one
from vocoder.text.normalise.word_lists import listed

MARK_NAMES = {
    ".": "dot", "/": "slash", "\\": "backslash", "-": "dash", "_": "underscore", "@": "at",
    ":": "colon", "?": "question mark", "=": "equals", "&": "and",
    "#": "hash", "%": "percent", "+": "plus", "~": "tilde", ",": "comma", ";": "semicolon",
    "!": "exclamation mark", "$": "dollar", "*": "star",
    "(": "open parenthesis", ")": "close parenthesis", "'": "apostrophe",
}  # fmt: skip
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^A-Za-z0-9]")
_SPELLED = listed(
    "io ai uk us eu edu tv fm au ca de fr ch py js ts cpp exe xyz usr src api id url ie ru mit "
    "ucla usa usps irs epa usc uci"
)
_DOMAINS = listed("com org net info")  # words, also in capitals
_SHORTEST_NAME, _MOST_CONSONANTS = 5, 4  # letters; consonants to a vowel
_SAID = {
    "json": "jason",
    "yaml": "yaml",
    "jpg": "jay peg",
    "jpeg": "jay peg",
    "www": "W W W",
    "imdb": "I M D B",
    "aol": "A O L",
    "msn": "M S N",
}


def speak_code(written: str) -> str:
    """A name in words: "my_file2.py" -> "my underscore file two dot P Y".

    Args:
        written: ASCII.
    """
    return " ".join(_piece(piece) for piece in _PIECE.findall(written))


def _piece(piece: str) -> str:
    if piece in MARK_NAMES:
        return MARK_NAMES[piece]
    if piece.isdigit():
        return label(piece) if len(piece) <= 4 else one_by_one(piece)
    low = piece.lower()
    if low in _SAID:
        return _SAID[low]
    if len(low) == 1 or low in _SPELLED:
        return letters(low)
    if low in _DOMAINS:
        return low
    if piece.isupper():
        return spell_capitals(piece, "")
    return low if is_known(low) or is_short_word(low) or _is_name(low) else letters(low)


def _is_name(low: str) -> bool:
    """Whether letters that no word has are a name or words run together ("gmail"), and no
    abbreviation.
    """
    vowels = sum(letter in "aeiouy" for letter in low)
    return len(low) >= _SHORTEST_NAME and _MOST_CONSONANTS * vowels >= len(low) - vowels
