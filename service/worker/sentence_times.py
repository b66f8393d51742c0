"""Which sentences of a stream have begun, with what is heard when, until the sound in which they
begin is sent.

Sentences are told with their sound: of a long text no more than one is known at a time, and a
worker that takes a stream over tells none twice and leaves none out, because it knows which sound
has arrived.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from vocoder.synthesis.timeline import TimedSentence

if TYPE_CHECKING:  # which needs torch, and is only looked at
    from vocoder.synthesis.utterance import Utterance


class SentenceTimes:
    """Of one stream.

    Args:
        hop_length: samples of a frame.
        first_sample: of the stream that is wanted: sentences that begin before it have been told.
    """

    def __init__(self, *, hop_length: int, first_sample: int) -> None:
        self._hop = hop_length
        self._first_sample = first_sample
        self._noted = -1  # number of the passage that was noted last
        self._waiting: deque[TimedSentence] = deque()

    def note(self, utterance: Utterance) -> None:
        """What is being spoken now; before every job."""
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
