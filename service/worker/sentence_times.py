"""Times of a stream's sentences, kept until the audio in which each begins is sent.

A sentence is reported with its audio. So a long text keeps one in memory, and a worker that takes a
stream over reports none twice and omits none: it knows which audio has arrived.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from vocoder.synthesis.timeline import TimedSentence

if TYPE_CHECKING:  # which is only looked at
    from vocoder.synthesis.utterance import Utterance


class SentenceTimes:
    """The times of one stream.

    Args:
        hop_length: samples of a frame.
        first_sample: first wanted sample; sentences that begin before it were reported already.
    """

    def __init__(self, *, hop_length: int, first_sample: int) -> None:
        self._hop = hop_length
        self._first_sample = first_sample
        self._noted = -1  # number of the passage that was noted last
        self._waiting: deque[TimedSentence] = deque()

    def note(self, utterance: Utterance) -> None:
        """Notes the current passage; call before every job."""
        passage = utterance.passage
        if passage is None or passage.planned is None or passage.number == self._noted:
            return
        self._noted = passage.number
        if utterance.passage_start >= self._first_sample:
            self._waiting.append(
                TimedSentence.of(
                    passage.planned, start_sample=utterance.passage_start, hop_length=self._hop
                )
            )

    def before(self, sample: int) -> tuple[TimedSentence, ...]:
        """Those that begin before a sample and have not been given out."""
        begun = []
        while self._waiting and self._waiting[0].start_sample < sample:
            begun.append(self._waiting.popleft())
        return tuple(begun)
