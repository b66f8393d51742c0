"""Opens the streams of text that arrives in pieces."""

from __future__ import annotations

import asyncio

from service.frontend.client_limits import Client
from service.frontend.lexicon_store import LexiconStore
from service.frontend.live_stream import LiveStream
from service.frontend.speech_backend import SpeechBackend
from service.protocol.speech_order import SpeechOrder
from vocoder.errors import CapacityError

_WAIT_SECONDS = 60.0  # in the queue for room, once the first piece was let in; then again
_RETRY_SECONDS = 0.5  # where the queue is full


class PieceOpener:
    """Whoever was let in with the first piece is not sent away: later pieces wait for room for as
    long as the service takes new streams on.

    Args:
        worker: who speaks.
        lexicons: that are stored; a piece is spoken with what is there when it is opened.
        client: whose text it is.
    """

    def __init__(self, worker: SpeechBackend, lexicons: LexiconStore, client: Client) -> None:
        self._worker = worker
        self._lexicons = lexicons
        self._client = client
        self._let_in = False

    async def open(self, order: SpeechOrder) -> LiveStream:
        """The stream of the next piece; each counts as a request. Whoever opens it must close it.

        Raises:
            InputError: naming the field at fault.
            CapacityError: no room for the first piece, or the service is stopping;
                ClientLimitError: no more for this client.
        """
        order = await self._lexicons.with_entries(order)
        charged = False
        while True:
            try:
                wait_seconds = _WAIT_SECONDS if self._let_in else 0.0
                if not charged:
                    self._worker.request(self._client)
                    charged = True
                stream = await self._worker.open(order, self._client, wait_seconds=wait_seconds)
            except CapacityError:
                if not self._let_in or not self._worker.status.ready:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._let_in = True
                return stream
