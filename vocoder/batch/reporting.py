"""Records of what has become of a line."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from vocoder.batch.audio_file_task import FinishedFile
from vocoder.batch.record import Record
from vocoder.batch.render_orders import release
from vocoder.batch.render_pool import RenderTask
from vocoder.errors import InputError, SonantError
from vocoder.text import SpeechInput, source_text


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def failed_record(
    line: int, identity: str | None, error: SonantError, *, text: SpeechInput | None = None
) -> Record:
    """Of a line that cannot be done.

    Args:
        line: its number.
        identity: None where it has none that can be told from others'.
        error: why; what is not the line's fault is its voice's.
        text: where it is known.
    """
    return Record(
        line=line,
        id=identity,
        status="failed",
        field=error.field if isinstance(error, InputError) else "voice",
        reason=str(error),
        text_sha256=None if text is None else _text_mark(text),
        version=release(),
        finished=now(),
    )


def task_record(task: RenderTask, taken: FinishedFile, *, finished: str) -> Record:
    """Of a line that has been spoken into a file."""
    order, plan, manifest = task.order, task.plan, task.order.voice.manifest
    return Record(
        line=order.entry.line,
        id=order.entry.id,
        status="done",
        work=order.work,
        path=task.name,
        format=order.format,
        num_bytes=taken.num_bytes,
        sha256=taken.sha256,
        seconds=plan.seconds,
        num_samples=plan.num_samples,
        sample_rate=plan.sample_rate,
        loudness=taken.loudness,
        gain=taken.gain,
        seed=order.seed,
        voice=manifest.name,
        release=manifest.release,
        speaker=manifest.speakers[order.settings.speaker],
        length_scale=float(order.settings.length_scale),
        pitch=float(order.settings.pitch),
        volume=float(order.settings.volume),
        temperature=float(order.settings.temperature),
        engine=order.voice.engine.name,
        precision=order.voice.engine.precision,
        isa=order.voice.engine.isa,
        version=release(),
        skipped=tuple(f"{skipped.text!r} {skipped.reason}" for skipped in plan.skipped),
        text_sha256=_text_mark(order.entry.text),
        lexicon_sha256=None if order.lexicon is None else order.lexicon.digest,
        subtitles=None if taken.subtitles is None else taken.subtitles.name,
        subtitles_sha256=None if taken.subtitles is None else taken.subtitles.sha256,
        begun=task.begun,
        finished=finished,
    )


def _text_mark(text: SpeechInput) -> str:
    return hashlib.sha256(source_text(text).encode()).hexdigest()
