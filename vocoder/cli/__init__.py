"""`sonant`: text to speech on the command line. `main` is the entry point.

program     the commands together, and what becomes of their errors
say, render, vocode, voices, score, bench, serve    one command each
options     what several commands take
output      where sound goes; recording: recordings that are given
waiting, rendering_view    what is shown on standard error while something takes its time

Commands import what they need when they are called: `sonant --help` does not wait for torch.
"""

from __future__ import annotations

from vocoder.cli.program import main

__all__ = ["main"]
