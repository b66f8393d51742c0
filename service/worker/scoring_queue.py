"""Recordings that are being scored, a slice at a time, between the batch steps of live streams.

A slice runs while no stream needs a batch step. Otherwise both alternate, if every
listener has enough audio buffered until well after the slice; if not, only the streams continue. So
no stream is late because of a score.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from service.protocol.queries import ScoreResult
from service.settings import ServiceSettings

if TYPE_CHECKING:  # which need torch
    from vocoder.synthesis.score import Scoring
    from vocoder.synthesis.voice import Voice

_FIRST_GUESS_SECONDS = 0.1  # of a slice, until one has been taken
_FORGETS = 0.8  # what is kept of the longest slice with each that is shorter


class ScoringQueue:
    """The recordings, oldest first.

    Args:
        settings: of the service.
        clock: monotonic seconds.
    """

    def __init__(self, settings: ServiceSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._queue: dict[int, tuple[Voice, Scoring]] = {}
        self._slice_seconds = _FIRST_GUESS_SECONDS
        self._after_step = True

    def add(self, number: int, voice: Voice, scoring: Scoring) -> None:
        """Adds a recording, by its query's number."""
        self._queue[number] = (voice, scoring)

    def remove(self, number: int) -> None:
        """Removes a recording; an unknown one is no error."""
        self._queue.pop(number, None)

    def next(self, *, idle: bool, slack: float) -> int | None:
        """Whose slice to run now; None if there is none, or streams go first.

        Args:
            idle: no stream needs a batch step.
            slack: seconds until the first listener runs out of audio.
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
