"""Text to samples: everything that speaks, inference only.

    voice = vocoder.load_voice("kathleen")
    samples = voice.synthesize("Hello.", seed=7)

text         text to linguistic features
acoustic     phonemes to durations, pitch and mel
wavenet      the network, its conditioning, its distributions
density      the family of models that WaveNet belongs to
engine       cached generation on a CPU; native: its C++
cuda         everything for a GPU
synthesis    what is said, when, and its samples
voices       voice packs
audio        sound in and out
batch, cli   lists to files; the command line
config       what shapes a voice; seeds: of streams; errors: the tree of errors
compiled     what was compiled; machine: what machine this is

Importing this package imports nothing heavy.
Network and quantiser are also used on machines that have torch and numpy alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vocoder.voices.library import DEFAULT_VOICE

if TYPE_CHECKING:
    from vocoder.synthesis.voice import Voice

__all__ = ["load_voice"]


def load_voice(
    name_or_path: str | Path = DEFAULT_VOICE,
    *,
    engine: str = "auto",
    precision: str = "auto",
    threads: int = 1,
) -> Voice:
    """Loads a voice by its name or from its folder: `vocoder.synthesis.voice.load_voice`."""
    from vocoder.synthesis.voice import load_voice as load

    return load(name_or_path, engine=engine, precision=precision, threads=threads)
