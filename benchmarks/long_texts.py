"""Long texts: how soon the first sound is at the client, by the text's length and the answer's
form; and the service's memory while one is read to its end.

    python benchmarks/long_texts.py [--repeats 5] [--minutes 5] [--json FILE]

Starts a service of its own. First every text is asked for in every form, `--repeats` times, one at
a time, and left after its first sound (subtitles: read whole). Then the longest is read as fast as
it is made, with its times, for `--minutes`, while the resident memory of all processes is taken
every ten seconds:
flat is that no sample after the first minute differs from their mean by more than 3 %.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from listener import TEXTS
from resident import SAMPLE_SECONDS, STANDBY_SECONDS, flatness, memory
from serving import Served, circumstances, serving

LENGTHS = (100, 1_000, 10_000, 99_990)  # characters
FORMS: dict[str, dict[str, object]] = {
    **{form: {"format": form} for form in ("pcm", "mp3", "opus", "wav", "flac")},
    "lines with times": {"timestamps": True},
    "subtitles": {"timestamps": "vtt"},
}
_SETTLED_SECONDS = 60.0


def text_of(characters: int) -> str:
    """Sentences of ten, a paragraph each, until there are so many characters."""
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < characters:
        paragraphs.append(
            " ".join(TEXTS[(len(paragraphs) + at) % len(TEXTS)] for at in range(10)) + "\n\n"
        )
    return "".join(paragraphs)[:characters]


async def first_sound(client: httpx.AsyncClient, order: dict[str, object]) -> float:
    """Seconds until the first byte of the body, which is never sent before the first sound; of
    subtitles, until the last.
    """
    begun = time.monotonic()
    async with client.stream("POST", "/synthesize", json=order) as answer:
        answer.raise_for_status()
        async for _ in answer.aiter_raw():
            if order.get("timestamps") != "vtt":
                break
    return time.monotonic() - begun


async def read_on(client: httpx.AsyncClient, seconds: float) -> dict[str, Any]:
    """The longest text with its times, read as fast as it is made: what came of it."""
    begun, came = time.monotonic(), {"sentence": 0, "audio": 0, "end": 0}
    async with client.stream(
        "POST", "/synthesize", json={"text": text_of(LENGTHS[-1]), "seed": 1, "timestamps": True}
    ) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            kind = json.loads(line)["type"]
            came[kind] = came.get(kind, 0) + 1
            if time.monotonic() - begun > seconds:
                break
    return {
        "sentences": came["sentence"],
        "audio_seconds": round(came["audio"] * 0.04),
        "whole": came["end"] == 1,
    }


async def measure(served: Served, options: argparse.Namespace) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=served.url, timeout=300) as client:
        await asyncio.sleep(STANDBY_SECONDS)
        await first_sound(client, {"text": TEXTS[0]})
        rows = []
        for characters in LENGTHS:
            for form, fields in FORMS.items():
                order = {"text": text_of(characters), "seed": 1, **fields}
                seconds = []
                for _ in range(options.repeats):
                    seconds.append(await first_sound(client, order))
                    await asyncio.sleep(0.2)
                rows.append(
                    {
                        "characters": characters,
                        "form": form,
                        "p50_ms": round(1e3 * statistics.median(seconds)),
                        "max_ms": round(1e3 * max(seconds)),
                    }
                )
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
        reading = asyncio.create_task(read_on(client, options.minutes * 60))
        samples, begun = [], time.monotonic()
        while not reading.done():
            samples.append({"seconds": round(time.monotonic() - begun), **memory(served)})
            print(json.dumps(samples[-1]), file=sys.stderr, flush=True)
            await asyncio.wait({reading}, timeout=SAMPLE_SECONDS)
    return {
        **circumstances(),
        "first_sound": rows,
        "read": reading.result(),
        **flatness(samples, after_seconds=_SETTLED_SECONDS),
        "complaints": served.complaints,
        "samples": samples,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    options = parser.parse_args()
    with serving() as served:
        result = asyncio.run(measure(served, options))
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(
        json.dumps({name: value for name, value in result.items() if name != "samples"}, indent=1)
    )


if __name__ == "__main__":
    main()
