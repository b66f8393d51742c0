"""`sonant serve`: the HTTP service. Its options are those of `service.settings`, beside where it
listens and what every command takes.
"""

from __future__ import annotations

import os
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_type_hints

import click

from service.settings import ServiceSettings
from vocoder.cli.options import engine_option, precision_option
from vocoder.cli.waiting import waiting
from vocoder.errors import SonantError
from vocoder.voices.library import DEFAULT_VOICE

# where the command's is another than the setting's
_DEFAULTS: dict[str, Any] = {"threads": os.cpu_count() or 1}
_WYOMING_PLACE = "127.0.0.1:10200"  # the port that Home Assistant expects


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    help="Address to listen on; 0.0.0.0 is every address of this machine.",
)
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65535),
    default=8000,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--voice",
    "-v",
    default=DEFAULT_VOICE,
    help="The voice to serve: a name, or the folder of a voice pack.",
)
@engine_option
@precision_option
def serve(host: str, port: int, voice: str, engine: str, precision: str, **options: Any) -> None:
    """Serve a voice over HTTP: POST /synthesize, GET /voices, /healthz, /readyz, /openapi.json."""
    with waiting("loading"):
        try:
            from service.server import run
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in ("service", "vocoder"):
                raise  # a defect of ours, not something to install
            raise SonantError(
                f"serving needs {error.name}, which is not installed: pip install 'sonant[service]'"
            ) from error
    settings = ServiceSettings(voices=(voice,), engine=engine, precision=precision, **options)
    try:
        run(settings, host=host, port=port)
    except OSError as error:
        raise SonantError(f"cannot serve at {host}:{port} ({error.strerror})") from error


def _option(setting: Field[Any], kind: Any, defaults: dict[str, Any]) -> click.Option:
    """The option of a setting; `kind` is its type."""
    return click.Option(
        [setting.name, setting.metadata["option"]],
        type=_type(kind, setting.metadata["at_least"]),
        is_flag=kind is bool,
        multiple=kind == tuple[str, ...],
        default=defaults.get(setting.name, setting.default),
        help=setting.metadata["about"],
    )


def _type(kind: Any, at_least: float | None) -> click.ParamType[Any] | None:
    if kind in (int, int | None):
        return click.IntRange(min=None if at_least is None else int(at_least))
    if kind in (float, float | None):
        return click.FloatRange(min=at_least)
    return click.Path(path_type=Path) if kind == Path | None else None


def _options(defaults: dict[str, Any]) -> list[click.Parameter]:
    kinds = get_type_hints(ServiceSettings)
    return [
        _option(setting, kinds[setting.name], defaults)
        for setting in fields(ServiceSettings)
        if setting.metadata["option"]
    ]


wyoming = click.Command(
    "wyoming",
    callback=serve.callback,
    params=[*serve.params, *_options(_DEFAULTS | {"wyoming": _WYOMING_PLACE})],
    help="Serve a voice over the Wyoming protocol, which Home Assistant speaks, and over HTTP.",
)
serve.params += _options(_DEFAULTS)
