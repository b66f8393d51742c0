"""`sonant say`: a text, spoken."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vocoder.audio.whole_file import whole_file
from vocoder.cli.options import (
    CHAPTER_FORMAT_LIST,
    engine_option,
    format_option,
    length_scale_of,
    length_scale_option,
    output_option,
    pitch_option,
    precision_option,
    seed_option,
    speaker_of,
    speaker_option,
    speed_option,
    temperature_option,
    voice_option,
    volume_option,
)
from vocoder.cli.waiting import waiting
from vocoder.errors import InputError, TextError

if TYPE_CHECKING:
    from vocoder.text import SpeechInput


@click.command()
@click.argument("text", help="What to say; - reads it from standard input.")
@click.option("--ssml", is_flag=True, help="What to say is an SSML document.")
@click.option("--phonemes", is_flag=True, help="What to say is IPA, in words between spaces.")
@output_option
@voice_option
@speaker_option
@speed_option
@length_scale_option
@pitch_option
@volume_option
@temperature_option
@seed_option
@click.option(
    "--lexicon",
    type=click.Path(path_type=Path),
    help='Words as you say them: PLS, or JSON as {"SQL": "ˈsiːkwəl"}.',
)
@format_option
@click.option(
    "--timestamps",
    type=click.Path(path_type=Path),
    help=(
        "A file that tells when each word is heard: subtitles (.vtt, .srt), or lines of JSON with "
        "every phoneme (.jsonl)."
    ),
)
@click.option(
    "--chapters",
    is_flag=True,
    help=(
        f"Tell in the file ({CHAPTER_FORMAT_LIST}) where chapters begin: headings (# Title), "
        "marks of SSML."
    ),
)
@click.option(
    "--explain",
    is_flag=True,
    help=(
        "Write how the text is read, a word a line, in place of its sound: what was written, "
        "words, phonemes, rule."
    ),
)
@engine_option
@precision_option
def say(
    text: str,
    ssml: bool,
    phonemes: bool,
    output: str | None,
    voice: str,
    speaker: str | None,
    speed: float | None,
    length_scale: float | None,
    pitch: float,
    volume: float,
    temperature: float | None,
    seed: int | None,
    lexicon: Path | None,
    format_name: str | None,
    timestamps: Path | None,
    chapters: bool,
    explain: bool,
    engine: str,
    precision: str,
) -> None:
    """Speak a text into a file, or to standard output as it is made."""
    with waiting("loading"):
        from vocoder.audio.chapter_marks import check_chapters_in, check_number_of_chapters
        from vocoder.cli.output import Output
        from vocoder.synthesis.chapters import chapters_of
        from vocoder.synthesis.subtitles import writer_of
        from vocoder.synthesis.timeline import Timeline
        from vocoder.synthesis.voice import load_voice
        from vocoder.text.explanation import explained
        from vocoder.text.lexicon import read_lexicon_file

        destination = Output.choose(output, format_name)
        if chapters:
            check_chapters_in(destination.format_name)
        write = None if timestamps is None else writer_of(timestamps)
        scale = length_scale_of(length_scale, speed)
        if text == "-":
            text = read_standard_input()
        given = speech_input_of(text, ssml=ssml, phonemes=phonemes, headings=chapters)
        loaded = load_voice(voice, engine=engine, precision=precision)
        settings = loaded.settings(
            speaker=speaker_of(speaker),
            length_scale=scale,
            pitch=pitch,
            volume=volume,
            temperature=temperature,
        )
        # No limit here: it protects a service from its clients, and this is the user's own machine.
        words = (
            None
            if lexicon is None
            else read_lexicon_file(lexicon, language=loaded.manifest.language)
        )
        plan = loaded.plan(given, settings, text_limit=None, lexicon=words)
        told = chapters_of(plan) if chapters else ()
        if told:
            check_number_of_chapters(len(told), destination.format_name)
        utterance = loaded.utterance(plan, seed=seed)
    for skipped in plan.skipped:
        click.echo(f"skipped {skipped.text!r}: it {skipped.reason}", err=True)
    if explain:
        click.echo(explained(planned.sentence for planned in plan.sentences), nl=False)
        return
    with ExitStack() as beside:
        if timestamps is not None and write is not None:
            skips = [asdict(skipped) for skipped in plan.skipped]
            start = {
                "voice": loaded.manifest.name,
                "release": loaded.manifest.release,
                "seed": utterance.seed,
                "skipped": skips,
            }
            # There when the sound is, and not without it.
            beside.enter_context(whole_file(timestamps)).write(
                write(Timeline.of(plan), start).encode()
            )
        destination.take(
            loaded.speak(utterance),
            num_samples=plan.num_samples,
            sample_rate=plan.sample_rate,
            what="speaking",
            chapters=told,
        )
    click.echo(
        (
            f"{destination.path or 'standard output'}: {plan.seconds:.2f} seconds, seed "
            f"{utterance.seed}"
        ),
        err=True,
    )


def speech_input_of(
    text: str, *, ssml: bool, phonemes: bool, headings: bool = False
) -> SpeechInput:
    """What is to be said, as what it is said to be; a plain text with headings, where they count.

    Raises:
        InputError: field "ssml"; it is said to be two things.
    """
    from vocoder.text import Ipa, Ssml, TextWithHeadings

    if ssml and phonemes:
        raise InputError("--ssml and --phonemes say two things of one text: give one", field="ssml")
    return (
        Ssml(text)
        if ssml
        else Ipa(text)
        if phonemes
        else TextWithHeadings(text)
        if headings
        else text
    )


def read_standard_input() -> str:
    """All of standard input, as text.

    Raises:
        TextError: it is not UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"standard input is not UTF-8 text (at byte {error.start})") from error
