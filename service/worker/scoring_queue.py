"""Recordings that are being scored, a slice at a time, in the gaps that the live streams leave. No
clock of its own, no threads.

A slice is taken while no stream has anything to do. Where streams have, they and slices take turns
as long as every one of their listeners has enough to play until well after the slice; else the
streams alone go on. So a score takes as long as it takes, and no stream is late for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.protocol.queries import ScoreResult
from service.settings import ServiceSettings

if TYPE_CHECKING:  # which need torch, and are only handed through
    from vocoder.synthesis.score import Scoring
    from vocoder.synthesis.voice import Voice

_FIRST_GUESS_SECONDS = 0.1  # of a slice, until one has been taken
_FORGETS = 0.8  # what is kept of the longest slice with each that is shorter


class ScoringQueue:
    """The row of recordings, oldest first.

    Args:
        settings: of the service.
        clock: seconds that do not go back.
    """

    def __init__(self, settings: ServiceSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._queue: dict[int, tuple[Voice, Scoring]] = {}
        self._slice_seconds = _FIRST_GUESS_SECONDS
        self._after_step = True

    def add(self, number: int, voice: Voice, scoring: Scoring) -> None:
        """One more recording, by its question's number."""
        self._queue[number] = (voice, scoring)

    def remove(self, number: int) -> None:
        """Nobody waits for it any more; one that is not known is no error."""
        self._queue.pop(number, None)

    def next(self, *, idle: bool, slack: float) -> int | None:
        """Whose slice is to be taken now; None where there is none, or it is the streams' turn.

        Args:
            idle: no stream has anything to do.
            slack: seconds until the first of their listeners has nothing left to play.
        """
        if not self._queue:
            return None
        needed = 2 * (self._slice_seconds + self._settings.turn_seconds)
        if idle or (self._after_step and slack > needed):
            self._after_step = False
            return next(iter(self._queue))
        self._after_step = True
        return None

    def advance(self, number: int) -> ScoreResult | None:
        """Takes a slice; gives the score where it was the last one. Without effect where it has
        been removed.
        """
        case = self._queue.get(number)
        if case is None:
            return None
        voice, scoring = case
        begun = self._clock()
        scoring.advance()
        self._slice_seconds = max(_FORGETS * self._slice_seconds, self._clock() - begun)
        if not scoring.finished:
            return None
        score = scoring.result()
        return ScoreResult(
            voice=voice.manifest.name,
            release=voice.manifest.release,
            sample_rate=voice.sample_rate,
            num_samples=score.num_samples,
            seconds=score.num_samples / voice.sample_rate,
            log_likelihood=score.log_likelihood,
            bits=score.bits,
            bits_per_sample=score.bits_per_sample,
            hop_length=voice.manifest.audio.hop_length,
            bits_per_frame=tuple(score.bits_per_frame.tolist()),
        )
