"""`sonant render`: a list of texts into a folder of files."""

from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vocoder.batch.limits import BYTES_PER_CHARACTER, STREAMS_PER_THREAD
from vocoder.cli.options import (
    CHAPTER_FORMAT_LIST,
    FORMAT_LIST,
    engine_option,
    json_option,
    length_scale_of,
    length_scale_option,
    pitch_option,
    precision_option,
    speaker_of,
    speaker_option,
    speed_option,
    temperature_option,
    voice_option,
    volume_option,
)
from vocoder.cli.rendering_view import RenderingView, failure_text
from vocoder.cli.waiting import waiting
from vocoder.errors import InputError
from vocoder.synthesis.limits import TEXT_LIMIT

if TYPE_CHECKING:
    from vocoder.batch.forecast import Forecast
    from vocoder.batch.lists import ListFile
    from vocoder.batch.progress import RunProgress
    from vocoder.batch.record import Record

FAILED_LINES = 1  # the exit code where some line could not be done


@click.command()
@click.argument(
    "wanted",
    metavar="LIST",
    help="Texts, one a line; or CSV, JSONL, Parquet with fields. - is standard input.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder for the files and their manifest; made if missing.",
)
@click.option(
    "--list-format", help="text, csv, jsonl or parquet; by LIST's extension when not given."
)
@voice_option
@speaker_option
@speed_option
@length_scale_option
@pitch_option
@volume_option
@temperature_option
@click.option(
    "--seed",
    type=int,
    default=0,
    help="0 to 2**64-1: lines that name no seed get theirs from this and their id.",
)
@click.option("--format", "format_name", default="wav", help=f"{FORMAT_LIST}.")
@click.option(
    "--loudness",
    type=float,
    help="LUFS that every file is brought to (EBU R 128); -23 is usual in broadcasting.",
)
@click.option(
    "--chapters",
    is_flag=True,
    help=(
        f"Tell in each file ({CHAPTER_FORMAT_LIST}) where chapters of its text begin: headings "
        "(# Title), marks of SSML."
    ),
)
@click.option("--subtitles", help="vtt or srt: subtitles beside every file, with its name.")
@click.option(
    "--lexicon",
    type=click.Path(path_type=Path),
    help="Words of all lines as you say them: PLS, or JSON as for `sonant say`.",
)
@engine_option
@precision_option
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="That speak; as many as cores when not given. With --ray: of each worker, one.",
)
@click.option(
    "--streams",
    type=click.IntRange(min=1),
    help="Lines that are spoken at once; twelve a thread when not given.",
)
@click.option(
    "--files",
    help=(
        "Where the files go in place of the folder: s3://bucket/speech, gs://... The manifest "
        "stays."
    ),
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Render on the Ray cluster there; auto: the one of this machine; local: start one.",
)
@click.option(
    "--ray-workers",
    "workers",
    type=click.IntRange(min=1),
    help="Workers on the cluster; as many as it has room for when not given.",
)
@click.option(
    "--text-limit",
    type=click.IntRange(min=1),
    default=TEXT_LIMIT,
    help="Characters that the text of a line may have.",
)
@click.option("--strict", is_flag=True, help="Stop at the first line that cannot be done.")
@click.option(
    "--dry-run", is_flag=True, help="Only tell what would be done, and how long it would take."
)
@json_option
def render(
    wanted: str,
    output: Path,
    list_format: str | None,
    voice: str,
    speaker: str | None,
    speed: float | None,
    length_scale: float | None,
    pitch: float,
    volume: float,
    temperature: float | None,
    seed: int,
    format_name: str,
    loudness: float | None,
    chapters: bool,
    subtitles: str | None,
    lexicon: Path | None,
    engine: str,
    precision: str,
    threads: int | None,
    streams: int | None,
    files: str | None,
    ray: str | None,
    workers: int | None,
    text_limit: int,
    strict: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Speak every line of a list into a file of its own. Stopped and started again it does what is
    missing.
    """
    with waiting("loading"):
        from vocoder.batch.cluster import connected
        from vocoder.batch.forecast import forecast
        from vocoder.batch.lists import ListFile
        from vocoder.batch.parquet import NEEDED, is_installed
        from vocoder.batch.progress import ProgressListener
        from vocoder.batch.render import render as run
        from vocoder.batch.render_orders import Defaults
        from vocoder.synthesis.voice import voice_folder
        from vocoder.text.lexicon import read_lexicon_file
        from vocoder.voices.pack import read_manifest

        source = ListFile.choose(wanted, list_format, longest_line=BYTES_PER_CHARACTER * text_limit)
        defaults = Defaults(
            voice=voice,
            speaker=speaker_of(speaker),
            length_scale=length_scale_of(length_scale, speed),
            pitch=pitch,
            volume=volume,
            temperature=temperature,
            seed=seed,
            format=format_name,
            loudness=loudness,
            chapters=chapters,
            subtitles=subtitles,
            lexicon=None
            if lexicon is None
            else read_lexicon_file(lexicon, language=read_manifest(voice_folder(voice)).language),
            engine=engine,
            precision=precision,
            text_limit=text_limit,
        )
        if threads is None:
            threads = (os.cpu_count() or 1) if ray is None else 1
        streams = STREAMS_PER_THREAD * threads if streams is None else streams
    if output.exists() and not output.is_dir():
        raise InputError(f"{output}: is no folder", field="output")
    if workers is not None and ray is None:
        raise InputError("workers are of a cluster: give --ray too", field="ray-workers")
    if dry_run and ray is not None:
        raise InputError(
            "a dry run measures this machine, and knows nothing of the cluster: leave --ray out",
            field="ray",
        )
    if dry_run:
        with waiting("looking at the list"):
            found = forecast(
                source,
                output,
                defaults,
                threads=threads,
                streams=streams,
                failed=_tell_failure,
                files_url=files,
            )
        click.echo(
            json.dumps(asdict(found) | {"duration_seconds": found.duration_seconds})
            if as_json
            else _forecast_text(found)
        )
        raise click.exceptions.Exit(FAILED_LINES if found.failed else 0)
    if not is_installed():
        click.echo(f"manifest.jsonl alone is written: manifest.parquet {NEEDED}", err=True)
    with ExitStack() as stack:
        cluster = None
        if ray is not None:
            with waiting("connecting"):
                cluster = stack.enter_context(connected(ray, workers=workers))
        view = stack.enter_context(RenderingView())
        if view.is_shown and source.can_be_read_again:
            view.expect(*_size_of(source))
        began = time.monotonic()
        watcher = ProgressListener(failed=view.failed, ticked=view.ticked)
        tally = run(
            source,
            output,
            defaults,
            threads=threads,
            streams=streams,
            strict=strict,
            watcher=watcher,
            files_url=files,
            cluster=cluster,
        )
    took = time.monotonic() - began
    if as_json:
        click.echo(
            json.dumps(asdict(tally) | {"wall_seconds": round(took, 3), "folder": str(output)})
        )
    else:
        click.echo(_tally_text(tally, took, output), err=True)
    raise click.exceptions.Exit(FAILED_LINES if tally.failed else 0)


def _size_of(source: ListFile) -> tuple[int, int]:
    """Lines of a list, and characters of all texts."""
    from vocoder.batch.list_entries import ListEntry
    from vocoder.text import source_text

    lines = characters = 0
    for entry in source.entries():
        lines += 1
        characters += len(source_text(entry.text)) if isinstance(entry, ListEntry) else 0
    return lines, characters


def _tell_failure(record: Record) -> None:
    click.echo(failure_text(record), err=True)


def _tally_text(tally: RunProgress, took: float, folder: Path) -> str:
    rate = tally.rendered_seconds / took
    return (
        f"{folder}: {tally.rendered} rendered ({tally.rendered_seconds:.1f} seconds of speech in "
        f"{took:.1f}, {rate:.1f} times real time), "
        f"{tally.copied} copied, {tally.kept} there already, {tally.failed} failed"
    )


def _forecast_text(found: Forecast) -> str:
    rate = (
        ""
        if found.times_real_time is None
        else (
            f" at {found.times_real_time:.1f} times real time, about "
            f"{found.duration_seconds:.0f} seconds"
        )
    )
    return (
        f"{found.to_render} to render ({found.seconds:.1f} seconds of speech{rate}), "
        f"{found.to_copy} to copy, {found.kept} there already, "
        f"{found.failed} that cannot be done"
    )
