"""The text that is being read, and what a rule answers.

A rule looks at one position of the cleaned text and either says what stands there and where it
ends, or nothing. It may look left and right for context, but only a bounded way, so that a text is
read in time proportional to its length; and it always sees what was written, never what another
rule made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_LARGE, _SMALL = re.compile("[A-Z]"), re.compile("[a-z]")
_LONG_CAPITALS = re.compile(r"[A-Z]{4}")
_SHOUTED = 0.8  # share of capitals among the letters
_FAR = 48  # characters of context that a rule may look at
_WORD_BEFORE = re.compile(r"([^\W\d_][^\W\d_'-]*)[.,]?[\s\"'(\[]*\Z")
_WORD_AFTER = re.compile(r"[\s\"'(\[]*([^\W\d_][^\W\d_'-]*)")
_CLOSERS = re.compile(r"[\s\"')\]}]*")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a rule made of the text from its position on.

    Attributes:
        spoken: words and marks, separated by spaces; "" for what is silent.
        end: index behind the last character that was read, always beyond the position asked.
        skipped: what could not be spoken, with the reason.
        listed: whether a lexicon says so: then nothing is made of the words in `spoken`.
    """

    spoken: str
    end: int
    skipped: tuple[tuple[str, str], ...] = ()
    listed: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """Cleaned text, and bounded looks around in it.

    Attributes:
        text: what `cleaning.clean` made of what was written.
        shouted: whether it is in capitals as a whole, so that capitals say nothing of single words.
    """

    text: str
    shouted: bool = False

    @classmethod
    def of(cls, text: str) -> Source:
        """Cleaned text, looked at as a whole."""
        large, small = len(_LARGE.findall(text)), len(_SMALL.findall(text))
        return cls(
            text=text,
            shouted=large >= _SHOUTED * (large + small) and len(_LONG_CAPITALS.findall(text)) >= 2,
        )

    def word_before(self, at: int) -> str:
        """The word that ends before `at`, with nothing but a full stop, a comma, spaces or opening
        marks between; "" if there is none.
        """
        found = _WORD_BEFORE.search(self.text[max(0, at - _FAR) : at])
        return found.group(1) if found else ""

    def word_after(self, at: int) -> str:
        """The word that begins at or behind `at`, with nothing but spaces or opening marks between;
        "" if there is none.
        """
        found = _WORD_AFTER.match(self.text, at, at + _FAR)
        return found.group(1) if found else ""

    def character_before(self, at: int) -> str:
        """The character just before `at`, "" at the start."""
        return self.text[at - 1 : at] if at else ""

    def character_after(self, at: int) -> str:
        """The character at `at`, "" at the end."""
        return self.text[at : at + 1]

    def ends_at(self, at: int) -> bool:
        """Whether nothing but closing marks and spaces is left from `at` on (as far as a rule may
        look).
        """
        found = _CLOSERS.match(self.text, at, at + _FAR)
        assert found is not None, "the pattern matches the empty string"
        return found.end() == len(self.text)

    def starts_token(self, at: int) -> bool:
        """Whether a token can begin at `at`: at the start, or behind a character that is neither
        letter nor digit.
        """
        return at == 0 or not self.text[at - 1].isalnum()


Rule = Callable[[Source, int], Reading | None]
