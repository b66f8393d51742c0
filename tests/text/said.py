"""How the words of a text are said, written as tests compare it."""

from __future__ import annotations

from vocoder.text import Sentence, analyse
from vocoder.text.inventory import PRIMARY, SECONDARY, VOWELS
from vocoder.text.phonemes import PRIMARY_STRESS, SECONDARY_STRESS

_MARKS = {SECONDARY_STRESS: SECONDARY, PRIMARY_STRESS: PRIMARY}
_MOST_ONSET = 3  # consonants before which a syllable's mark may stand


def phonemes_of(text: str, word: str) -> list[list[str]]:
    """The forms of each place where a word of a text is said, or what was written so.

    Forms: with a stress mark before each stressed vowel, without marks, and with the marks before
    one, two or three consonants of the syllable.
    """
    return [
        _forms(sentence, number)
        for sentence in analyse(text).sentences
        for number, spoken in enumerate(sentence.words)
        if word in (spoken.lower(), _written(sentence, number))
    ]


def _written(sentence: Sentence, number: int) -> str:
    place = sentence.places[number]
    return "" if place is None else sentence.text[slice(*place)].lower()


def _forms(sentence: Sentence, number: int) -> list[str]:
    features = sentence.features
    own = [place for place, owner in enumerate(features.word_index.tolist()) if owner == number]
    symbols = [features.phonemes[place] for place in own]
    stresses = [_MARKS.get(int(features.categories[place, 1]), "") for place in own]
    return [
        "".join(symbols),
        *(_marked(symbols, stresses, onset) for onset in range(_MOST_ONSET + 1)),
    ]


def _marked(symbols: list[str], stresses: list[str], onset: int) -> str:
    """Stress marks that stand before so many consonants, or all that are there."""
    marks: dict[int, str] = {}
    for place, mark in enumerate(stresses):
        if mark:
            first = place
            while first > max(0, place - onset) and symbols[first - 1] not in VOWELS:
                first -= 1
            marks[first] = mark
    return "".join(marks.get(place, "") + symbol for place, symbol in enumerate(symbols))
