"""Words in letters that espeak-ng's English knows.

It reads the letters of Latin-1 and Latin Extended-A inside words as English speakers would, but any
further one by its number in hexadecimal ("letter one e c five"), and letters of other scripts by
their names, one by one ("Chinese letter"). So further Latin letters become their plain ones, and
words in other scripts are not spoken at all.
"""

from __future__ import annotations

import re
import unicodedata

_LAST_KNOWN = "\u017f"  # the end of Latin Extended-A
_PLAIN = {
    "’": "'",
    "ʼ": "'",
    "ʻ": "'",
    "‐": "-",
    "‑": "-",
    "ſ": "s",
    "ı": "i",
    "ŉ": "n",
    "ə": "e",
    "ɛ": "e",
    "ɔ": "o",
    "ẞ": "ss",
    "ŋ": "ng",
}
_NAMED = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?(?:LETTER |LIGATURE )?(?:SMALL CAPITAL )?([A-Z]{1,2})(?: WITH .*)?"
)


def respell(word: str) -> str:
    """A word in letters that espeak-ng's English can say; "" where it has any of another script, or
    no letter at all.

    A single upper-case letter is the name of that letter, as the normaliser has it.
    """
    spelt = "".join(_respell_letter(character) for character in unicodedata.normalize("NFC", word))
    if "\0" in spelt or not any(character.isalpha() for character in spelt):
        return ""
    if len(spelt.strip("'-")) == 1:  # alone, a letter with an accent would be described: "e acute"
        spelt = "".join(
            character
            for character in unicodedata.normalize("NFD", spelt)
            if not unicodedata.combining(character)
        )
    # the letter's name in sounds: of "A" espeak-ng makes the article
    return "eh" if spelt == "A" else spelt


def _respell_letter(character: str) -> str:
    """One character, respelt; "" for what is not heard, NUL for what cannot be said."""
    plain = _PLAIN.get(character, _PLAIN.get(character.lower()))
    if plain is not None:
        return plain
    if character in "'-" or (character.isalpha() and character <= _LAST_KNOWN):
        return character
    if unicodedata.combining(character):
        return ""
    parts = "".join(
        part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)
    )
    if parts.isascii() and parts.isalpha():
        return parts
    named = _NAMED.fullmatch(unicodedata.name(character, ""))
    return named.group(1).lower() if named else "\0"


def halves(word: str) -> tuple[str, str]:
    """A word of two letters or more in two parts, divided behind the hyphen nearest to its middle,
    or in its middle.
    """
    middle = len(word) // 2
    hyphens = [at + 1 for at, character in enumerate(word[:-1]) if character == "-"]
    at = min(hyphens, key=lambda place: abs(place - middle), default=middle)
    return word[:at], word[at:]
