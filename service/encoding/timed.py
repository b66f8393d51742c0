"""Sound and its times together: lines of JSON (NDJSON), each ahead of the sound that it tells of.

    start                                              what is spoken, and how long it is
    sentence, mark, word, phoneme ... audio            what begins within the next piece of sound, then that piece
    sentence, mark, word, phoneme ... audio
    end

Pieces are of one length, however the sound arrives: so the same answer is the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.timeline import Event, Timeline, event_line

MEDIA_TYPE = "application/x-ndjson"
_PIECE_SECONDS = 0.04  # of sound in a line: as soon as a stream's first sound is made


class Telling:
    """The events of a timeline, handed out as their time comes.

    Args:
        timeline: in samples of what is sent.
        source_rate: Hz, of the samples that are counted here; those of the timeline where None.
    """

    def __init__(self, timeline: Timeline, *, source_rate: int | None = None) -> None:
        self._rate = timeline.sample_rate
        self._source_rate = source_rate or timeline.sample_rate
        self._events = timeline.events()
        self._next = next(self._events, None)

    def before(self, sample: int) -> Iterator[Event]:
        """Those that begin before a sample and have not been handed out."""
        while self._next is not None and self._next[0] * self._source_rate < sample * self._rate:
            yield self._next[1]
            self._next = next(self._events, None)

    def rest(self) -> Iterator[Event]:
        """Those that have not been handed out: what is at the very end."""
        while self._next is not None:
            yield self._next[1]
            self._next = next(self._events, None)


class TimedEncoder:
    """Lines of JSON: sound as 16 bits, little-endian, in base64, and what is heard in it.

    Args:
        timeline: in samples of the rate that is fed.
        start: what the first line says beside its type, the rate and the number of samples.
    """

    def __init__(self, timeline: Timeline, start: Mapping[str, object]) -> None:
        self._timeline = timeline
        self._start = start
        self._telling = Telling(timeline)
        self._piece_bytes = BYTES_PER_SAMPLE * round(_PIECE_SECONDS * timeline.sample_rate)
        self._waiting = bytearray()  # less than a piece
        self._position = 0  # the first sample that has not been sent

    def head(self) -> bytes:
        """The first line."""
        counts = {"sample_rate": self._timeline.sample_rate, "num_samples": self._timeline.num_samples, "format": "pcm"}
        return _line({"type": "start", **self._start, **counts})

    def encode(self, pcm: bytes) -> bytes:
        """The lines that these samples complete."""
        self._waiting += pcm
        whole = len(self._waiting) // self._piece_bytes * self._piece_bytes
        lines = b"".join(self._audio(bytes(self._waiting[at : at + self._piece_bytes])) for at in range(0, whole, self._piece_bytes))
        del self._waiting[:whole]
        return lines

    def finish(self) -> bytes:
        """The last sound, and the line that says that it was the last."""
        rest = self._audio(bytes(self._waiting)) if self._waiting else b""
        rest += b"".join(map(_line, self._telling.rest()))
        return rest + _line({"type": "end", "num_samples": self._position})

    def _audio(self, pcm: bytes) -> bytes:
        start, self._position = self._position, self._position + len(pcm) // BYTES_PER_SAMPLE
        events = b"".join(map(_line, self._telling.before(self._position)))
        return events + _line({"type": "audio", "start_sample": start, "data": base64.b64encode(pcm).decode()})


def _line(event: Mapping[str, object]) -> bytes:
    return event_line(event).encode()
