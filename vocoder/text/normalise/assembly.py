"""Readings to the final text: words separated by single spaces, each with at most one mark behind
it.

Words are lower case; a single upper-case letter is the name of that letter. That tells the letter
"A" from the article "a". Where only the context tells them apart (a written "A" before a word: "A
dog", "vitamin A helps"), `UNSURE_A` stands for it until its neighbours are known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vocoder.text.normalise.abbreviation_names import BEFORE_NUMBER, PLAIN
from vocoder.text.normalise.greek import GREEK
from vocoder.text.normalise.romans import small_numeral, small_numeral_behind_stop
from vocoder.text.normalise.word_lists import listed

UNSURE_A = "A*"
_TIED = "A+"  # a letter that is tied to the next word
MARKS = ",:;—.!?"  # weakest first: of several marks in one place the strongest is kept
_WHOLE = PLAIN | GREEK
_TOKEN = re.compile(rf"[{MARKS}]|[^\s{MARKS}]+")
# Words that no article stands before: "A is for apple", "A plus", "A to Z".
_NO_NOUNS = listed(
    "is was are has and or to plus minus equals in on of for at with as squared cubed"
)
_LETTER = re.compile(r"[A-Z](?:'s)?")


@dataclass(frozen=True, kw_only=True)
class AssembledWord:
    """A word of the final text.

    Attributes:
        text: the word.
        mark: behind it; "" for none.
        source: what it was read from: the first of the readings, and the last; mostly the same.
    """

    text: str
    mark: str
    source: tuple[int, int]


def assemble(spoken: Iterable[str], listed: frozenset[str] = frozenset()) -> list[AssembledWord]:
    """Puts readings together.

    Args:
        spoken: of each reading, words and marks in order, separated by spaces; "" is nothing.
        listed: words that stay as they are.
    """
    words: list[str] = []
    marks: list[str] = []
    sources: list[tuple[int, int]] = []
    for number, reading in enumerate(spoken):
        for token in _TOKEN.findall(reading):
            if token in MARKS:
                if words and (not marks[-1] or MARKS.index(token) > MARKS.index(marks[-1])):
                    marks[-1] = token
                continue
            for word in [token] if token in listed else _final(token):
                if word == "al" and words and words[-1] == "et" and not marks[-1]:
                    words[-1:] = ["and", "others"]
                elif (
                    words
                    and marks[-1] == "."
                    and (numeral := small_numeral_behind_stop(word, words[-1]))
                ):
                    words[-1], marks[-1] = BEFORE_NUMBER[words[-1]], ""
                    words.append(numeral)
                elif words and not marks[-1] and (numeral := small_numeral(word, words[-1])):
                    words.append(numeral)
                else:
                    words.append(word)
                marks.append("")
                sources.append((number, number))
    return _settle_a(
        [
            AssembledWord(text=word, mark=mark, source=source)
            for word, mark, source in zip(words, marks, sources, strict=True)
        ]
    )


def _final(token: str) -> list[str]:
    """A word as it stays: lower case unless it is one letter's name, without marks that its letters
    cannot carry, no abbreviation and no Greek letter (so it may become several).

    Whichever rule a word comes from, this is done to it here, so that a text that has been read
    holds nothing that would be read otherwise another time.
    """
    if token == UNSURE_A or _LETTER.fullmatch(token):
        return [token]
    word = plain_marks(unicodedata.normalize("NFKC", token.lower()))
    if word in _WHOLE:
        return _WHOLE[word].split()
    if "-" in word:
        word = "-".join(_WHOLE.get(part, part).replace(" ", "-") for part in word.split("-"))
    return [word] if any(character.isalpha() for character in word) else []


def plain_marks(text: str) -> str:
    """Text without the combining marks that did not become part of a letter, where that letter is
    Latin; orphans go too.

    Other scripts (Devanagari, Thai, Arabic) write vowels with such marks, so they stay.
    """
    if text.isascii():
        return text
    kept: list[str] = []
    base = ""
    for character in text:
        if unicodedata.category(character).startswith("M"):
            if not base.isalpha() or unicodedata.name(base, "").startswith("LATIN"):
                continue
        else:
            base = character
        kept.append(character)
    return "".join(kept)


def _settle_a(words: list[AssembledWord]) -> list[AssembledWord]:
    """Decides what each A is, so that reading the result again decides the same.

    At the start of a clause an A before a word is the article, unless the word cannot follow one;
    so the letter's name is tied to the word there ("A4 paper" -> "a-four paper"), which is read as
    the letter too. Before another letter, or before a mark, it is the letter; so it is behind a
    word ("vitamin A").
    """
    settled: list[AssembledWord] = []
    for number, word in enumerate(words):
        if settled and settled[-1].text == _TIED:
            settled[-1] = AssembledWord(
                text=f"a-{word.text}",
                mark=word.mark,
                source=(settled[-1].source[0], word.source[1]),
            )
            continue
        following = words[number + 1].text if number + 1 < len(words) else None
        starts = not settled or settled[-1].mark != ""
        before_word = (
            not word.mark
            and following is not None
            and following != UNSURE_A
            and not _LETTER.fullmatch(following)
        )
        article = starts and before_word and following not in _NO_NOUNS
        text = (
            ("a" if article else "A")
            if word.text == UNSURE_A
            else _TIED
            if word.text == "A" and article
            else word.text
        )
        settled.append(replace(word, text=text))
    return settled
