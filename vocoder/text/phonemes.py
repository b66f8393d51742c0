"""Words to phonemes with stress, by espeak-ng.

espeak-ng is a separate program library under GPL-3, loaded at run time from the wheel `espeakng-loader`; Sonant itself is Apache-2.0. It stays behind
`Phonemiser`, so that another backend can take its place.

espeak-ng pronounces words in their context ("the" before a vowel, "a", flapped t), but joins some of them ("of the" becomes one chunk). So a clause
is pronounced as a whole, each word is pronounced alone, and an alignment of the two says which phone of the whole belongs to which word.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import espeakng_loader

from vocoder.errors import SonantError
from vocoder.text.inventory import PRIMARY, SECONDARY, spell

# Values of the feature `stress`; 0 is "absent".
NO_STRESS, SECONDARY_STRESS, PRIMARY_STRESS = 1, 2, 3
STRESSES = 4

_RETRIEVAL = 2  # espeak AUDIO_OUTPUT_RETRIEVAL: it never opens a sound device
_DO_NOT_EXIT = 0x8000  # espeak INITIALIZE_DONT_EXIT: errors are returned, the process lives on
_UTF8 = 1
_IPA_SEPARATED = 0x02 | (ord("_") << 8)
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")


@dataclass(frozen=True, kw_only=True)
class Phone:
    """One phoneme of a word."""

    symbol: str  # of `vocoder.text.inventory.PHONEMES`
    stress: int  # NO_STRESS, SECONDARY_STRESS or PRIMARY_STRESS; consonants have NO_STRESS


class Phonemiser(Protocol):
    """Pronounces words."""

    def pronounce(self, words: Sequence[str]) -> list[tuple[Phone, ...]]:
        """The phones of each word of one clause, in context; empty where a word has no pronunciation.

        Args:
            words: without punctuation.
        """


class EspeakPhonemiser:
    """espeak-ng, one language. The library has one global state, so one lock goes around every use of it."""

    _lock = threading.Lock()
    _library: ctypes.CDLL | None = None
    _language: str | None = None

    def __init__(self, language: str = "en-us") -> None:
        self.language = language
        self._alone = lru_cache(maxsize=20_000)(self._pronounce_alone)
        with self._lock:
            self._select()

    def pronounce(self, words: Sequence[str]) -> list[tuple[Phone, ...]]:
        """See `Phonemiser.pronounce`."""
        alone = [self._alone(word) for word in words]
        chunks = _chunks(self._translate(" ".join(words)))
        if len(chunks) == len(words):
            whole = [_phones(chunk) for chunk in chunks]
        else:
            whole = _share_out([phone for chunk in chunks for phone in _phones(chunk)], alone)
        return [in_context or by_itself for in_context, by_itself in zip(whole, alone, strict=True)]

    def _pronounce_alone(self, word: str) -> tuple[Phone, ...]:
        return tuple(phone for chunk in _chunks(self._translate(word)) for phone in _phones(chunk))

    def _translate(self, text: str) -> str:
        encoded = text.replace("\0", " ").encode("utf-8", errors="ignore")
        clauses = []
        with self._lock:
            library = self._select()
            remaining = ctypes.c_char_p(encoded)
            while remaining.value is not None:
                clauses.append(library.espeak_TextToPhonemes(ctypes.byref(remaining), _UTF8, _IPA_SEPARATED).decode("utf-8"))
        return _LANGUAGE_SWITCH.sub("", " ".join(clauses))

    def _select(self) -> ctypes.CDLL:
        """The library, speaking this object's language; the lock is held."""
        library = EspeakPhonemiser._library
        if library is None:
            library = ctypes.CDLL(espeakng_loader.get_library_path())
            library.espeak_TextToPhonemes.restype = ctypes.c_char_p
            library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
            library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
            if library.espeak_Initialize(_RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), _DO_NOT_EXIT) < 0:
                raise SonantError("espeak-ng could not be initialised; is its data folder complete?")
            EspeakPhonemiser._library = library
        if EspeakPhonemiser._language != self.language:
            if library.espeak_SetVoiceByName(self.language.encode()) != 0:
                EspeakPhonemiser._language = None
                raise SonantError(f"espeak-ng has no language {self.language!r}")
            EspeakPhonemiser._language = self.language
        return library


def _chunks(ipa: str) -> list[str]:
    """espeak's groups of phones: mostly one a word."""
    return [chunk for chunk in ipa.split() if chunk.strip("_" + PRIMARY + SECONDARY)]


def _phones(chunk: str) -> tuple[Phone, ...]:
    phones: list[Phone] = []
    for token in chunk.split("_"):
        stress = PRIMARY_STRESS if PRIMARY in token else SECONDARY_STRESS if SECONDARY in token else NO_STRESS
        symbols, _ = spell(token.replace(PRIMARY, "").replace(SECONDARY, ""))
        for index, symbol in enumerate(symbols):
            # The mark stands before the vowel's token; what was split off behind it (an r, a schwa) is not stressed.
            phones.append(Phone(symbol=symbol, stress=stress if index == 0 else NO_STRESS))
    return tuple(phones)


def _share_out(whole: Sequence[Phone], alone: Sequence[tuple[Phone, ...]]) -> list[tuple[Phone, ...]]:
    """Gives each phone of the whole clause to a word: that of the phone it is aligned with (edit distance) when words are pronounced alone."""
    owners = [word for word, phones in enumerate(alone) for _ in phones]
    target = [phone.symbol for phones in alone for phone in phones]
    rows, columns = len(whole), len(target)
    cost = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows + 1):
        for column in range(columns + 1):
            if row == 0 or column == 0:
                cost[row][column] = row + column
                continue
            same = 0 if whole[row - 1].symbol == target[column - 1] else 1
            cost[row][column] = min(cost[row - 1][column - 1] + same, cost[row - 1][column] + 1, cost[row][column - 1] + 1)
    shares: list[list[Phone]] = [[] for _ in alone]
    row, column = rows, columns
    while row > 0:
        if column > 0:
            same = 0 if whole[row - 1].symbol == target[column - 1] else 1
            if cost[row][column] == cost[row - 1][column - 1] + same:
                shares[owners[column - 1]].insert(0, whole[row - 1])
                row, column = row - 1, column - 1
                continue
            if cost[row][column] == cost[row][column - 1] + 1:
                column -= 1
                continue
        if owners:
            shares[owners[max(column - 1, 0)]].insert(0, whole[row - 1])
        row -= 1
    return [tuple(share) for share in shares]
