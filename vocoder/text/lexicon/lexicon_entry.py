"""One entry of a lexicon: a word, and either its IPA or an alias, a text that is read in its
place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vocoder.errors import InputError
from vocoder.text.ipa import phones_of
from vocoder.text.normalise.cleaning import clean
from vocoder.text.phonemes import Phones

MOST_ENTRIES = 100_000
MOST_PARTS = 8  # that hyphens or apostrophes join
_LONGEST_WORD = 100  # characters
_LONGEST_ALIAS = 200
_PART = r"[^\W_]+"
# one part more than an entry has: its possessive
WORD = re.compile(rf"{_PART}(?:['-]{_PART}){{0,{MOST_PARTS}}}")
_LETTER = re.compile(r"[^\W\d_]")
_FORMS = 'its IPA in a string, {"ipa": ...} or {"alias": ...}'


@dataclass(frozen=True, slots=True, kw_only=True)
class LexiconEntry:
    """A word of a lexicon; `of` makes one.

    Attributes:
        word: as it was listed, in plain characters.
        ipa: how it is said; None where it has an alias.
        alias: the text it is read as; None where it has IPA.
        phones: what the IPA means, at least one phone; () where it has an alias.
    """

    word: str
    ipa: str | None = None
    alias: str | None = None
    phones: Phones = ()

    @classmethod
    def of(cls, word: str, said: object) -> LexiconEntry:
        """An entry of a word and what JSON has for it.

        Args:
            word: letters and digits, at least one letter, with hyphens or apostrophes inside; at
                most 100 characters.
            said: its IPA, {"ipa": IPA} or {"alias": TEXT}, each at most 200 characters. A stress
                mark stands before the vowel or its syllable; where there is none the first vowel is
                stressed.

        Raises:
            InputError: field "lexicon"; it names the word.
        """
        key_of(word)
        form, text = _form(word, said)
        plain, written = clean(word), " ".join(text.split())
        if form == "ipa":
            return cls(word=plain, ipa=written, phones=_phones(word, written))
        _check_alias(word, written)
        return cls(word=plain, alias=written)

    @property
    def said(self) -> str | dict[str, str]:
        """As JSON has it: the inverse of `of`."""
        return {"alias": self.alias} if self.alias is not None else self.ipa or ""


def key_of(word: str) -> str:
    """What a word is looked up by: in lower case, in the forms that a text has by then.

    Raises:
        InputError: field "lexicon"; it is not one word.
    """
    key = clean(word).lower()
    if (
        len(key) > _LONGEST_WORD
        or not WORD.fullmatch(key)
        or not _LETTER.search(key)
        or len(re.split("['-]", key)) > MOST_PARTS
    ):
        raise InputError(
            (
                f"the lexicon's {_shown(word)} is not one word of letters and digits, with hyphens "
                f"or apostrophes inside, of at most {_LONGEST_WORD} characters"
            ),
            field="lexicon",
        )
    return key


def _form(word: str, said: object) -> tuple[str, str]:
    if isinstance(said, str):
        return "ipa", said
    if not isinstance(said, Mapping) or len(said) != 1 or not set(said) <= {"ipa", "alias"}:
        raise InputError(f"the lexicon must have for {_shown(word)} {_FORMS}", field="lexicon")
    ((form, text),) = said.items()
    if not isinstance(text, str):
        raise InputError(f"the lexicon's {form} of {_shown(word)} is not a string", field="lexicon")
    return form, text


def _check_alias(word: str, alias: str) -> None:
    if len(alias) > _LONGEST_ALIAS:
        raise InputError(
            (
                f"the lexicon's alias of {_shown(word)} has {len(alias)} characters, and the limit "
                f"is {_LONGEST_ALIAS}"
            ),
            field="lexicon",
        )
    if not alias.isprintable():
        raise InputError(
            f"the lexicon's alias of {_shown(word)} has a character that cannot be printed",
            field="lexicon",
        )
    if not any(character.isalnum() for character in alias):
        raise InputError(
            f"the lexicon's alias of {_shown(word)} has nothing that can be read", field="lexicon"
        )


def _phones(word: str, ipa: str) -> Phones:
    try:
        return phones_of(ipa)
    except ValueError as error:
        raise InputError(f"the lexicon's IPA of {_shown(word)} {error}", field="lexicon") from error


def _shown(word: str) -> str:
    return repr(word) if len(word) <= _LONGEST_WORD else f"{word[:_LONGEST_WORD]!r}..."
