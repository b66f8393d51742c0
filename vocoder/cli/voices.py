"""`sonant voices`: which voices there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vocoder.cli.options import json_option
from vocoder.cli.waiting import waiting

if TYPE_CHECKING:
    from vocoder.voices.pack import PackManifest


def price_text(price: float | None) -> str:
    """Of a precision, in bits per sample."""
    return "not measured" if price is None else f"{price:+.4f} bits"


def _described(name: str, manifest: PackManifest, folder: Path) -> str:
    prices = manifest.precision_prices
    return "\n".join(
        [
            f"{name}, release {manifest.release}",
            (
                f"  {manifest.language}, {manifest.audio.sample_rate} Hz, speakers: "
                f"{', '.join(manifest.speakers)}"
            ),
            f"  licence {manifest.licence}",
            f"  price per sample: bf16 {price_text(prices.bf16)}, int8 {price_text(prices.int8)}",
            f"  {folder}",
        ]
    )


@click.command()
@json_option
def voices(as_json: bool) -> None:
    """List the voices that can be asked for by name."""
    with waiting("loading"):
        from vocoder.errors import VoiceError
        from vocoder.voices.library import find_voices
        from vocoder.voices.pack import read_manifest

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
                "precision_prices": manifest.precision_prices.to_dict(),
                "folder": str(found[name]),
            }
            for name, manifest in manifests.items()
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        click.echo(
            "\n\n".join(
                _described(name, manifest, found[name]) for name, manifest in manifests.items()
            )
        )
    for problem in damaged:
        click.echo(f"sonant: {problem}", err=True)
    if damaged:
        raise click.exceptions.Exit(1)
