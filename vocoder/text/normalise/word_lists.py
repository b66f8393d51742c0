"""Lists of words, written as text."""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    """The words of a text, in which white space is all that separates them."""
    return frozenset(words.split())
