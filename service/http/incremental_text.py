"""Text that arrives in pieces, as a language model writes it, to pieces that can be spoken: as soon
as a sentence is complete, and no sooner.

Whether a full stop ends a sentence shows in the word that follows ("Dr. Smith"), so a sentence is
complete once that word is. While nothing has been said
yet somebody waits in silence: the first sentence is spoken from its first clause on. And a sentence
that grows long is not waited for: it is spoken up to its last clause. Other clauses wait for their
sentence, as a speaker's melody spans all of it. How the text was cut when it arrived makes no
difference.
"""

from __future__ import annotations

import re

from vocoder.text.sentences import split_sentences

MOST_PENDING = 10_000  # characters of one client that may wait to be spoken
_LONG = 90  # characters of a sentence that is not waited for any more
_SHORTEST_CLAUSE = 30  # characters: shorter ones do not sound well by themselves
_CLAUSE_END = re.compile(r"[,;:—–][\"'”’)\]]*(?=\s)")
_MAY_END = re.compile(r"[^\w\s,'’-]|\n")
_WORD = re.compile(r"\S*\s|\S+")


class SentenceBuffer:
    """The text that has not been spoken yet."""

    def __init__(self) -> None:
        self._pending = ""
        self._silent = True  # since the beginning or a flush

    @property
    def pending(self) -> str:
        """What waits to be completed."""
        return self._pending

    def feed(self, text: str) -> list[str]:
        """More text; gives what can be spoken now, in order."""
        ready: list[str] = []
        for word in _WORD.findall(text):
            self._pending += word
            if word[-1].isspace():  # before a word is complete nothing can be decided by it
                ready += self._complete()
        return ready

    def flush(self) -> list[str]:
        """No more text belongs to what waits: gives all of it."""
        rest, self._pending, self._silent = self._pending, "", True
        return [rest[start:end] for start, end in split_sentences(rest)]

    def _complete(self) -> list[str]:
        enough = _SHORTEST_CLAUSE if self._silent else _LONG
        if len(self._pending) < enough and not _MAY_END.search(self._pending):
            return []  # most words: to be quick, for all text goes through here on the event loop
        sentences = split_sentences(self._pending)
        if len(sentences) > 1:
            last = sentences[-1][0]
            ready = [self._pending[start:end] for start, end in sentences[:-1]]
            self._pending, self._silent = self._pending[last:], False
            return ready
        if sentences and sentences[0][1] - sentences[0][0] >= enough:
            ends = [
                match.end()
                for match in _CLAUSE_END.finditer(self._pending, sentences[0][0] + _SHORTEST_CLAUSE)
            ]
            if ends:
                ready = [self._pending[sentences[0][0] : ends[-1]]]
                self._pending, self._silent = self._pending[ends[-1] :], False
                return ready
        return []
