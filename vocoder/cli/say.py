"""`sonant say`: a text, spoken."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vocoder.cli.options import (
    Engine,
    EngineName,
    FormatName,
    OutputPath,
    Precision,
    PrecisionName,
    Seed,
    Speaker,
    Temperature,
    VoiceName,
    length_scale_of,
    speaker_of,
)
from vocoder.cli.waiting import waiting
from vocoder.errors import InputError, TextError
from vocoder.library import DEFAULT_VOICE

if TYPE_CHECKING:
    from vocoder.text import Lexicon


def say(
    text: Annotated[str, typer.Argument(help="What to say; - reads it from standard input.")],
    output: OutputPath = None,
    voice: VoiceName = DEFAULT_VOICE,
    speaker: Speaker = None,
    speed: Annotated[float | None, typer.Option("--speed", help="0.25 to 4: 2 is twice as fast.")] = None,
    length_scale: Annotated[float | None, typer.Option("--length-scale", help="0.25 to 4: 2 is twice as long. The inverse of --speed.")] = None,
    pitch: Annotated[float, typer.Option("--pitch", help="-12 to 12: semitones above what the voice would speak at.")] = 0.0,
    volume: Annotated[float, typer.Option("--volume", help="0 to 4: times the amplitude.")] = 1.0,
    temperature: Temperature = None,
    seed: Seed = None,
    lexicon: Annotated[Path | None, typer.Option("--lexicon", help='A JSON file of words and their IPA, as {"SQL": "ˈsiːkwəl"}.')] = None,
    format_name: FormatName = None,
    engine: Engine = EngineName.AUTO,
    precision: Precision = PrecisionName.AUTO,
) -> None:
    """Speak a text into a file, or to standard output as it is made."""
    with waiting("loading"):
        from vocoder.cli.output import Output
        from vocoder.voice import load_voice

        destination = Output.choose(output, format_name)
        scale = length_scale_of(length_scale, speed)
        if text == "-":
            text = read_standard_input()
        speaking = load_voice(voice, engine=engine, precision=precision)
        settings = speaking.settings(speaker=speaker_of(speaker), length_scale=scale, pitch=pitch, volume=volume, temperature=temperature)
        # No limit here: it protects a service from its clients, and this is the user's own machine.
        plan = speaking.plan(text, settings, text_limit=None, lexicon=None if lexicon is None else read_lexicon(lexicon))
        utterance = speaking.utterance(plan, seed=seed)
    for skipped in plan.skipped:
        typer.echo(f"skipped {skipped.text!r}: it {skipped.reason}", err=True)
    destination.take(speaking.speak(utterance), num_samples=plan.num_samples, sample_rate=plan.sample_rate, what="speaking")
    typer.echo(f"{destination.path or 'standard output'}: {plan.seconds:.2f} seconds, seed {utterance.seed}", err=True)


def read_lexicon(path: Path) -> Lexicon:
    """The lexicon in a file.

    Raises:
        InputError: field "lexicon"; it cannot be read, or as `Lexicon.from_json`.
    """
    from vocoder.text import Lexicon

    try:
        return Lexicon.from_json(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the lexicon {path} cannot be read: {error}", field="lexicon") from error


def read_standard_input() -> str:
    """All of standard input, as text.

    Raises:
        TextError: it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"standard input is not UTF-8 text (at byte {error.start})") from error
