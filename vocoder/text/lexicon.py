"""A pronunciation lexicon: words, and the IPA that is said for them instead of what the rules and espeak-ng would make of them.

A word is looked for as it is written, before anything is normalised ("SQL" would be spelled by then), whatever its capitals; its possessive is known with it.
A compound with hyphens is a word of its own: an entry says nothing of compounds that it is part of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vocoder.errors import InputError
from vocoder.text.ipa import phones_of, possessive
from vocoder.text.normalise.cleaning import clean
from vocoder.text.phonemes import Phonemiser, Phones

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_MOST_ENTRIES = 100_000
_POSSESSIVE = "'s"


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """Words with their phones; `of` and `from_json` make one.

    Attributes:
        entries: by the word in lower case, each with at least one phone.
    """

    entries: Mapping[str, Phones] = field(default_factory=dict)

    @classmethod
    def of(cls, pronunciations: Mapping[str, str]) -> Lexicon:
        """A lexicon of words and their IPA.

        Args:
            pronunciations: each word (letters, with hyphens or apostrophes inside) and its IPA, as {"SQL": "ˈsiːkwəl"}. A stress mark stands before the
                vowel or its syllable; where there is none the first vowel is stressed.

        Raises:
            InputError: field "lexicon"; it names the word that is none, is there twice, or has IPA that the voice's phonemes cannot say.
        """
        if len(pronunciations) > _MOST_ENTRIES:
            raise InputError(f"the lexicon has {len(pronunciations)} entries, and the limit is {_MOST_ENTRIES}", field="lexicon")
        entries: dict[str, Phones] = {}
        for word, ipa in pronunciations.items():
            key = clean(word).lower()  # in the forms that a text has when it is looked up
            if not _WORD.fullmatch(key):
                raise InputError(f"the lexicon's {word!r} is not one word of letters, with hyphens or apostrophes inside", field="lexicon")
            if key in entries:
                raise InputError(f"the lexicon has {word!r} twice: capitals make no difference", field="lexicon")
            entries[key] = _phones(word, ipa)
        return cls(entries=entries)

    @classmethod
    def from_json(cls, text: str) -> Lexicon:
        """A lexicon of a JSON object of words and their IPA.

        Raises:
            InputError: field "lexicon"; it is not such an object, or as `of`.
        """

        def pairs(found: Sequence[tuple[str, object]]) -> dict[str, str]:
            entries: dict[str, str] = {}
            for word, ipa in found:
                if not isinstance(ipa, str):
                    raise InputError(f"the lexicon's IPA of {word!r} is not a string", field="lexicon")
                if word in entries:
                    raise InputError(f"the lexicon has {word!r} twice", field="lexicon")
                entries[word] = ipa
            return entries

        try:
            read: object = json.loads(text, object_pairs_hook=pairs)
        except (ValueError, RecursionError) as error:
            raise InputError(f"the lexicon is not JSON: {error}", field="lexicon") from error
        if not isinstance(read, dict):
            raise InputError("the lexicon is not a JSON object of words and their IPA", field="lexicon")
        return cls.of(read)

    def match(self, text: str, at: int) -> tuple[str, int] | None:
        """The entry that stands at `at`, in lower case and with its possessive, and where it ends."""
        found = _WORD.match(text, at)
        if found is None:
            return None
        low = found.group().lower()
        return (low, found.end()) if self.phones(low) else None

    def phones(self, word: str) -> Phones:
        """The phones of a word in lower case, or of its possessive; () where it is not an entry."""
        if word in self.entries or not word.endswith(_POSSESSIVE):
            return self.entries.get(word, ())
        stem = self.entries.get(word.removesuffix(_POSSESSIVE), ())
        if not stem:
            return ()
        return possessive(stem)


class LexiconPhonemiser:
    """Another phonemiser, but for the words of a lexicon."""

    def __init__(self, base: Phonemiser, lexicon: Lexicon) -> None:
        self._base = base
        self._lexicon = lexicon

    def pronounce(self, words: Sequence[str]) -> list[Phones]:
        """See `Phonemiser.pronounce`; the words around an entry are said as they would be beside its usual reading."""
        return [self._lexicon.phones(word) or said for word, said in zip(words, self._base.pronounce(words), strict=True)]


def _phones(word: str, ipa: str) -> Phones:
    try:
        return phones_of(ipa)
    except ValueError as error:
        raise InputError(f"the lexicon's IPA of {word!r} {error}", field="lexicon") from error
