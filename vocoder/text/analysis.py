"""Text to linguistic features: clean, split into sentences, normalise, pronounce.

    text -> clean text -> sentences -> words and marks -> phones with stress -> LinguisticFeatures

Any Unicode goes in. What cannot be spoken is left out and reported; nothing is guessed silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from vocoder.text.cleaning import Cleaned, clean
from vocoder.text.delivery import Delivery
from vocoder.text.features import BREAKING, LinguisticFeatures, build_features
from vocoder.text.lexicon import Lexicon, LexiconPhonemiser
from vocoder.text.normalise import normalise
from vocoder.text.phonemes import EspeakPhonemiser, Phonemiser
from vocoder.text.pronunciation import capitals_of, pronounce
from vocoder.text.question_intonation import rises
from vocoder.text.script import IgnoredMarkup, Mark
from vocoder.text.sentences import split_sentences

_STRONGEST = "?!.;:—,"  # of several marks behind a word the first of these is heard
_RUN = re.compile(r"\S+")
BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
assert frozenset(_STRONGEST) == BREAKING


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Something that could not be spoken."""

    text: str  # printable: control characters and the like are written as "U+0000"
    # index in the text that was given; of the sentence it is in, where normalisation has changed it
    # beyond recognition
    start: int
    reason: str  # completes the sentence "it ..."


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence, ready for the acoustic model."""

    text: str  # as it was written, but clean
    start: int  # index of its first character in the text that was given
    end: int  # and of the one behind its last
    words: tuple[str, ...]  # as they are spoken, without marks; `features.word_index` counts them
    # of each word in `text`, first character and the one behind the last: "$5" is that of two;
    # None: not known exactly
    places: tuple[tuple[int, int] | None, ...]
    origins: tuple[int, ...]  # of each character of `text` the index in the text that was given
    ends_paragraph: bool  # whether a blank line follows, and more text
    rises: bool  # whether its pitch goes up at the end, as that of a question does
    features: LinguisticFeatures
    rules: tuple[
        str, ...
    ] = ()  # of each word which rule of the normaliser read it: "money", "word"; "" where none did
    told: tuple[
        str, ...
        # of each word what told how it is said: "" for the phonemiser
        # (`vocoder.text.pronunciation.pronounce`)
    ] = ()
    delivery: Delivery | None = None  # how its author wants it spoken; None: as it stands


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A text, taken apart. `sentences` is empty when nothing in it can be spoken."""

    sentences: tuple[Sentence, ...]
    skipped: tuple[Skipped, ...]  # in the order of `start`
    ignored: tuple[IgnoredMarkup, ...] = ()  # likewise


def analyse(text: str, *, language: str = "en-us", lexicon: Lexicon | None = None) -> Analysis:
    """Takes a text apart.

    Args:
        text: any string.
        language: espeak-ng's name of the language spoken. Normalisation (numbers, abbreviations) is
            English in any case.
        lexicon: words that are said as it says.

    Returns:
        its sentences, and what was skipped with the reason. An empty result is no error here.

    Raises:
        InputError: there is no such language (field "language").
    """
    return analysis_of(Analyser(text, language=language, lexicon=lexicon))


def analysis_of(analyser: SentenceSource) -> Analysis:
    """All that an analyser has."""
    skipped = list(analyser.removed)
    sentences: list[Sentence] = []
    for number in range(len(analyser)):
        sentence, silent = analyser.sentence(number)
        skipped.extend(silent)
        if sentence is not None:
            sentences.append(sentence)
    return Analysis(sentences=tuple(sentences), skipped=in_order(skipped), ignored=analyser.ignored)


