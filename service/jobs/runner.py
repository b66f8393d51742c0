"""Speaks the lines of jobs, some at a time, by the worker: in the background, so that whoever
listens comes first.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from service.encoding import layout_of, make_encoder
from service.frontend.client_limits import Client
from service.frontend.lexicon_store import LexiconStore
from service.frontend.speech_backend import SpeechBackend
from service.http.error_responses import RequestError, problem_of
from service.http.resume_cache import ResponseSpec
from service.http.tasks import cancel_tasks
from service.jobs.requests import JobLine, skipped_json, with_defaults
from service.jobs.store import (
    DISK_SECONDS,
    FinishedLine,
    JobStore,
    LineError,
    WaitingLine,
    retry_while_busy,
)
from vocoder.audio.formats import HTTP_FORMATS
from vocoder.audio.whole_file import whole_file
from vocoder.errors import CapacityError
from vocoder.synthesis.subtitles import subrip, webvtt
from vocoder.synthesis.timeline import TimedSentence

log = logging.getLogger(__name__)
_NOBODY = Client(address="jobs")
_AGAIN_SECONDS = 1.0  # where there is no worker: until it is tried again


class JobRunner:
    """The lines that are being made.

    Args:
        store: of the jobs.
        folder: in which every job has one of its own.
        worker: who speaks.
        lexicons: that are stored.
        streams: at least 1, lines that are made at once.
        ended: told that a job may have ended.
    """

    def __init__(
        self,
        store: JobStore,
        folder: Path,
        worker: SpeechBackend,
        lexicons: LexiconStore,
        *,
        streams: int,
        ended: Callable[[], None],
    ) -> None:
        self._store = store
        self._folder = folder
        self._worker = worker
        self._lexicons = lexicons
        self._streams = streams
        self._ended = ended
        self._making: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """There may be something to do."""
        self._changed.set()

    async def run(self) -> None:
        """Until it is cancelled; what is being made then waits for the next one."""
        await asyncio.to_thread(self._clear_leftovers)
        try:
            while True:
                self._changed.clear()
                while (
                    len(self._making) < self._streams
                    and (line := await retry_while_busy(self._store.next_line)) is not None
                ):
                    self._begin(line)
                await self._changed.wait()
        finally:
            if self._making:
                await cancel_tasks(*self._making.values())

    async def cancel_job(self, job: str) -> None:
        """Nothing of a job is made any more, and nothing of it is half there."""
        tasks = [task for (of, _), task in self._making.items() if of == job]
        if tasks:
            await cancel_tasks(*tasks)

    async def delete_files(self, job: str) -> None:
        """Of a job that nothing is made of."""
        await asyncio.to_thread(shutil.rmtree, self._folder / job, ignore_errors=True)

    def file_of(self, job: str, name: str) -> Path:
        """Where a file is."""
        return self._folder / job / name

    def _clear_leftovers(self) -> None:
        """What a process that was killed has left half written."""
        for path in self._folder.glob("*/.*.part"):
            path.unlink()

    def _begin(self, line: WaitingLine) -> None:
        place = (line.job, line.number)
        task = self._making[place] = asyncio.create_task(self._make(line))

        def over(task: asyncio.Task[None]) -> None:
            del self._making[place]
            self._changed.set()
            self._ended()

        task.add_done_callback(over)

    async def _make(self, line: WaitingLine) -> None:
        try:
            made = await self._speak(line)
        except CapacityError:  # the service is stopping, or has no worker
            await asyncio.sleep(_AGAIN_SECONDS)
            await retry_while_busy(partial(self._store.put_back, line))
        except OSError:  # a full disk, say: when there is room, it goes on
            log.exception(
                "line %d of job %s cannot be written; it is tried again in %d seconds",
                line.number,
                line.job,
                DISK_SECONDS,
            )
            await asyncio.sleep(DISK_SECONDS)
            await retry_while_busy(partial(self._store.put_back, line))
        except Exception as error:  # noqa: BLE001  (what is no fault of the line's `problem_of` logs)
            problem = problem_of(
                RequestError.of_validation(error) if isinstance(error, ValidationError) else error
            )
            await retry_while_busy(
                partial(
                    self._store.failed,
                    line,
                    LineError(code=problem.code, message=problem.message, field=problem.field),
                )
            )
        else:
            if not await retry_while_busy(partial(self._store.made, line, made)):
                for name in filter(None, (made.file, made.subtitles)):
                    await asyncio.to_thread(self.file_of(line.job, name).unlink, missing_ok=True)

    async def _speak(self, line: WaitingLine) -> FinishedLine:
        wanted = await asyncio.to_thread(_spec_of, line)  # with a lexicon, perhaps
        order = await self._lexicons.with_entries(
            replace(wanted.order, background=True, timestamps=line.subtitles is not None)
        )
        stream = await self._worker.open(order, _NOBODY)
        try:
            form = wanted.audio_format
            layout = layout_of(
                form,
                num_samples=stream.num_samples,
                source_rate=stream.sample_rate,
                rate=wanted.sample_rate,
            )
            encoder = make_encoder(
                form,
                num_samples=stream.num_samples,
                source_rate=stream.sample_rate,
                rate=wanted.sample_rate,
            )
            name = f"{line.number:06d}.{HTTP_FORMATS[form].extension}"
            beside = None if line.subtitles is None else f"{line.number:06d}.{line.subtitles}"
            file = _OutputFile(self.file_of(line.job, name))
            subtitles = None if beside is None else _OutputFile(self.file_of(line.job, beside))
            async with AsyncExitStack() as stack:
                if subtitles is not None:
                    await stack.enter_async_context(subtitles)
                await stack.enter_async_context(file)
                await file.write(encoder.head)
                num_bytes = 0
                sentences: list[TimedSentence] = []
                while pcm := await stream.read():
                    num_bytes += len(pcm)
                    await file.write(partial(encoder.encode, pcm))
                    # Subtitles have words alone: of a long text the phonemes would be most of what
                    # waits here.
                    sentences += (
                        replace(sentence, phonemes=()) for sentence in stream.new_sentences()
                    )
                await file.write(encoder.finish)
                if subtitles is not None:
                    write = webvtt if line.subtitles == "vtt" else subrip
                    await subtitles.write("".join(write(sentences, stream.sample_rate)).encode)
            return FinishedLine(
                file=name,
                media_type=layout.media_type,
                num_bytes=file.num_bytes,
                sha256=file.sha256,
                seconds=num_bytes / 2 / stream.sample_rate,
                skipped=skipped_json(stream.skipped + stream.ignored),
                subtitles=beside,
                subtitles_sha256=None if subtitles is None else subtitles.sha256,
            )
        finally:
            stream.close()


def _spec_of(line: WaitingLine) -> ResponseSpec:
    said = with_defaults(json.loads(line.request), json.loads(line.defaults))
    return JobLine.model_validate(said).response_spec()


class _OutputFile:
    """A file that is there whole or not at all. What waits for the disk is done on a thread, and to
    its end, even where the task that waits is cancelled.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._whole = whole_file(path, follow_links=False)
        self._digest = hashlib.sha256()
        self.num_bytes = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    async def __aenter__(self) -> None:
        self._file = self._whole.__enter__()

    async def write(self, make: Callable[[], bytes]) -> None:
        """What encoding gives."""
        await _to_the_end(partial(self._write, make))

    def _write(self, make: Callable[[], bytes]) -> None:
        data = make()
        self._file.write(data)
        self._digest.update(data)
        self.num_bytes += len(data)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await _to_the_end(partial(self._whole.__exit__, kind, error, trace))


async def _to_the_end(work: Callable[[], object]) -> None:
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise
