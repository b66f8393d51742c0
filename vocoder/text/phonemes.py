"""Words to phonemes with stress.

`Phonemiser` is what the rest of Sonant knows; `EspeakPhonemiser` does it by espeak-ng (see
`vocoder.text.espeak`, also for its licence).

A clause is read as a whole, because speakers do: "the" differs before a vowel, "for a" is reduced,
"out of" is linked. Word boundaries are exact all the
same: see `vocoder.text.word_boundaries`. Where the two readings it compares cannot be reconciled,
the words keep the reading in which they stand apart; where even that has not as many groups of
phones as the words have when each is read alone, they keep the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from vocoder.text.espeak import Espeak
from vocoder.text.inventory import PRIMARY, SECONDARY, spell
from vocoder.text.letters import halves, respell
from vocoder.text.word_boundaries import share_out

# Values of the feature `stress`; 0 is "absent".
NO_STRESS, SECONDARY_STRESS, PRIMARY_STRESS = 1, 2, 3
STRESSES = 4

# espeak-ng drops, without a word, what does not fit its buffers: the end of a word of some 100
# phones (200 bytes with marks), of a clause of 1,000.
# So longer words are read in parts, and so are longer clauses.
_LONGEST_WORD = 48  # letters; the longest word of English dictionaries has 45
_MOST_PHONES_OF_WORD = 60
_MOST_PHONES_OF_CLAUSE = 400

# Between two words it keeps espeak-ng from joining them, and is otherwise not noticed: the words
# still see each other.
_SEPARATOR = " \u2060"


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    """One phoneme of a word."""

    symbol: str  # of `vocoder.text.inventory.PHONEMES`
    stress: int  # NO_STRESS, SECONDARY_STRESS or PRIMARY_STRESS; consonants have NO_STRESS


Phones = tuple[Phone, ...]


class Phonemiser(Protocol):
    """Pronounces words."""

    def pronounce(self, words: Sequence[str]) -> list[Phones]:
        """The phones of each word of one clause, in context; empty where a word has no
        pronunciation.

        Args:
            words: any strings, without punctuation.

        Returns:
            one tuple for each word, in the order of `words`. The same words give the same phones,
            in any thread.
        """


class EspeakPhonemiser:
    """espeak-ng, speaking one language.

    Any language can be chosen; its phones are then rendered by the nearest of the (English)
    inventory.
    """

    def __init__(self, language: str = "en-us") -> None:
        """Raises InputError (field "language") where espeak-ng does not have the language."""
        self.language = language
        self._espeak = Espeak.shared()
        self._espeak.require(language)
        self._knows_every_letter = language.partition("-")[0] != "en"
        self._alone = lru_cache(maxsize=20_000)(self._groups)

    def pronounce(self, words: Sequence[str]) -> list[Phones]:
        """See `Phonemiser.pronounce`."""
        spoken: list[str] = []
        owners: list[int] = []  # which word each spoken part is of
        for number, word in enumerate(words):
            parts = self._parts(word if self._knows_every_letter else respell(word))
            spoken.extend(parts)
            owners.extend([number] * len(parts))
        said: list[Phones] = [() for _ in words]
        for clause in self._clauses([len(_together(self._alone(part))) for part in spoken]):
            for owner, phones in zip(owners[clause], self._in_context(spoken[clause]), strict=True):
                said[owner] += phones
        return said

    def _parts(self, word: str) -> list[str]:
        """The word itself, or the parts of a long one; without those that have no pronunciation."""
        if not word:
            return []
        if len(word) <= _LONGEST_WORD:
            phones = len(_together(self._alone(word)))
            if phones <= _MOST_PHONES_OF_WORD or len(word) == 1:
                return [word] if phones else []
        before, after = halves(word)
        return self._parts(before) + self._parts(after)

    @staticmethod
    def _clauses(lengths: Sequence[int]) -> list[slice]:
        """Runs of words that are read together, given the number of phones of each."""
        starts = [0]
        phones = 0
        for number, length in enumerate(lengths):
            phones += length
            if phones > _MOST_PHONES_OF_CLAUSE:
                starts.append(number)
                phones = length
        return [slice(start, end) for start, end in pairwise([*starts, len(lengths)])]

    def _in_context(self, words: Sequence[str]) -> list[Phones]:
        """The phones of each word, none empty; every word is pronounceable alone."""
        alone = [self._alone(word) for word in words]
        if len(words) < 2:
            return [_together(own) for own in alone]
        # Nearly every word is one group of phones; a few are two even alone ("McCoy").
        apart = self._groups(_SEPARATOR.join(words))
        if len(apart) != sum(map(len, alone)):
            apart = _flat(alone)
        chunks = self._groups(" ".join(words))
        natural = _together(chunks)
        shares = share_out(
            [_symbols(chunk) for chunk in chunks], [_symbols(group) for group in apart]
        )
        groups = apart if shares is None else [natural[begin:end] for begin, end in shares]
        said: list[Phones] = []
        start = 0
        for own in alone:
            said.append(_together(groups[start : start + len(own)]))
            start += len(own)
        return said

    def _groups(self, text: str) -> tuple[Phones, ...]:
        """espeak-ng's chunks of a text, in phones of the inventory; none empty."""
        groups = (_phones(chunk) for chunk in self._espeak.ipa(text, self.language))
        return tuple(group for group in groups if group)


def _phones(chunk: str) -> Phones:
    """One chunk of IPA, its phones separated by "_"."""
    phones: list[Phone] = []
    for token in chunk.split("_"):
        stress = (
            PRIMARY_STRESS
            if PRIMARY in token
            else SECONDARY_STRESS
            if SECONDARY in token
            else NO_STRESS
        )
        symbols, _ = spell(token.replace(PRIMARY, "").replace(SECONDARY, ""))
        for index, symbol in enumerate(symbols):
            # The mark stands before the vowel's token; what was split off behind it (an r, a schwa)
            # is not stressed.
            phones.append(Phone(symbol=symbol, stress=stress if index == 0 else NO_STRESS))
    return tuple(phones)


def _flat(groups: Sequence[tuple[Phones, ...]]) -> tuple[Phones, ...]:
    return tuple(group for own in groups for group in own)


def _together(groups: Sequence[Phones]) -> Phones:
    return tuple(phone for group in groups for phone in group)


def _symbols(phones: Phones) -> tuple[str, ...]:
    return tuple(phone.symbol for phone in phones)
