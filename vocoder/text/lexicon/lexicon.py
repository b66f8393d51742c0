"""A lexicon: entries by their words.

A word is looked for as it is written, before anything is normalised ("SQL" would be spelled by
then), whatever its capitals; its possessive is known with it.
A compound with hyphens is a word of its own: an entry says nothing of compounds that it is part of.
What a word with an alias is read as is normalised like any text; the lexicon's IPA counts in it and
its aliases do not, so no alias leads to itself, and no text grows beyond its aliases' lengths.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from vocoder.errors import InputError, TextError
from vocoder.text.cleaning import clean as clean_text
from vocoder.text.ipa import possessive
from vocoder.text.lexicon.lexicon_entry import MOST_ENTRIES, MOST_PARTS, WORD, LexiconEntry, key_of
from vocoder.text.normalise import normalise
from vocoder.text.normalise.cleaning import clean
from vocoder.text.normalise.source import Reading
from vocoder.text.phonemes import Phones
from vocoder.text.speech_input import Ipa, SpeechInput, Ssml, field_name_of, source_text

_POSSESSIVE = "'s"
# What may be an entry at a place, and what goes on so that it is none: letters alone come second,
# for "SQL3" is SQL and a number where "SQL3" is no entry.
_FORMS = (
    (WORD, re.compile(r"['-][^\W_]")),
    (re.compile(rf"[^\W\d_]+(?:['-][^\W\d_]+){{0,{MOST_PARTS}}}"), re.compile(r"['-][^\W\d_]")),
)
_START = re.compile(r"(?<![^\W_])(?=[^\W_])")


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """Words, and how they are said; `of` makes one, or `vocoder.text.lexicon.read_lexicon`.

    Attributes:
        entries: by the word in lower case (`key_of`). Never changed: `edited` gives another
            lexicon.
    """

    entries: Mapping[str, LexiconEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, object], *, most_entries: int = MOST_ENTRIES) -> Lexicon:
        """A lexicon of words, and what JSON has for each.

        Args:
            said: as {"SQL": "ˈsiːkwəl", "WHO": {"alias": "World Health Organization"}};
                `LexiconEntry.of` says what an entry may be.
            most_entries: limit on their number.

        Raises:
            InputError: field "lexicon"; it names the word that is none, is there twice, or cannot
                be said so.
        """
        if len(said) > most_entries:
            raise InputError(
                f"the lexicon has {len(said)} entries, and the limit is {most_entries}",
                field="lexicon",
            )
        entries: dict[str, LexiconEntry] = {}
        for word, one in said.items():
            entry, key = LexiconEntry.of(word, one), key_of(word)
            if key in entries:
                raise InputError(
                    f"the lexicon has {word!r} twice: capitals make no difference", field="lexicon"
                )
            entries[key] = entry
        return cls(entries=entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def over(self, other: Lexicon | None) -> Lexicon:
        """This lexicon, and where it does not have a word the other, which is not copied: that may
        be the large one.
        """
        if not other or not self:
            return self or other or self
        below = cast("dict[str, LexiconEntry]", other.entries)  # never written to
        return Lexicon(entries=ChainMap(dict(self.entries), below))

    def edited(self, changes: Mapping[str, LexiconEntry | None]) -> Lexicon:
        """With other entries by their keys; None takes one away, and nothing where there is none.

        Raises:
            InputError: field "lexicon"; there would be too many.
        """
        entries = dict(self.entries)
        for key, entry in changes.items():
            if entry is None:
                entries.pop(key, None)
            else:
                entries[key] = entry
        if len(entries) > MOST_ENTRIES:
            raise InputError(
                f"the lexicon would have {len(entries)} entries, and the limit is {MOST_ENTRIES}",
                field="lexicon",
            )
        return Lexicon(entries=entries)

    def check_length(self, text: SpeechInput, *, limit: int | None) -> None:
        """Refuses a text that its aliases make too long.

        Args:
            text: any Unicode; or a document or phonemes, markup and all.
            limit: characters, or None for no limit.

        Raises:
            TextError: it would have more; `field` is that of its kind.
        """
        if limit is None or isinstance(text, Ipa):
            return
        aliases = (self.entries[key].alias for key in self._asked(source_text(text)))
        length = len(source_text(text)) + sum(len(alias) for alias in aliases if alias is not None)
        if length > limit:
            what = "ssml: the document" if isinstance(text, Ssml) else "the text"
            raise TextError(
                (
                    f"{what} has {length} characters with the aliases of its words, and the "
                    f"limit is {limit}"
                ),
                field=field_name_of(text),
            )

    def match(self, text: str, at: int) -> Reading | None:
        """How the entry that stands at `at` in cleaned text is read, with its possessive; None
        where there is none.
        """
        found = self._find(text, at)
        if found is None:
            return None
        key, word, end = found
        alias = self.entries[key].alias
        if alias is None:
            return Reading(spoken=word, end=end, listed=True)
        read = normalise(alias + word.removeprefix(key), self._match_in_alias)
        return Reading(spoken=read.text, end=end, skipped=read.skipped, listed=True)

    def phones(self, word: str) -> Phones:
        """The phones of a word in lower case, or of its possessive; () where it is not an entry, or
        has an alias.
        """
        key = self._key(word)
        stem = () if key is None else self.entries[key].phones
        if not stem or key == word:
            return stem
        return possessive(stem)

    @cached_property
    def digest(self) -> str:
        """SHA-256 in hexadecimal of all entries: equal where they say the same."""
        entries = [[entry.word, entry.said] for _, entry in sorted(self.entries.items())]
        return hashlib.sha256(json.dumps(entries).encode()).hexdigest()

    def _match_in_alias(self, text: str, at: int) -> Reading | None:
        found = self._find(text, at)
        return (
            Reading(spoken=found[1], end=found[2], listed=True)
            if found is not None and self.entries[found[0]].alias is None
            else None
        )

    def _find(self, text: str, at: int) -> tuple[str, str, int] | None:
        """The key of the entry that stands at `at`, the word in lower case with its possessive, and
        where it ends.
        """
        for form, going_on in _FORMS:
            found = form.match(text, at)
            if found is not None and not going_on.match(text, found.end()):
                word = found.group().lower()
                key = self._key(word)
                if key is not None:
                    return key, word, found.end()
        return None

    def _key(self, word: str) -> str | None:
        """Which entry a word in lower case is: its own, or that of which it is the possessive."""
        if word in self.entries:
            return word
        stem = word.removesuffix(_POSSESSIVE)
        return stem if stem != word and stem in self.entries else None

    def _asked(self, text: str) -> Iterator[str]:
        """The key of every place of a text where an entry stands."""
        plain = clean(clean_text(text).text)
        for start in _START.finditer(plain):
            found = self._find(plain, start.start())
            if found is not None:
                yield found[0]
