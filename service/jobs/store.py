"""What is known of jobs, in SQLite: what a process that is killed has finished stays finished, and
the rest waits for the next one.

A job is waiting, running, done or cancelled; a line of it waiting, being made, done, failed or
cancelled. A line is done when its file has its name, so what was killed in between is made again,
to the same bytes. Every method blocks for as long as the disk takes: none is called on the event
loop.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from vocoder.errors import ConfigError

log = logging.getLogger(__name__)
NAME = "jobs.sqlite3"
_INCREMENTAL = 2  # SQLite's number for that kind of auto_vacuum
DISK_SECONDS = 60.0  # where the disk does not take something: until it is tried again
Result = TypeVar("Result")
SubtitleForm = Literal["vtt", "srt"]
JobState = Literal["waiting", "running", "done", "cancelled"]
LineState = Literal["waiting", "making", "done", "failed", "cancelled"]

# One script for each version of the format, the first from nothing; none is ever changed.
_MIGRATIONS = (
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY, owner TEXT, state TEXT NOT NULL,
        created REAL NOT NULL, begun REAL, ended REAL,
        webhook TEXT, webhook_secret TEXT,
        webhook_attempts INTEGER NOT NULL DEFAULT 0, webhook_due REAL
    ) STRICT;
    CREATE TABLE line (
        job TEXT NOT NULL REFERENCES job ON DELETE CASCADE, number INTEGER NOT NULL,
        id TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL,
        file TEXT, media_type TEXT, num_bytes INTEGER, sha256 TEXT, seconds REAL, skipped TEXT,
        code TEXT, message TEXT, field TEXT, ended REAL,
        PRIMARY KEY (job, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX line_by_state ON line (job, state, number);
    CREATE INDEX job_by_age ON job (created, id) WHERE state IN ('waiting', 'running');
    CREATE INDEX job_by_webhook ON job (webhook_due) WHERE webhook_due IS NOT NULL;
    """,
    """
    ALTER TABLE job ADD COLUMN subtitles TEXT;
    ALTER TABLE line ADD COLUMN subtitles TEXT;
    ALTER TABLE line ADD COLUMN subtitles_sha256 TEXT;
    """,
    """
    ALTER TABLE job ADD COLUMN defaults TEXT NOT NULL DEFAULT '{}';
    """,
)


_COUNT = "(SELECT count(*) FROM line WHERE line.job = job.id"


@dataclass(frozen=True, kw_only=True)
class NewLine:
    """A line that is to be made.

    Attributes:
        id: unlike that of every other line of the job.
        request: as JSON, with its seed, without what it takes from the job's defaults.
    """

    id: str
    request: str


@dataclass(frozen=True, kw_only=True)
class WaitingLine:
    """A line that has not been made yet."""

    job: str
    number: int
    id: str
    request: str
    defaults: str  # of its job, as JSON
    subtitles: SubtitleForm | None


@dataclass(frozen=True, kw_only=True)
class FinishedLine:
    """A line's file, and that of its subtitles where its job has some."""

    file: str
    media_type: str
    num_bytes: int
    sha256: str
    seconds: float
    skipped: str  # as JSON
    subtitles: str | None
    subtitles_sha256: str | None


