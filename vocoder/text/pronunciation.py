"""The phones of a sentence's words: the phonemiser's, but for homographs, for words that it says
wrongly, and for those of a lexicon.

espeak-ng reads each phrase by itself and in small letters. What it cannot know from that is decided
here: which sense of a homograph is meant (`vocoder.text.homographs`), and how some names are said
(`vocoder.text.exceptions`).
"""

from __future__ import annotations

from collections.abc import Sequence

from vocoder.text.exceptions import exception_of
from vocoder.text.homographs import Clause, said_of, sense_of
from vocoder.text.lexicon import Lexicon
from vocoder.text.phonemes import NO_STRESS, Phonemiser, Phones

_LANGUAGE = "en-us"  # what the tables are for


def pronounce(
    phonemiser: Phonemiser,
    tokens: Sequence[tuple[str, str]],
    capitals: Sequence[bool],
    *,
    language: str,
    lexicon: Lexicon | None,
) -> tuple[list[Phones], list[str]]:
    """Pronounces a sentence.

    Args:
        phonemiser: says all words, those of the lexicon included.
        tokens: words, each with the mark behind it, "" for none.
        capitals: of each word whether it was written with a capital and small letters behind it.
        language: espeak-ng's name of it.
        lexicon: whose words stay as the phonemiser has them.

    Returns:
        the phones of each word, and what told them: "" for the phonemiser, else "lexicon",
            "exception", or "homograph: " and the sense.
    """
    phones = pronounce_in_phrases(phonemiser, tokens)
    told = [""] * len(tokens)
    words = [word for word, _ in tokens]
    marks = [mark for _, mark in tokens]
    for at, word in enumerate(words):
        if lexicon is not None and lexicon.phones(word):
            told[at] = "lexicon"
        elif language != _LANGUAGE or not phones[at]:
            continue
        elif own := exception_of(word, capital=capitals[at]):
            phones[at], told[at] = own, "exception"
        elif sense := sense_of(Clause(words=words, marks=marks, capitals=capitals, at=at)):
            phones[at], told[at] = _nearest(phones[at], said_of(word, sense)), f"homograph: {sense}"
    return phones, told


def pronounce_in_phrases(phonemiser: Phonemiser, tokens: Sequence[tuple[str, str]]) -> list[Phones]:
    """The phones of each word; words see each other inside their phrase only: no sound is linked
    across a pause.
    """
    phones: list[Phones] = []
    phrase: list[str] = []
    for number, (word, mark) in enumerate(tokens):
        phrase.append(word)
        if mark or number == len(tokens) - 1:
            phones.extend(phonemiser.pronounce(phrase))
            phrase = []
    return phones


def capitals_of(written: str, places: Sequence[tuple[int, int] | None]) -> list[bool]:
    """Of each word whether it was written with a capital and small letters behind it, from where it
    stands in the text.
    """
    pieces = [
        "" if place is None else written[slice(*place)].lstrip("\"'([*_“‘") for place in places
    ]
    return [piece[:1].isupper() and not (len(piece) > 1 and piece.isupper()) for piece in pieces]


def _nearest(said: Phones, wanted: Phones) -> Phones:
    """What the phonemiser said, where it is the same but for how strong its stresses are: it knows
    the words around; else what is wanted.
    """
    symbols = [phone.symbol for phone in said]
    if symbols[-2:] == ["ɚ", "ɹ"]:
        symbols.pop()  # linked to a vowel
    same = symbols == [phone.symbol for phone in wanted] and _stressed(said) in (
        _stressed(wanted),
        -1,
    )
    return said if same else wanted


def _stressed(phones: Phones) -> int:
    """Which phone has the strongest stress, the first of several; -1 for none."""
    strongest = max(phone.stress for phone in phones)
    return (
        -1
        if strongest == NO_STRESS
        else next(place for place, phone in enumerate(phones) if phone.stress == strongest)
    )
