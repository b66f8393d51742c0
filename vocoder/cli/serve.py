"""`sonant serve`: the HTTP service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from vocoder.cli.options import Engine, EngineName, Precision, PrecisionName
from vocoder.cli.waiting import waiting
from vocoder.errors import SonantError
from vocoder.voices.library import DEFAULT_VOICE


def serve(
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen on; 0.0.0.0 is every address of this machine."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65_535, help="Port to listen on; 0 takes a free one."),
    ] = 8000,
    voice: Annotated[
        str,
        typer.Option(
            "--voice", "-v", help="The voice to serve: a name, or the folder of a voice pack."
        ),
    ] = DEFAULT_VOICE,
    engine: Engine = EngineName.AUTO,
    precision: Precision = PrecisionName.AUTO,
    threads: Annotated[
        int, typer.Option("--threads", min=1, help="That speak; streams are shared out to them.")
    ] = os.cpu_count() or 1,
    max_streams: Annotated[
        int | None,
        typer.Option("--max-streams", min=1, help="How many streams may be open at once."),
    ] = None,
    capacity: Annotated[
        float | None,
        typer.Option(
            "--capacity",
            min=0.01,
            help="How many streams can be made in real time; measured where absent.",
        ),
    ] = None,
    standby: Annotated[
        bool,
        typer.Option(
            help="Keep a second worker, loaded, that takes over at once from one that died."
        ),
    ] = True,
    address_streams: Annotated[
        int | None,
        typer.Option(
            "--address-streams", min=1, help="How many streams one address may have open."
        ),
    ] = None,
    address_requests_per_minute: Annotated[
        int | None, typer.Option("--address-requests-per-minute", min=1, help="Of one address.")
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            help="API keys, one of which requests must show: `python -m service.keys`.",
        ),
    ] = None,
    guard_metrics: Annotated[
        bool, typer.Option("--guard-metrics", help="Ask for a key for /metrics as well.")
    ] = False,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            help=(
                "Whose pages may read answers (CORS), as https://example.com, or *; may be "
                "given several times."
            ),
        ),
    ] = None,
    otlp: Annotated[
        str | None,
        typer.Option(
            "--otlp",
            help=(
                "Where traces are sent to (OTLP over HTTP), as http://collector:4318; OTEL_* do "
                "as well."
            ),
        ),
    ] = None,
    lexicons: Annotated[
        Path | None,
        typer.Option(
            "--lexicons",
            help=(
                "A folder with the lexicons of voices, NAME.json or NAME.pls: read at the "
                "start, edited over HTTP."
            ),
        ),
    ] = None,
    jobs: Annotated[
        Path | None,
        typer.Option(
            "--jobs", help="A folder in which jobs are kept, and their files: POST /jobs."
        ),
    ] = None,
    webhooks_to_private: Annotated[
        bool,
        typer.Option(
            "--webhooks-to-private",
            help="Let jobs name addresses of this network to be told of their end.",
        ),
    ] = False,
    shutdown_seconds: Annotated[
        float | None,
        typer.Option(
            "--shutdown-seconds",
            min=0,
            help="How long open streams may go on after the signal to stop; 5 where absent.",
        ),
    ] = None,
    log_text: Annotated[
        bool,
        typer.Option("--log-text", help="Write what is asked to be spoken or read into the log."),
    ] = False,
) -> None:
    """Serve a voice over HTTP: POST /synthesize, GET /voices, /healthz, /readyz, /openapi.json."""
    with waiting("loading"):
        try:
            from service.server import serve as serve_voices
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in ("service", "vocoder"):
                raise  # a defect of ours, not something to install
            raise SonantError(
                f"serving needs {error.name}, which is not installed: pip install 'sonant[service]'"
            ) from error
    try:
        serve_voices(
            host,
            port,
            voice,
            engine=engine,
            precision=precision,
            threads=threads,
            max_streams=max_streams,
            capacity=capacity,
            standby=standby,
            address_streams=address_streams,
            address_requests_per_minute=address_requests_per_minute,
            key_file=key_file,
            guard_metrics=guard_metrics,
            allow_origins=tuple(allow_origin or ()),
            otlp_endpoint=otlp,
            lexicons=lexicons,
            log_text=log_text,
            jobs=jobs,
            webhooks_to_private=webhooks_to_private,
            shutdown_seconds=shutdown_seconds,
        )
    except OSError as error:
        raise SonantError(f"cannot serve at {host}:{port} ({error.strerror})") from error
