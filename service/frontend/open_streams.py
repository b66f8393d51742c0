"""Open streams by number, and the worker's messages about them. Callers hold the lock."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from service.frontend.live_stream import LiveStream
from service.frontend.open_stream import OpenStream, settle
from service.observability.metrics import Metrics
from service.protocol.messages import AudioChunk, Failed, Snapshot, StartStream, StreamPlanned
from service.settings import ServiceSettings
from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.errors import EngineError, SonantError

# workers that may die in a row while a stream makes no progress: it may be the stream that kills
# them
_MAX_WORKER_DEATHS = 5


class OpenStreams:
    """All open streams.

    Args:
        settings: of the service.
        metrics: in which sound and ends are counted.
        clock: seconds that do not go back.
        on_taken: told that a stream's reader has taken so many samples; on the event loop.
        on_close: told that a stream's reader will take no more; on the event loop.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        metrics: Metrics,
        *,
        clock: Callable[[], float],
        on_taken: Callable[[int, int], None],
        on_close: Callable[[int], None],
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._on_taken = on_taken
        self._on_close = on_close
        self._open: dict[int, OpenStream] = {}

    def __getitem__(self, number: int) -> OpenStream:
        return self._open[number]

    def add(self, number: int, entry: OpenStream) -> None:
        """Adds a stream."""
        self._open[number] = entry

    def get(self, number: int) -> OpenStream | None:
        """The stream; None if its reader has left."""
        return self._open.get(number)

    def remove(self, number: int) -> OpenStream | None:
        """Removes a stream whose reader has left, and returns it; None if it is unknown."""
        return self._open.pop(number, None)

    def begun(self) -> list[OpenStream]:
        """Streams with a listener that do not queue."""
        return [
            entry
            for entry in self._open.values()
            if not entry.queued and not entry.order.background
        ]

    @property
    def background(self) -> int:
        """The number of background streams."""
        return sum(entry.order.background for entry in self._open.values())

    def going(self) -> Iterator[tuple[int, OpenStream]]:
        """Those of which something is still to come, if only an error, the queued ones with
        them.
        """
        return ((number, entry) for number, entry in self._open.items() if not entry.over)

    def streams_to_start(self) -> Iterator[StartStream]:
        """All that are to be made, for a worker that begins: those first whose readers will first
        have nothing to play.
        """
        going = [(number, entry) for number, entry in self.going() if not entry.queued]
        return (
            entry.speak(number)
            for number, entry in sorted(
                going, key=lambda one: (one[1].order.background, one[1].runs_dry_at)
            )
        )

    def all_failed(self, error: SonantError) -> None:
        """Fails all of them."""
        for _, entry in self.going():
            entry.fail(error, self._metrics)

    def count_worker_death(self) -> None:
        """A worker has died: whatever was being made may be the cause; what gets no further, time
        and again, probably is.
        """
        for _, entry in self.going():
            if entry.queued or entry.is_ahead(self._settings.buffer_seconds):
                continue  # nothing was made for it
            entry.worker_deaths = (
                1 if entry.delivered > entry.delivered_at_death else entry.worker_deaths + 1
            )
            entry.delivered_at_death = entry.delivered
            if entry.worker_deaths >= _MAX_WORKER_DEATHS:
                entry.fail(
                    EngineError("the worker has died again and again while it made this stream"),
                    self._metrics,
                )

    def on_message(
        self, message: StreamPlanned | AudioChunk | Snapshot | Failed, *, default_voice: str
    ) -> bool:
        """Handles a message about a stream; returns whether it was the stream's last."""
        entry = self._open.get(message.number)
        if entry is None:
            return False  # its reader has left
        match message:
            case StreamPlanned():
                self._planned(message.number, entry, message, default_voice)
            case AudioChunk():
                self._sound(entry, message, default_voice)
                return message.last
            case Snapshot():
                entry.saved = message.saved
                if entry.stream is not None:
                    entry.stream.snapshots.append(message.saved)
            case Failed():
                entry.fail(message.failure.error(), self._metrics)
                return True
        return False

    def _planned(
        self, number: int, entry: OpenStream, message: StreamPlanned, default_voice: str
    ) -> None:
        if entry.stream is not None:
            assert message.num_samples in (None, entry.stream.num_samples), (
                "another worker plans otherwise"
            )
            return
        # whoever goes on with it must draw the same
        entry.order = dataclasses.replace(entry.order, seed=message.seed)
        nobody_listens = entry.order.background or entry.order.whole
        entry.stream = stream = LiveStream(
            seed=message.seed,
            sample_rate=message.sample_rate,
            num_samples=message.num_samples,
            first_sample=entry.first_sample,
            skipped=message.skipped,
            ignored=message.ignored,
            timed=entry.order.timestamps,
            queued_seconds=entry.queued_seconds,
            loop=entry.loop,
            on_taken=lambda num_samples: self._on_taken(number, num_samples),
            on_close=lambda: self._on_close(number),
            on_late=None if nobody_listens else self._metrics.late_send,
        )
        entry.trace.planned(
            voice=entry.order.voice or default_voice,
            sample_rate=message.sample_rate,
            num_samples=message.num_samples,
        )
        settle(entry, lambda: entry.planned.set_result(stream))

    def _sound(self, entry: OpenStream, message: AudioChunk, default_voice: str) -> None:
        assert entry.stream is not None
        if entry.delivered == 0:
            entry.trace.first_sound()
            entry.heard_since = self._clock()
            if not entry.order.background:
                self._metrics.first_audio(self._clock() - entry.asked_at - entry.queued_seconds)
        entry.delivered += len(message.pcm) // BYTES_PER_SAMPLE
        entry.stream.put(message.pcm, message.sentences)
        self._metrics.audio(
            entry.order.voice or default_voice,
            len(message.pcm) / BYTES_PER_SAMPLE / entry.stream.sample_rate,
        )
        if message.last:
            entry.over = True
            self._metrics.ended("finished")
            entry.trace.ended("finished")
            entry.stream.finish()
