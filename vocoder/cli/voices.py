"""`sonant voices`: which voices there are."""

from __future__ import annotations

import json

import typer

from vocoder.cli.options import Json
from vocoder.cli.waiting import waiting


def voices(as_json: Json = False) -> None:
    """List the voices that can be asked for by name."""
    with waiting("loading"):
        from rich.console import Console
        from rich.table import Table

        from vocoder.errors import VoiceError
        from vocoder.library import find_voices
        from vocoder.pack import PackManifest, read_manifest

    manifests: dict[str, PackManifest] = {}
    damaged: list[str] = []
    found = find_voices()
    for name, folder in found.items():
        try:
            manifests[name] = read_manifest(folder)
        except VoiceError as error:
            damaged.append(str(error))
    if as_json:
        rows = [
            {
                "name": name,
                "release": manifest.release,
                "language": manifest.language,
                "licence": manifest.licence,
                "speakers": list(manifest.speakers),
                "sample_rate": manifest.audio.sample_rate,
                "folder": str(found[name]),
            }
            for name, manifest in manifests.items()
        ]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        table = Table("voice", "release", "language", "licence", "speakers", "sample rate")
        table.add_column("folder", overflow="fold")  # a path that is cut short is no path
        for name, manifest in manifests.items():
            rate = f"{manifest.audio.sample_rate} Hz"
            table.add_row(name, manifest.release, manifest.language, manifest.licence, ", ".join(manifest.speakers), rate, str(found[name]))
        Console().print(table)
    for problem in damaged:
        typer.echo(f"sonant: {problem}", err=True)
    if damaged:
        raise typer.Exit(1)
