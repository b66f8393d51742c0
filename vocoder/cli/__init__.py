"""`sonant`: text to speech on the command line. `main` is the entry point.

program     the commands together, and what becomes of their errors
say, render, vocode, voices, score, bench, serve    one command each
options     what several commands take
output      where sound goes; recording: recordings that are given
waiting, rendering_view    what is shown on standard error while something takes its time, on a
            status_line of the terminal

    sonant say "Hello." --seed 7 -o hello.wav           the bytes that the service sends
    echo "Hello." | sonant say - | aplay                standard input and output, as it is made
    sonant say --ssml - -o a.wav < document.xml         SSML
    sonant say "SQL." --lexicon words.json -o s.wav     your pronunciations; render, serve too
    sonant say - -o talk.mp3 --timestamps talk.vtt      subtitles with word times; .srt, .jsonl
    sonant render lines.csv -o speech                   a list of texts to files, resumable
    sonant vocode recording.wav -o again.wav            from its spectrum, pitch and voicing alone
    sonant score recording.wav                          bits per sample

Commands import what they need when they are called: `sonant --help` does not wait for torch.
"""

from __future__ import annotations

from vocoder.cli.program import main

__all__ = ["main"]
