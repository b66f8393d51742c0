"""The interface between routes and worker.

Routes import neither torch nor an engine, and need not know that the worker is another process.
"""

from __future__ import annotations

from typing import Protocol

from service.frontend.client_limits import Client
from service.frontend.live_stream import LiveStream
from service.observability.metrics import Metrics
from service.observability.status import Status
from service.protocol.queries import Answer, Query
from service.protocol.saved_stream import SavedStream
from service.protocol.speech_order import SpeechOrder, VoiceDescription


class SpeechBackend(Protocol):
    """Generates speech, away from the event loop."""

    @property
    def status(self) -> Status:
        """The current load."""

    @property
    def metrics(self) -> Metrics:
        """The metrics."""

    @property
    def voices(self) -> tuple[VoiceDescription, ...]:
        """The loaded voices, the default first."""

    def start(self) -> None:
        """Loads the voices and begins. Blocks for seconds.

        Raises:
            SonantError: a voice or the engine cannot be loaded.
        """

    async def open(
        self,
        order: SpeechOrder,
        client: Client,
        *,
        wait_seconds: float = 0.0,
        first_sample: int = 0,
        saved: SavedStream | None = None,
    ) -> LiveStream:
        """Opens a stream: plans its text and starts generation. The caller must close it.

        Args:
            order: what is said, and how.
            client: who wants it.
            wait_seconds: how long to wait for room.
            first_sample: the first that is wanted; those before it are made again, and not
                delivered.
            saved: of the same order, from where it can be gone on: at or before `first_sample`.

        Raises:
            InputError: naming the field at fault.
            CapacityError: no room, or the service is stopping; ClientLimitError: no more for this
                client. An order in the background always finds room.
        """

    async def ask(self, query: Query, client: Client) -> Answer:
        """The answer to a question.

        Raises:
            InputError: naming the field at fault.
            CapacityError, ClientLimitError: as `open`.
        """

    def request(self, client: Client) -> None:
        """Counts a request, before its body is read.

        Raises:
            ClientLimitError: this client has made as many as it may.
        """

    def refuse_new(self) -> None:
        """Refuses all orders from now on; open streams continue."""

    def fail_open_streams(self) -> None:
        """Fails every open stream."""

    def stop(self) -> None:
        """Fails what is open, and ends. Blocks until the current batch step is done."""
