"""Readings to the final text: words separated by single spaces, each with at most one mark behind it.

Words are lower case; a single upper-case letter is the name of that letter. That tells the letter "A" from the article "a". Where only the context tells
them apart (a written "A" before a word: "A dog", "vitamin A helps"), `UNSURE_A` stands for it until its neighbours are known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from vocoder.text.normalise.abbreviation_names import PLAIN
from vocoder.text.normalise.greek import GREEK
from vocoder.text.normalise.word_lists import listed

UNSURE_A = "A*"
_TIED = "A+"  # a letter that is tied to the next word
MARKS = ",:;—.!?"  # weakest first: of several marks in one place the strongest is kept
_WHOLE = PLAIN | GREEK
_TOKEN = re.compile(rf"[{MARKS}]|[^\s{MARKS}]+")
# Words that no article stands before: "A is for apple", "A plus", "A to Z".
_NO_NOUNS = listed("is was are has and or to plus minus equals in on of for at with as squared cubed")
_LETTER = re.compile(r"[A-Z](?:'s)?")


def assemble(spoken: Iterable[str], listed: frozenset[str] = frozenset()) -> str:
    """Puts readings together.

    Args:
        spoken: words and marks in order, separated by spaces; "" is nothing.
        listed: words that stay as they are.
    """
    words: list[str] = []
    marks: list[str] = []
    for token in _TOKEN.findall(" ".join(spoken)):
        if token in MARKS:
            if words and (not marks[-1] or MARKS.index(token) > MARKS.index(marks[-1])):
                marks[-1] = token
        else:
            for word in [token] if token in listed else _final(token):
                if word == "al" and words and words[-1] == "et" and not marks[-1]:
                    words[-1:] = ["and", "others"]
                else:
                    words.append(word)
                marks.append("")
    return " ".join(word + mark for word, mark in zip(*_settle_a(words, marks), strict=True))


def _final(token: str) -> list[str]:
    """A word as it stays: lower case unless it is one letter's name, without marks that its letters cannot carry, no abbreviation and no Greek letter
    (so it may become several).

    Whichever rule a word comes from, this is done to it here, so that a text that has been read holds nothing that would be read otherwise another time.
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
    """Text without the combining marks that did not become part of a letter, where that letter is Latin; orphans go too.

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


def _settle_a(words: list[str], marks: list[str]) -> tuple[list[str], list[str]]:
    """Decides what each A is, so that reading the result again decides the same.

    At the start of a clause an A before a word is the article, unless the word cannot follow one; so the letter's name is tied to the word there ("A4 paper" ->
    "a-four paper"), which is read as the letter too. Before another letter, or before a mark, it is the letter; so it is behind a word ("vitamin A").
    """
    settled: list[str] = []
    settled_marks: list[str] = []
    for number, (word, mark) in enumerate(zip(words, marks, strict=True)):
        if settled and settled[-1] == _TIED:
            settled[-1] = f"a-{word}"
            settled_marks[-1] = mark
            continue
        starts = not settled or settled_marks[-1] != ""
        before_word = not mark and number + 1 < len(words) and words[number + 1] != UNSURE_A and not _LETTER.fullmatch(words[number + 1])
        article = starts and before_word and words[number + 1] not in _NO_NOUNS
        settled.append(("a" if article else "A") if word == UNSURE_A else _TIED if word == "A" and article else word)
        settled_marks.append(mark)
    return settled, settled_marks
