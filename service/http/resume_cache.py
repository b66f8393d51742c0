"""What has been spoken lately, so that it can be picked up again: not the sound, but what makes the
same sound.

Whoever has a stream's id can have the stream; ids are random and told to nobody but the client that
asked for it.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass

from service.encoding import AudioFormat
from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SpeechOrder
from service.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class ResponseSpec:
    """An answer, as it was asked for.

    Attributes:
        order: what is said.
        audio_format: how it is sent.
        sample_rate: Hz; None leaves it to the format.
        timed: whether it is sent as lines of JSON, with its times; then the order asks for
            timestamps, and the format is pcm.
    """

    order: SpeechOrder
    audio_format: AudioFormat = "wav"
    sample_rate: int | None = None
    timed: bool = False

    def __post_init__(self) -> None:
        assert not self.timed or (self.order.timestamps and self.audio_format == "pcm")


@dataclass(frozen=True, kw_only=True)
class ResumableStream:
    """A stream that can be made again.

    Attributes:
        spec: as it was asked for, with the seed that was drawn.
        etag: of its bytes.
        num_samples: of the whole; None where that was not known.
        sample_rate: Hz, of the voice.
        snapshots: places from where it can be gone on.
    """

    spec: ResponseSpec
    etag: str
    num_samples: int | None
    sample_rate: int
    snapshots: deque[SavedStream]

    def before(self, sample: int) -> SavedStream | None:
        """The last place at or before a sample; None for the beginning."""
        return max(
            (saved for saved in self.snapshots if saved.emitted <= sample),
            key=lambda saved: saved.emitted,
            default=None,
        )


class ResumeCache:
    """Streams by their ids. Times are seconds on any clock that does not go back."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._streams: OrderedDict[str, tuple[float, ResumableStream]] = OrderedDict()

    def put(self, stream: ResumableStream, now: float) -> str:
        """Keeps a stream for some time; the oldest gives way where there are too many. Gives its
        id.
        """
        self._drop(now)
        stream_id = secrets.token_urlsafe(16)
        self._streams[stream_id] = (now, stream)
        while len(self._streams) > self._settings.resume_streams:
            self._streams.popitem(last=False)
        return stream_id

    def find(self, stream_id: str, now: float) -> ResumableStream | None:
        """A stream, which is then kept for as long again; None where there is none of this id."""
        self._drop(now)
        if stream_id not in self._streams:
            return None
        _, stream = self._streams[stream_id]
        self._streams[stream_id] = (now, stream)
        self._streams.move_to_end(stream_id)
        return stream

    def _drop(self, now: float) -> None:
        while (
            self._streams
            and now - next(iter(self._streams.values()))[0] > self._settings.resume_seconds
        ):
            self._streams.popitem(last=False)
