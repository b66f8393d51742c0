"""Says the words of a lexicon as it says, and leaves the others to another phonemiser."""

from __future__ import annotations

from collections.abc import Sequence

from vocoder.text.lexicon.lexicon import Lexicon
from vocoder.text.phonemes import Phonemiser, Phones


class LexiconPhonemiser:
    """Another phonemiser, but for the words of a lexicon."""

    def __init__(self, base: Phonemiser, lexicon: Lexicon) -> None:
        self._base = base
        self._lexicon = lexicon

    def pronounce(self, words: Sequence[str]) -> list[Phones]:
        """See `Phonemiser.pronounce`; the words around an entry are said as they would be beside
        its usual reading.
        """
        return [
            self._lexicon.phones(word) or said
            for word, said in zip(words, self._base.pronounce(words), strict=True)
        ]
