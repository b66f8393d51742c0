"""IPA as a person writes it, to the phones of the voice; and whole texts of it."""

from __future__ import annotations

import re
from functools import lru_cache

from vocoder.errors import TextError
from vocoder.text.inventory import PRIMARY, SECONDARY, VOWELS, spell
from vocoder.text.phonemes import NO_STRESS, PRIMARY_STRESS, SECONDARY_STRESS, Phone, Phones
from vocoder.text.script import Replaced, SaidWord, Script

LONGEST_IPA = 200  # characters of one word
_STRESSES = {PRIMARY: PRIMARY_STRESS, SECONDARY: SECONDARY_STRESS}
_HISSING = frozenset(("s", "z", "ʃ", "ʒ", "tʃ", "dʒ"))
_VOICELESS = frozenset(("p", "t", "k", "f", "θ"))
_WORD = re.compile(r"\S+")
_MARKS = ",;:.?!—"
_ENDING = ".?!"


def phones_of(ipa: str) -> Phones:
    """The phones of one word.

    Args:
        ipa: at most `LONGEST_IPA` characters. A stress mark stands before the vowel or its
            syllable; where there is none the first vowel is stressed. White space, and the marks of
            syllables and of linking, are passed over.

    Raises:
        ValueError: it is too long, has no phoneme, or has some that the voice's inventory has
            nothing for; the message completes "the IPA of ... ".
    """
    if len(ipa) > LONGEST_IPA:
        raise ValueError(f"has {len(ipa)} characters, and the limit is {LONGEST_IPA}")
    phones: list[Phone] = []
    stress = NO_STRESS if any(mark in ipa for mark in _STRESSES) else PRIMARY_STRESS
    for part in re.split(f"([{PRIMARY}{SECONDARY}])", re.sub(r"[\s.‿]", "", ipa)):
        if part in _STRESSES:
            stress = _STRESSES[part]
            continue
        symbols, unknown = spell(part)
        if unknown:
            raise ValueError(
                f"has {', '.join(map(ascii_or_itself, dict.fromkeys(unknown)))}, which the voice "
                f"has no phoneme for"
            )
        for symbol in symbols:
            phones.append(_phone(symbol, stress if symbol in VOWELS else NO_STRESS))
            stress = NO_STRESS if symbol in VOWELS else stress
    if not phones:
        raise ValueError("has no phoneme")
    return tuple(phones)


@lru_cache(maxsize=512)
def _phone(symbol: str, stress: int) -> Phone:
    """One object for all: a large lexicon has each of them thousands of times."""
    return Phone(symbol=symbol, stress=stress)


def ascii_or_itself(character: str) -> str:
    """A character as errors quote it: as it is where it can be printed."""
    return repr(character) if character.isprintable() else ascii(character)


def possessive(phones: Phones) -> Phones:
    """The same word with 's."""
    last = phones[-1].symbol
    symbols = ("ᵻ", "z") if last in _HISSING else ("s",) if last in _VOICELESS else ("z",)
    return (*phones, *(Phone(symbol=symbol, stress=NO_STRESS) for symbol in symbols))


def read_ipa(text: str) -> Script:
    """A text of phonemes (`vocoder.text.speech_input.Ipa`).

    Raises:
        TextError: field "phonemes"; it names the word that is at fault.
    """
    replaced: list[Replaced] = []
    bounds: list[int] = []
    for found in _WORD.finditer(text):
        ipa = found.group().rstrip(_MARKS)
        marks = found.group()[len(ipa) :]
        if ipa:
            try:
                phones = phones_of(ipa)
            except ValueError as error:
                raise TextError(
                    f"phonemes: word {len(replaced) + 1} of them, {_shown(ipa)}, {error}",
                    field="phonemes",
                ) from error
            end = found.start() + len(ipa)
            replaced.append(
                Replaced(
                    start=found.start(),
                    end=end,
                    words=(SaidWord(text=_plain(ipa), phones=phones),),
                    size=len(ipa),
                )
            )
        if any(mark in _ENDING for mark in marks):
            bounds.append(found.end())
    return Script(
        text=text, origins=tuple(range(len(text))), replaced=tuple(replaced), bounds=tuple(bounds)
    )


def _plain(ipa: str) -> str:
    """A word of IPA without the marks of syllables, which would be taken for those of a
    sentence.
    """
    return ipa.replace(".", "")


def _shown(ipa: str) -> str:
    shown = ipa if len(ipa) <= 40 else ipa[:37] + "..."
    return ascii_or_itself(shown)