@dataclass(frozen=True, kw_only=True)
class LineError:
    """Why a line cannot be made."""

    code: str
    message: str
    field: str | None


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A job, and how far it is. Times are seconds since 1970.

    Attributes:
        owner: name of the key that ordered it; None where none was asked for.
        subtitles: of which form those of its lines are; None: they have none.
        seconds: of sound in the lines that are done.
    """

    id: str
    owner: str | None
    state: JobState
    created: float
    begun: float | None
    ended: float | None
    webhook: str | None
    subtitles: SubtitleForm | None
    total: int
    done: int
    failed: int
    cancelled: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """A line, and what has become of it."""

    number: int
    id: str
    state: LineState
    file: str | None
    media_type: str | None
    num_bytes: int | None
    sha256: str | None
    seconds: float | None
    skipped: str | None
    subtitles: str | None
    subtitles_sha256: str | None
    code: str | None
    message: str | None
    field: str | None


@dataclass(frozen=True, kw_only=True)
class DueWebhook:
    """An address that is to be told that a job has ended."""

    job: str
    url: str
    secret: str
    attempts: int


async def retry_while_busy(work: Callable[[], Result]) -> Result:
    """Something of the store, on a thread; where the disk does not take it, again and again: when
    there is room, it goes on.
    """
    while True:
        try:
            return await asyncio.to_thread(work)
        except sqlite3.Error:
            log.exception("jobs cannot be kept; it is tried again in %d seconds", DISK_SECONDS)
            await asyncio.sleep(DISK_SECONDS)


class JobStore:
    """The jobs of a folder, of which one process at a time has the store.

    Args:
        folder: made if missing.

    Raises:
        ConfigError: it cannot be used: made by a later release, or not to be written to, or another
            process has it.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None, timeout=1.0
            )
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            # Before there are tables; an older file keeps its space until it is vacuumed once.
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._migrate(path)
            if self._db.execute("PRAGMA auto_vacuum").fetchone()[0] != _INCREMENTAL:
                self._db.execute("VACUUM")
            with self._transaction() as db:  # takes the lock, and keeps it
                # by a process that has ended
                db.execute("UPDATE line SET state = 'waiting' WHERE state = 'making'")
        except (sqlite3.Error, OSError) as error:
            raise ConfigError(f"{path}: jobs cannot be kept there ({error})") from error

    def _migrate(self, path: Path) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > len(_MIGRATIONS):
            raise ConfigError(
                f"{path}: is of version {version}, which a later release has made; this one "
                f"knows {len(_MIGRATIONS)}"
            )
        for number in range(version, len(_MIGRATIONS)):
            self._db.executescript(
                f"BEGIN IMMEDIATE; {_MIGRATIONS[number]} PRAGMA user_version = {number + 1}; "
                f"COMMIT;"
            )

    def close(self) -> None:
        """Lets the folder go."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise

    def add(
        self,
        job: str,
        lines: Sequence[NewLine],
        *,
        owner: str | None,
        webhook: str | None,
        webhook_secret: str | None,
        subtitles: SubtitleForm | None = None,
        defaults: str = "{}",
    ) -> None:
        """A new job, of at least one line; it is on the disk when this returns."""
        with self._transaction() as db:
            db.execute(
                (
                    "INSERT INTO job (id, owner, state, created, webhook, webhook_secret, "
                    "subtitles, defaults) VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?)"
                ),
                (job, owner, time.time(), webhook, webhook_secret, subtitles, defaults),
            )
            db.executemany(
                "INSERT INTO line (job, number, id, request, state) VALUES (?, ?, ?, ?, 'waiting')",
                ((job, number, line.id, line.request) for number, line in enumerate(lines, 1)),
            )

    def unfinished(self) -> int:
        """How many jobs are waiting or running."""
        with self._lock:
            return int(
                self._db.execute(
                    "SELECT count(*) FROM job WHERE state IN ('waiting', 'running')"
                ).fetchone()[0]
            )

    def job(self, job: str) -> JobRow | None:
        """A job."""
        return next(iter(self._jobs("WHERE job.id = ?", (job,))), None)

    def jobs(self, owner: str | None, *, limit: int) -> list[JobRow]:
        """The latest jobs of an owner, the last first."""
        return self._jobs("WHERE job.owner IS ? ORDER BY created DESC LIMIT ?", (owner, limit))

    def _jobs(self, which: str, values: tuple[object, ...]) -> list[JobRow]:
        counts = ", ".join(
            f"{_COUNT} AND line.state = '{state}') AS {state}"
            for state in ("done", "failed", "cancelled")
        )
        with self._lock:
            rows = self._db.execute(
                f"SELECT id, owner, state, created, begun, ended, webhook, subtitles, {_COUNT}) "
                f"AS total, {counts}, "
                f"(SELECT coalesce(sum(seconds), 0.0) FROM line WHERE line.job = job.id) AS "
                f"seconds FROM job {which}",
                values,
            ).fetchall()
        return [JobRow(**dict(row)) for row in rows]

    def lines(self, job: str, *, after: int, limit: int) -> list[LineRow]:
        """Lines of a job in order, those behind number `after`."""
        with self._lock:
            rows = self._db.execute(
                "SELECT number, id, state, file, media_type, num_bytes, sha256, seconds, "
                "skipped, subtitles, subtitles_sha256, code, message, field FROM line "
                "WHERE job = ? AND number > ? ORDER BY number LIMIT ?",
                (job, after, limit),
            ).fetchall()
        return [LineRow(**dict(row)) for row in rows]

    def next_line(self) -> WaitingLine | None:
        """The first line that waits of the oldest job that has one; it is being made from now
        on.
        """
        with self._transaction() as db:
            row = db.execute(
                "SELECT line.job, number, line.id, request, job.defaults, job.subtitles "
                "FROM job JOIN line ON "
                "line.job = job.id AND line.state = 'waiting' "
                "WHERE job.state IN ('waiting', 'running') ORDER BY job.created, job.id, number "
                "LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            line = WaitingLine(**dict(row))
            db.execute(
                "UPDATE line SET state = 'making' WHERE job = ? AND number = ?",
                (line.job, line.number),
            )
            db.execute(
                "UPDATE job SET state = 'running', begun = coalesce(begun, ?) WHERE id = ?",
                (time.time(), line.job),
            )
        return line

    def put_back(self, line: WaitingLine) -> None:
        """A line waits again."""
        with self._transaction() as db:
            db.execute(
                (
                    "UPDATE line SET state = 'waiting' WHERE job = ? AND number = ? AND state = "
                    "'making'"
                ),
                (line.job, line.number),
            )

    def made(self, line: WaitingLine, made: FinishedLine) -> bool:
        """A line is done; False where nobody wants it any more."""
        return self._ended(
            line,
            (
                "state = 'done', file = ?, media_type = ?, num_bytes = ?, sha256 = ?, seconds = ?, "
                "skipped = ?, subtitles = ?, subtitles_sha256 = ?"
            ),
            (
                made.file,
                made.media_type,
                made.num_bytes,
                made.sha256,
                made.seconds,
                made.skipped,
                made.subtitles,
                made.subtitles_sha256,
            ),
        )

    def failed(self, line: WaitingLine, fault: LineError) -> None:
        """A line cannot be made."""
        self._ended(
            line,
            "state = 'failed', code = ?, message = ?, field = ?",
            (fault.code, fault.message, fault.field),
        )

    def _ended(self, line: WaitingLine, change: str, values: tuple[object, ...]) -> bool:
        with self._transaction() as db:
            where = "WHERE job = ? AND number = ? AND state = 'making'"
            cursor = db.execute(
                f"UPDATE line SET ended = ?, {change} {where}",
                (time.time(), *values, line.job, line.number),
            )
            db.execute(
                "UPDATE job SET state = 'done', ended = ?, webhook_due = iif(webhook IS NULL, "
                "NULL, 0) WHERE id = ? AND state = 'running' "
                "AND NOT EXISTS (SELECT 1 FROM line WHERE line.job = job.id AND line.state IN "
                "('waiting', 'making'))",
                (time.time(), line.job),
            )
        return cursor.rowcount == 1

    def cancel(self, job: str) -> bool:
        """What waits of a job is not made any more; False where it has ended already."""
        with self._transaction() as db:
            cursor = db.execute(
                (
                    "UPDATE job SET state = 'cancelled', ended = ?, webhook_due = iif(webhook IS "
                    "NULL, NULL, 0) WHERE id = ? AND state IN ('waiting', 'running')"
                ),
                (time.time(), job),
            )
            db.execute(
                (
                    "UPDATE line SET state = 'cancelled', ended = ? WHERE job = ? AND state IN "
                    "('waiting', 'making')"
                ),
                (time.time(), job),
            )
        return cursor.rowcount == 1

    def delete(self, job: str) -> None:
        """Nothing is known of a job any more."""
        with self._transaction() as db:
            db.execute("DELETE FROM job WHERE id = ?", (job,))
        with self._lock:  # the file becomes as small as what is left
            self._db.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")

    def due_webhook(self, but: Collection[str] = ()) -> DueWebhook | None:
        """Who is to be told now, `but` of these jobs."""
        others = ", ".join("?" for _ in but)
        with self._lock:
            row = self._db.execute(
                "SELECT id AS job, webhook AS url, webhook_secret AS secret, webhook_attempts AS "
                f"attempts FROM job WHERE webhook_due <= ? AND id NOT IN ({others}) "
                "ORDER BY webhook_due LIMIT 1",
                (time.time(), *but),
            ).fetchone()
        return None if row is None else DueWebhook(**dict(row))

    def mark_sent(self, job: str, *, again_at: float | None) -> None:
        """An address has been told or could not be; then, where a time is given, it is tried again
        at that.
        """
        with self._transaction() as db:
            db.execute(
                (
                    "UPDATE job SET webhook_attempts = webhook_attempts + 1, webhook_due = ? WHERE "
                    "id = ?"
                ),
                (again_at, job),
            )
