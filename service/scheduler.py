"""Who is next: decisions only. No tensors, no threads, and no clock of its own (whoever calls says what time it is).

Every stream has a deadline, the moment its listener's buffer runs dry. The listener is taken to play in real time from the moment the
first sound was there; so the deadline is that moment plus the length of what has been made. Nearest deadline first; streams of the same
voice share the turn, for an engine moves several at less than the sum of their costs.

    listening since        made so far              deadline
    |======================|  ...                     = origin + made / sample_rate

A stream whose sound waits untaken up to the limit has no turn until its reader takes some: it pauses itself and nobody else. While it was
paused nobody was listening, so its clock starts again at what the reader has taken: a reader that comes back after a minute is not owed a
minute of sound before everyone else's.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One call of the engine.

    Attributes:
        voice: whose engine.
        shares: stream and the most samples to make for it, nearest deadline first.
    """

    voice: str
    shares: tuple[tuple[int, int], ...]


@dataclass(kw_only=True)
class _Track:
    voice: str
    sample_rate: int
    num_samples: int
    origin: float  # when sample 0 is heard
    made: int = 0
    taken: int = 0

    @property
    def deadline(self) -> float:
        return self.origin + self.made / self.sample_rate

    @property
    def waiting_seconds(self) -> float:
        return (self.made - self.taken) / self.sample_rate


class Scheduler:
    """The live streams, by number, and whose turn it is. Times are seconds on any clock that does not go back."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._tracks: dict[int, _Track] = {}

    def add(self, stream: int, *, voice: str, sample_rate: int, num_samples: int, now: float) -> None:
        """A new stream; its first sound is due at once."""
        assert stream not in self._tracks
        self._tracks[stream] = _Track(voice=voice, sample_rate=sample_rate, num_samples=num_samples, origin=now)

    def remove(self, stream: int) -> None:
        """The stream has no further turn. One that is not known, because it has been removed before, is no error."""
        self._tracks.pop(stream, None)

    def made(self, stream: int, num_samples: int, now: float) -> None:
        """So many samples more are ready to be taken."""
        track = self._tracks[stream]
        if track.made == 0:
            track.origin = now
        track.made += num_samples

    def taken(self, stream: int, num_samples: int, now: float) -> None:
        """The reader has taken so many samples more. A stream that is not known is no error: its reader may take what is left."""
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

    def next_turn(self) -> Turn | None:
        """What to do next; None while every stream is finished or paused."""
        ready = [(track.deadline, stream) for stream, track in self._tracks.items() if track.made < track.num_samples and self._has_room(track)]
        if not ready:
            return None
        ready.sort()
        voice = self._tracks[ready[0][1]].voice
        chosen = [stream for _, stream in ready if self._tracks[stream].voice == voice][: self._settings.streams_per_turn]
        # The first sound of a new stream must not wait for long chunks of its company, nor its second while it has little to play: the
        # shortest chunk counts for all.
        is_new = any(self._made_seconds(stream) < self._settings.chunk_seconds for stream in chosen)
        seconds = self._settings.first_chunk_seconds if is_new else self._settings.chunk_seconds
        return Turn(voice=voice, shares=tuple((stream, max(1, round(seconds * self._tracks[stream].sample_rate))) for stream in chosen))

    def seconds_until_room(self) -> float:
        """When it is worth asking for room: once the shortest of what is left could have been heard; 1 second where nothing is known."""
        left = [(track.num_samples - track.made) / track.sample_rate for track in self._tracks.values()]
        return max(1.0, min(left, default=1.0))

    def _made_seconds(self, stream: int) -> float:
        return self._tracks[stream].made / self._tracks[stream].sample_rate

    def _has_room(self, track: _Track) -> bool:
        return track.waiting_seconds + self._settings.chunk_seconds <= self._settings.buffer_seconds + 1e-9
