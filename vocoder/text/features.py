"""LinguisticFeatures: what the models know of each phoneme of a sentence.

P phonemes. Columns are named in `vocoder.config` (`CATEGORIES`, `POSITIONS`); in every category 0
means "absent".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocoder.config import CATEGORIES, POSITIONS
from vocoder.text.inventory import PAUSE, PHONEMES
from vocoder.text.phonemes import NO_STRESS, STRESSES, Phone

WORD_POSITIONS = ("", "single", "begin", "middle", "end", "pause")
# Which punctuation ends the phrase that a phoneme is in.
PHRASE_TYPES = ("", "none", "comma", "colon", "statement", "question", "exclamation")
_PHRASE_TYPE_OF = {",": 2, ";": 3, ":": 3, "—": 3, ".": 4, "?": 5, "!": 6}
BREAKING = frozenset(_PHRASE_TYPE_OF)  # marks that end a phrase, and are heard as a pause
_LONGEST_WORD = 12  # phonemes at which `word_length` saturates at 1
_INDEX = {symbol: index for index, symbol in enumerate(PHONEMES)}


@dataclass(frozen=True, kw_only=True, eq=False)  # arrays have no single answer to "equal"
class LinguisticFeatures:
    """One row per phoneme; a sentence begins and ends with a pause, and has one at each mark that
    breaks a phrase. Its arrays cannot be written to.

    Attributes:
        categories: int64 [P, 4], columns `config.CATEGORIES`.
        positions: float32 [P, 4], columns `config.POSITIONS`, each 0..1.
        phonemes: the symbols, P of them.
        word_index: int64 [P], which word each phoneme belongs to, -1 for pauses.
    """

    categories: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float32]
    phonemes: tuple[str, ...]
    word_index: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.phonemes)
        assert self.categories.shape == (count, len(CATEGORIES)), self.categories.shape
        assert self.positions.shape == (count, len(POSITIONS)), self.positions.shape
        assert self.word_index.shape == (count,), self.word_index.shape
        for array in (self.categories, self.positions, self.word_index):
            array.setflags(write=False)

    @property
    def num_phonemes(self) -> int:
        """P."""
        return len(self.phonemes)

    @property
    def pauses(self) -> npt.NDArray[np.bool_]:
        """Where the phoneme is a pause, bool [P]."""
        pauses: npt.NDArray[np.bool_] = self.word_index < 0
        return pauses


def category_sizes() -> tuple[int, ...]:
    """How many values each category has, for `LinguisticConfig`."""
    return (len(PHONEMES), STRESSES, len(WORD_POSITIONS), len(PHRASE_TYPES))


def feature_hash() -> str:
    """16 hexadecimal digits of the SHA-256 of all that gives the columns their meaning.

    A voice is bound to it: whatever changes it makes every trained voice useless.
    """
    meaning = [
        CATEGORIES,
        POSITIONS,
        PHONEMES,
        STRESSES,
        WORD_POSITIONS,
        PHRASE_TYPES,
        _LONGEST_WORD,
    ]
    return hashlib.sha256(json.dumps(meaning, ensure_ascii=True).encode()).hexdigest()[:16]


def build_features(words: Sequence[Sequence[Phone]], marks: Sequence[str]) -> LinguisticFeatures:
    """Features of one sentence.

    Args:
        words: the phones of each word, at least one word with at least one phone.
        marks: for each word the punctuation mark behind it, "" for none. The last word's mark types
            the last phrase; "." where it has none.

    Returns:
        the rows of all phonemes, pauses included.
    """
    phrases = _phrases(words, marks)
    categories: list[tuple[int, int, int, int]] = []
    positions: list[tuple[float, float, float, float]] = []
    word_index: list[int] = []

    def pause(phrase_type: int, where: float) -> None:
        categories.append((_INDEX[PAUSE], NO_STRESS, WORD_POSITIONS.index("pause"), phrase_type))
        positions.append((0.0, 0.0, where, 0.0))
        word_index.append(-1)

    pause(phrases[0][1], 0.0)
    for number, (members, phrase_type) in enumerate(phrases):
        in_sentence = (number + 0.5) / len(phrases)
        for order, word in enumerate(members):
            phones = words[word]
            for place, phone in enumerate(phones):
                categories.append(
                    (
                        _INDEX[phone.symbol],
                        phone.stress,
                        _word_position(place, len(phones)),
                        phrase_type,
                    )
                )
                positions.append(
                    (
                        (place + 0.5) / len(phones),
                        (order + 0.5) / len(members),
                        in_sentence,
                        min(len(phones) / _LONGEST_WORD, 1.0),
                    )
                )
                word_index.append(word)
        pause(phrase_type, (number + 1) / len(phrases))
    return LinguisticFeatures(
        categories=np.array(categories, np.int64),
        positions=np.array(positions, np.float32),
        phonemes=tuple(PHONEMES[row[0]] for row in categories),
        word_index=np.array(word_index, np.int64),
    )


def _phrases(words: Sequence[Sequence[Phone]], marks: Sequence[str]) -> list[tuple[list[int], int]]:
    """Runs of speakable words between breaking marks, each with the type of the mark that ends
    it.
    """
    phrases: list[tuple[list[int], int]] = []
    members: list[int] = []
    for word, mark in enumerate(marks):
        if words[word]:
            members.append(word)
        if mark in BREAKING and members:
            phrases.append((members, _PHRASE_TYPE_OF[mark]))
            members = []
    if members:
        phrases.append((members, _PHRASE_TYPE_OF["."]))
    assert phrases, "a sentence has at least one word with a pronunciation"
    return phrases


def _word_position(place: int, length: int) -> int:
    if length == 1:
        return WORD_POSITIONS.index("single")
    return WORD_POSITIONS.index(
        "begin" if place == 0 else "end" if place == length - 1 else "middle"
    )