def in_order(skipped: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """Sorted by place."""
    return tuple(sorted(skipped, key=lambda one: one.start))


class SentenceSource(Protocol):
    """A text that is taken apart a sentence at a time: `Analyser`, and
    `vocoder.text.directed.ScriptAnalyser`.
    """

    @property
    def removed(self) -> tuple[Skipped, ...]:
        """What cleaning has taken out of the whole text."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Places in the whole text that its author has given names, in order."""

    @property
    def ignored(self) -> tuple[IgnoredMarkup, ...]:
        """Markup of the whole text that was passed over, in order."""

    def __len__(self) -> int:
        """How many sentences there are, those included in which nothing can be spoken."""

    def sentence(self, number: int) -> tuple[Sentence | None, tuple[Skipped, ...]]:
        """A sentence, None where nothing in it can be spoken; and what in it cannot."""


class Analyser:
    """Takes a text apart a sentence at a time, for texts of which not all is wanted at once.

    Cleaning and splitting, a fiftieth of the work, are done beforehand: so `len` is known, and a
    sentence can be had without those before it.

    Args:
        text: any string.
        language: as `analyse`.
        lexicon: as `analyse`.
        phonemiser: pronounces all other words; None: espeak-ng.

    Attributes:
        removed: what cleaning has taken out of the whole text.
        marks, ignored: none: a plain text has none.

    Raises:
        InputError: as `analyse`.
    """

    def __init__(
        self,
        text: str,
        *,
        language: str = "en-us",
        lexicon: Lexicon | None = None,
        phonemiser: Phonemiser | None = None,
    ) -> None:
        self._lexicon = lexicon
        self._language = language
        self._phonemiser = phonemiser or phonemiser_of(language)
        if lexicon is not None:
            self._phonemiser = LexiconPhonemiser(self._phonemiser, lexicon)
        self._cleaned = clean(text)
        self._places = split_sentences(self._cleaned.text)
        self.removed = tuple(
            Skipped(text=one.text, start=one.start, reason=one.reason)
            for one in self._cleaned.removed
        )
        self.marks: tuple[Mark, ...] = ()
        self.ignored: tuple[IgnoredMarkup, ...] = ()

    def __len__(self) -> int:
        """How many sentences there are, those included in which nothing can be spoken."""
        return len(self._places)

    def sentence(self, number: int) -> tuple[Sentence | None, tuple[Skipped, ...]]:
        """A sentence, None where nothing in it can be spoken; and what in it cannot."""
        start, end = self._places[number]
        skipped: list[Skipped] = []
        following = self._places[number + 1][0] if number + 1 < len(self._places) else end
        ends_paragraph = BLANK_LINE.search(self._cleaned.text, end, following) is not None
        sentence = _analyse_sentence(
            self._cleaned,
            start,
            end,
            self._phonemiser,
            self._lexicon,
            skipped,
            language=self._language,
            ends_paragraph=ends_paragraph,
        )
        return sentence, tuple(skipped)


@lru_cache(maxsize=8)
def phonemiser_of(language: str) -> Phonemiser:
    """One for all texts of a language. Errors as `EspeakPhonemiser`."""
    return EspeakPhonemiser(language)


def _analyse_sentence(
    cleaned: Cleaned,
    start: int,
    end: int,
    phonemiser: Phonemiser,
    lexicon: Lexicon | None,
    skipped: list[Skipped],
    *,
    language: str,
    ends_paragraph: bool,
) -> Sentence | None:
    """One sentence of clean text; what cannot be spoken is added to `skipped`. None where nothing
    is left.
    """
    written = cleaned.text[start:end]
    runs = [found.span() for found in _RUN.finditer(written)]
    joined = " ".join(written[begin:behind] for begin, behind in runs)
    normalised = normalise(joined, None if lexicon is None else lexicon.match)
    tokens = tokens_of(normalised.text)
    assert len(tokens) == len(normalised.places), "the normaliser's words are those that are spoken"
    words = [word for word, _ in tokens]
    phones, told = pronounce(
        phonemiser,
        tokens,
        capitals_of(joined, normalised.places),
        language=language,
        lexicon=lexicon,
    )
    silent = [
        (word, why_silent(word)) for word, said in zip(words, phones, strict=True) if not said
    ]
    for reports in (normalised.skipped, silent):
        skipped.extend(located(reports, cleaned, start, end))
    if not any(phones):
        return None
    return Sentence(
        text=written,
        start=cleaned.origins[start],
        end=cleaned.origins[end - 1] + 1,
        words=tuple(words),
        places=_in_written(normalised.places, runs),
        origins=cleaned.origins[start:end],
        ends_paragraph=ends_paragraph,
        rises=rises(words, tokens[-1][1]),
        features=build_features(phones, [mark for _, mark in tokens]),
        rules=normalised.rules,
        told=tuple(told),
    )


def _in_written(
    places: Sequence[tuple[int, int] | None], runs: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int] | None, ...]:
    """Places in runs joined by single spaces, as places in the text of which these are the runs
    without white space.
    """
    # the last of each stands for the space
    there = [place for begin, behind in runs for place in range(begin, behind + 1)]
    return tuple(
        None if place is None else (there[place[0]], there[place[1] - 1] + 1) for place in places
    )


def tokens_of(text: str) -> list[tuple[str, str]]:
    """Words, each with the mark behind it, "" for none."""
    tokens: list[tuple[str, str]] = []
    for token in text.split():
        word = token.rstrip(_STRONGEST)
        marks = token[len(word) :]
        if not word:  # a mark that stands alone belongs to the word before it
            if not tokens:
                continue
            word, before = tokens.pop()
            marks += before
        tokens.append((word, min(marks, key=_STRONGEST.index, default="")))
    return tokens


def why_silent(word: str) -> str:
    """The reason why a word has no phones, as `Skipped` has it."""
    foreign = any(
        character.isalpha() and not unicodedata.name(character, "").startswith("LATIN")
        for character in word
    )
    return (
        "is in a script that this language is not written in" if foreign else "has no pronunciation"
    )


def located(
    reports: Sequence[tuple[str, str]], cleaned: Cleaned, start: int, end: int
) -> list[Skipped]:
    """What was skipped in the sentence cleaned.text[start:end], with its place in the text that was
    given; reports come in the order of the text.
    """
    if not reports:
        return []
    # The reports have the forms that normalisation gives to characters: look for them among the
    # same forms.
    forms = [_form(character) for character in cleaned.text[start:end]]
    places = [place for place, form in enumerate(forms, start) for _ in form]
    sentence = "".join(forms)
    found: list[Skipped] = []
    after = 0
    for what, reason in reports:
        sought = "".join(map(_form, what))
        at = sentence.find(sought, after)
        if at >= 0:
            after = at + len(sought)
        found.append(
            Skipped(
                text=what,
                start=cleaned.origins[places[at] if at >= 0 and sought else start],
                reason=reason,
            )
        )
    return found


@lru_cache(maxsize=20_000)
def _form(character: str) -> str:
    """A character as the search for what was skipped compares it: without case, dress and marks; ""
    for what has nothing else.
    """
    plain = unicodedata.normalize("NFKD", character).casefold()
    return "".join(part for part in plain if unicodedata.category(part) not in ("Mn", "Me", "Cf"))
