"""`sonant serve`: the HTTP service. Its options are those of `service.settings`, beside where it
listens and what every command takes.
"""

from __future__ import annotations

import inspect
import os
from dataclasses import Field, fields
from typing import Annotated, Any, get_type_hints

import typer

from service.settings import ServiceSettings
from vocoder.cli.options import Engine, EngineName, Precision, PrecisionName
from vocoder.cli.waiting import waiting
from vocoder.errors import SonantError
from vocoder.voices.library import DEFAULT_VOICE

# where the command's is another than the setting's
_DEFAULTS: dict[str, Any] = {"threads": os.cpu_count() or 1}


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
    **options: Any,
) -> None:
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
    options = {
        name: tuple(value) if isinstance(value, list) else value for name, value in options.items()
    }
    settings = ServiceSettings(voices=(voice,), engine=engine, precision=precision, **options)
    try:
        run(settings, host=host, port=port)
    except OSError as error:
        raise SonantError(f"cannot serve at {host}:{port} ({error.strerror})") from error


def _parameter(setting: Field[Any], kind: Any) -> inspect.Parameter:
    """The parameter of `serve` that Typer makes an option of."""
    default = _DEFAULTS.get(setting.name, setting.default)
    if kind == tuple[str, ...]:
        kind, default = list[str], list(default)
    option = typer.Option(
        setting.metadata["option"], min=setting.metadata["at_least"], help=setting.metadata["about"]
    )
    return inspect.Parameter(
        setting.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, option],
    )


_own = inspect.signature(serve, eval_str=True)
_kinds = get_type_hints(ServiceSettings)
serve.__signature__ = _own.replace(  # type: ignore[attr-defined]
    parameters=[
        *(
            parameter
            for parameter in _own.parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        ),
        *(
            _parameter(setting, _kinds[setting.name])
            for setting in fields(ServiceSettings)
            if setting.metadata["option"]
        ),
    ]
)
