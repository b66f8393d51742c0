"""Chooses the streams of the next batch step. It decides only: no tensors, no threads, and callers
pass the time.

A stream's deadline is the moment its listener runs out of audio. Until the first audio, that is
some time after admission. From then on the listener plays in real time, so the deadline is when
playing began plus the length of what was delivered (not generated: spectral correction delays
audio). The nearest deadline goes first. Streams of the same voice share a batch step, because an
engine advances several at less than the sum of their costs.

    listening since        delivered so far         deadline
    |======================|  ...                     = origin + made / sample_rate

Background streams have no listener and no deadline. They get batch steps of their own while no
other stream needs one.

A stream pauses while its reader leaves too much audio untaken. When the reader takes some, its
clock starts again there: a reader who comes back after a minute is not owed a minute of audio
before everyone else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from service.protocol.capacity import Capacity
from service.settings import ServiceSettings

_LEAST_SHARE_SECONDS = (
    0.01  # of sound for each stream of a batch step: less would be spent on the step itself
)
# Of sound for each stream of a batch step, on an engine that works by itself: its host spends
# half a millisecond on a chunk, however long it is. So listeners in real time, of whom
# half share a batch step, take 800 chunks a second, be they hundreds or a thousand
# (`benchmarks/host.py`).
_SHARE_SECONDS_PER_STREAM = 0.0025


@dataclass(frozen=True, kw_only=True)
class BatchStep:
    """One call of the engine.

    Attributes:
        voice: whose engine.
        shares: stream and the most samples to make for it, nearest deadline first.
    """

    voice: str
    shares: tuple[tuple[int, int], ...]


@dataclass(kw_only=True)
class _ScheduledStream:
    voice: str
    sample_rate: int
    num_samples: float
    origin: float  # when sample 0 is heard
    heard: bool  # whether the listener has something already
    background: bool
    made: int = 0
    taken: int = 0
    begun: bool = False  # it is in a batch step now

    @property
    def deadline(self) -> float:
        return self.origin + self.made / self.sample_rate

    @property
    def waiting_seconds(self) -> float:
        return (self.made - self.taken) / self.sample_rate


class Scheduler:
    """The live streams, by number, and which are next. Times are seconds on any clock that does
    not go back.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._tracks: dict[int, _ScheduledStream] = {}

    def add(
        self,
        stream: int,
        *,
        voice: str,
        sample_rate: int,
        num_samples: int | None,
        now: float,
        patience: float = 0.0,
        waiting: int = 0,
        background: bool = False,
    ) -> None:
        """A new stream.

        Args:
            stream: its number.
            voice: who speaks it.
            sample_rate: Hz.
            num_samples: that are to be delivered, at least 1, beside those that wait already; None
                if unknown: it is then scheduled until it is removed.
            now: seconds.
            patience: seconds until its first sound is due.
            waiting: samples that an earlier worker has delivered and nobody has taken yet; with
                them, its listener has begun already.
            background: whether nobody listens.
        """
        assert stream not in self._tracks
        length = math.inf if num_samples is None else num_samples + waiting
        self._tracks[stream] = _ScheduledStream(
            voice=voice,
            sample_rate=sample_rate,
            num_samples=length,
            origin=now + patience,
            heard=waiting > 0,
            background=background,
            made=waiting,
        )

    def remove(self, stream: int) -> None:
        """Schedules the stream no more. One that was removed before is no error."""
        self._tracks.pop(stream, None)

    def made(self, stream: int, num_samples: int, now: float) -> None:
        """So many samples more are ready to be taken."""
        track = self._tracks[stream]
        if not track.heard and num_samples > 0:
            track.origin, track.heard = now, True
        track.made += num_samples

    def taken(self, stream: int, num_samples: int, now: float) -> None:
        """The reader has taken so many samples more. A stream that is not known is no error: its
        reader may take what is left.
        """
        track = self._tracks.get(stream)
        if track is None:
            return
        was_paused = not self._has_room(track)
        track.taken += num_samples
        if was_paused:
            track.origin = max(track.origin, now - track.taken / track.sample_rate)

    def deadline(self, stream: int) -> float:
        """When the stream's listener has nothing left to play."""
        return self._tracks[stream].deadline

    def began(self, step: BatchStep) -> None:
        """A batch step has begun: its streams are in no other until it has ended."""
        for stream, _ in step.shares:
            self._tracks[stream].begun = True

    def ended(self, step: BatchStep) -> None:
        """A batch step is over, whatever came of it. Streams that were removed meanwhile are no
        error.
        """
        for stream, _ in step.shares:
            if stream in self._tracks:
                self._tracks[stream].begun = False

    def next_step(self, capacity: Capacity | None = None, *, at_once: int = 1) -> BatchStep | None:
        """The next batch step; None while every stream is finished, paused, or in one.

        Args:
            capacity: if known, no batch step takes much longer than `turn_seconds`.
            at_once: at least 1, batch steps under way at the same time. Each then has at most its
                share of the streams, so that there is another. On such an engine a step takes as
                long as its chunks, and its host as long as there are chunks.
        """
        able = [
            (track, stream)
            for stream, track in self._tracks.items()
            if track.made < track.num_samples and self._has_room(track) and not track.begun
        ]
        live = [(track.deadline, stream) for track, stream in able if not track.background]
        ready = sorted(live or [(track.deadline, stream) for track, stream in able])
        if not ready:
            return None
        voice = self._tracks[ready[0][1]].voice
        waiting = [stream for _, stream in ready if self._tracks[stream].voice == voice]
        share = -(-(len(waiting) + sum(track.begun for track in self._tracks.values())) // at_once)
        chosen = waiting[: min(share, self._settings.batch_size)]
        # The first sound of a new stream must not wait for long chunks of the others, nor its
        # second while it has little to play: the shortest chunk counts for all.
        is_new = bool(live) and any(
            self._made_seconds(stream) < self._settings.chunk for stream in chosen
        )
        seconds = self._settings.first_chunk_seconds if is_new else self._settings.chunk
        if capacity is not None:
            fair = (
                capacity.samples_per_second(len(chosen))
                * self._settings.turn_seconds
                / len(chosen)
                / self._tracks[chosen[0]].sample_rate
            )
            seconds = min(seconds, max(fair, _LEAST_SHARE_SECONDS))
        if at_once > 1:
            seconds = max(
                seconds, min(len(chosen) * _SHARE_SECONDS_PER_STREAM, self._settings.chunk)
            )
        return BatchStep(
            voice=voice,
            shares=tuple(
                (stream, max(1, round(seconds * self._tracks[stream].sample_rate)))
                for stream in chosen
            ),
        )

    def slack(self, now: float) -> float:
        """Seconds until the first listener of a stream that has something to do has nothing left to
        play; negative where one waits, infinite without any.

        A paused stream does not count: it has sound for as long as its reader's buffer lasts.
        """
        ready = (
            track
            for track in self._tracks.values()
            if track.made < track.num_samples and self._has_room(track)
        )
        return min(
            (track.deadline - now for track in ready if not track.background), default=math.inf
        )

    def lateness(self, stream: int, now: float) -> float:
        """By how many seconds the stream's next sound is late; 0 before its first, and while its
        listener has something to play, or there is none.
        """
        track = self._tracks[stream]
        return max(0.0, now - track.deadline) if track.heard and not track.background else 0.0

    def _made_seconds(self, stream: int) -> float:
        return self._tracks[stream].made / self._tracks[stream].sample_rate

    def _has_room(self, track: _ScheduledStream) -> bool:
        return track.waiting_seconds + self._settings.chunk <= self._settings.buffer_seconds + 1e-9
