"""One live stream, between the worker that makes its sound and the response that sends it.

The worker's side puts, from any thread; the event loop reads. All of the state lives on the event
loop: what the worker's side does is handed over with `call_soon_threadsafe`, so there is nothing to
lock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SkippedText
from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.errors import SonantError
from vocoder.synthesis.timeline import TimedSentence

# some hundred kilobytes each; a reader that comes back lacks no more than what was on its way to it
_SNAPSHOTS = 4


class LiveStream:
    """The audio of one stream on its way to its reader.

    Args:
        on_taken: told how many samples the reader has taken; on the event loop.
        on_late: told by how many seconds a piece left after a listener without a buffer needed
            it, the time not counted in which the reader took nothing; on the event loop.
        on_close: told once that the reader will take no more; on the event loop.

    Attributes:
        seed: of the stream's randomness.
        sample_rate: Hz.
        num_samples: of the whole utterance; None where it is planned as it is spoken.
        first_sample: the first that will come; all from there to the end do.
        skipped: what in the text could not be spoken, in order.
        ignored: markup that was passed over, in order.
        timed: whether it is told what is heard when.
        queued_seconds: how long it waited for room.
        snapshots: the last few places where it can be gone on from, the latest last.
    """

    def __init__(
        self,
        *,
        seed: int,
        sample_rate: int,
        num_samples: int | None,
        skipped: tuple[SkippedText, ...],
        ignored: tuple[SkippedText, ...] = (),
        loop: asyncio.AbstractEventLoop,
        on_taken: Callable[[int], None],
        on_close: Callable[[], None],
        on_late: Callable[[float], None] | None = None,
        timed: bool = False,
        first_sample: int = 0,
        queued_seconds: float = 0.0,
    ) -> None:
        self.seed = seed
        self.sample_rate = sample_rate
        self.num_samples = num_samples
        self.first_sample = first_sample
        self.skipped = skipped
        self.ignored = ignored
        self.timed = timed
        self.queued_seconds = queued_seconds
        self.snapshots: deque[SavedStream] = deque(maxlen=_SNAPSHOTS)
        self._loop = loop
        self._on_taken = on_taken
        self._on_close = on_close
        self._on_late = on_late
        self._given_at = 0.0  # when the last piece was, on the clock of the loop
        self._needed_at: float | None = None  # the next, by a listener without a buffer
        self._waiting: deque[tuple[bytes, Sequence[TimedSentence]]] = deque()
        self._new_sentences: list[TimedSentence] = []  # in what has been read, and not been taken
        self._changed = asyncio.Event()
        self._finished = False
        self._failure: SonantError | None = None
        self._closed = False

    def put(self, pcm: bytes, sentences: Sequence[TimedSentence] = ()) -> None:
        """Sound that is ready: int16 samples, little-endian; and the sentences that begin in it,
        where the stream is timed. From any thread.
        """
        self._on_loop(lambda: self._waiting.append((pcm, sentences)))

    def finish(self) -> None:
        """All audio has been put. From any thread."""
        self._on_loop(lambda: setattr(self, "_finished", True))

    def fail(self, error: SonantError) -> None:
        """Breaks the stream off; waiting audio is dropped. From any thread."""
        self._on_loop(lambda: setattr(self, "_failure", error))

    def _on_loop(self, change: Callable[[], None]) -> None:
        def arrive() -> None:
            change()
            self._changed.set()

        # A loop that has been closed has no reader left who could miss anything.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(arrive)

    async def read(self) -> bytes:
        """The next piece of audio, b"" after the last.

        Raises:
            SonantError: the stream broke off; the error says why.
        """
        if self._needed_at is not None:
            self._needed_at += self._loop.time() - self._given_at
        while True:
            if self._failure is not None:
                raise self._failure
            if self._waiting:
                pcm, sentences = self._waiting.popleft()
                self._new_sentences.extend(sentences)
                self._on_taken(len(pcm) // BYTES_PER_SAMPLE)
                self._note_time(len(pcm) // BYTES_PER_SAMPLE)
                return pcm
            if self._finished:
                return b""
            self._changed.clear()
            await self._changed.wait()

    def _note_time(self, num_samples: int) -> None:
        now = self._given_at = self._loop.time()
        needed_at = now if self._needed_at is None else self._needed_at
        if now > needed_at and self._on_late is not None:
            self._on_late(now - needed_at)
        self._needed_at = max(now, needed_at) + num_samples / self.sample_rate

    def new_sentences(self) -> list[TimedSentence]:
        """The sentences that begin in what has been read, in samples of `sample_rate`; each is
        given out once.
        """
        new, self._new_sentences = self._new_sentences, []
        return new

    def close(self) -> None:
        """The reader leaves, early or not. On the event loop; repeated calls do nothing."""
        if not self._closed:
            self._closed = True
            self._waiting.clear()
            self._on_close()
