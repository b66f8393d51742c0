"""The jobs of a service: what is known of them, who makes them, and who tells that they have
ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from service.frontend.lexicon_store import LexiconStore
from service.frontend.speech_backend import SpeechBackend
from service.http.tasks import cancel_tasks
from service.jobs.runner import JobRunner
from service.jobs.store import JobStore
from service.jobs.webhooks import Webhooks
from service.settings import ServiceSettings


class Jobs:
    """All of it.

    Args:
        folder: in which they are kept; made if missing.
        worker: who speaks.
        settings: of the service.
        lexicons: that are stored.

    Raises:
        ConfigError: the folder cannot be used.
    """

    def __init__(
        self, folder: Path, worker: SpeechBackend, settings: ServiceSettings, lexicons: LexiconStore
    ) -> None:
        self.store = JobStore(folder)
        self.webhooks = Webhooks(self.store, private=settings.webhooks_to_private)
        self.runner = JobRunner(
            self.store,
            folder,
            worker,
            lexicons,
            streams=settings.job_streams,
            ended=self.webhooks.wake,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Makes what waits while the block runs; what is then being made waits for the next
        time.
        """
        tasks = [asyncio.create_task(self.runner.run()), asyncio.create_task(self.webhooks.run())]
        try:
            yield
        finally:
            await cancel_tasks(*tasks)
            await asyncio.to_thread(self.store.close)

    async def cancel(self, job: str) -> None:
        """Makes nothing more of a job."""
        if await asyncio.to_thread(self.store.cancel, job):
            await self.runner.cancel_job(job)
            self.webhooks.wake()

    async def delete(self, job: str) -> None:
        """Nothing is left of a job, and nobody is told."""
        await asyncio.to_thread(self.store.delete, job)
        await self.runner.cancel_job(job)
        await self.runner.delete_files(job)
