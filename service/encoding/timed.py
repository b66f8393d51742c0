"""Sound and its times together: lines of JSON (NDJSON), each ahead of the sound that it tells of.

    start                                              what is spoken, and how long it is
    sentence, mark, word, phoneme ... audio            what begins within the next piece of sound,
                                                       then that piece
    sentence, mark, word, phoneme ... audio
    end

Pieces are of one length, however the sound arrives: so the same answer is the same bytes.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.audio.resample import resampled_length
from vocoder.synthesis.timeline import Event, TimedSentence, event_line

MEDIA_TYPE = "application/x-ndjson"
_PIECE_SECONDS = 0.04  # of sound in a line: as soon as a stream's first sound is made


class TimingEvents:
    """The events of a stream, handed out as their time comes.

    Args:
        begun: gives the sentences that begin in what has been fed, each once, in order, in samples
            of the source.
        source_rate: Hz, of the source.
        rate: Hz, of the samples that events count; None: the source's.
    """

    def __init__(
        self,
        begun: Callable[[], Iterable[TimedSentence]],
        *,
        source_rate: int,
        rate: int | None = None,
    ) -> None:
        self._new_sentences = begun
        self._source_rate = source_rate
        self._rate = source_rate if rate is None else rate
        self._sentences = 0
        self._waiting: deque[tuple[int, Event]] = deque()

    def before(self, sample: int) -> Iterator[Event]:
        """Those that begin before a sample, counted as events count, and have not been handed
        out.
        """
        self._hear()
        while self._waiting and self._waiting[0][0] < sample:
            yield self._waiting.popleft()[1]

    def before_source(self, sample: int) -> Iterator[Event]:
        """The same, before a sample of the source."""
        yield from self.before(resampled_length(sample, self._source_rate, self._rate))

    def rest(self) -> Iterator[Event]:
        """Those that have not been handed out: what is at the very end."""
        self._hear()
        while self._waiting:
            yield self._waiting.popleft()[1]

    def _hear(self) -> None:
        for sentence in self._new_sentences():
            self._waiting.extend(
                sentence.at(self._rate, source_rate=self._source_rate).events(self._sentences)
            )
            self._sentences += 1


class TimedEncoder:
    """Lines of JSON: sound as 16 bits, little-endian, in base64, and what is heard in it.

    Args:
        telling: what is heard when, in samples of the rate that is fed.
        start: what the first line says beside its type.
        rate: Hz, of what is fed.
    """

    def __init__(self, timing: TimingEvents, start: Mapping[str, object], *, rate: int) -> None:
        self._start = start
        self._timing = timing
        self._piece_bytes = BYTES_PER_SAMPLE * round(_PIECE_SECONDS * rate)
        self._waiting = bytearray()  # less than a piece
        self._position = 0  # the first sample that has not been sent

    def head(self) -> bytes:
        """The first line."""
        return _line({"type": "start", **self._start})

    def encode(self, pcm: bytes) -> bytes:
        """The lines that these samples complete."""
        self._waiting += pcm
        whole = len(self._waiting) // self._piece_bytes * self._piece_bytes
        lines = b"".join(
            self._audio(bytes(self._waiting[at : at + self._piece_bytes]))
            for at in range(0, whole, self._piece_bytes)
        )
        del self._waiting[:whole]
        return lines

    def finish(self) -> bytes:
        """The last sound, and the line that says that it was the last."""
        rest = self._audio(bytes(self._waiting)) if self._waiting else b""
        rest += b"".join(map(_line, self._timing.rest()))
        return rest + _line({"type": "end", "num_samples": self._position})

    def _audio(self, pcm: bytes) -> bytes:
        start, self._position = self._position, self._position + len(pcm) // BYTES_PER_SAMPLE
        events = b"".join(map(_line, self._timing.before(self._position)))
        return events + _line(
            {"type": "audio", "start_sample": start, "data": base64.b64encode(pcm).decode()}
        )


def _line(event: Mapping[str, object]) -> bytes:
    return event_line(event).encode()
